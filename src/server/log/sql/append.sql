-- Appends a batch of sends in the given order, and returns the outcome of each. Batches in which nothing stands in the way take
-- the short way (append-plain.ts). All other messages are written here.
--
-- In:  `p_conversations` are the conversations of the batch, each once, in ascending order. The other arrays have one element
--      for each send. `p_of` is the position of the send's conversation in `p_conversations`, from 1. `p_fields` are the
--      message fields (src/protocol/message-fields.ts); null where a send, or the whole batch, has none.
--      `p_wait`: false skips conversations whose row somebody else has locked (outcome `busy`; try them again alone). True
--      waits for them up to lock_timeout.
--      `p_again`: an earlier attempt, whose answer was lost, may have written the batch. The function then looks for the
--      ids first.
--      `p_options` say more about some sends; null where a send, or the whole batch, has none.
--      {"if_seq": n}         append only when no message after n is there, those before it in the batch included
--      {"mentions": {…}}     the people whom the message mentions, for `confab_write_mentions`
--      {"files": [ids]}      the files that the message takes; its field `files` shows them
-- Out: one row for each send; `ord` is its position in the batch, from 1.
--      appended          now in the log: seq, version, the sender's name and e-mail, and the time
--      existing          a message with this client_id (or, with `p_again`, this id) was there before: the whole message
--      newer             a message after `if_seq` is there: `seq` is the newest one's; nothing was written
--      file_not_found | file_not_ready   the sender has no such file, or it can't be sent yet; nothing was written
--      busy | no_conversation | no_participant   nothing was written
--      and one more row for each message that was appended to a thread:
--      in_thread         `fields` is {"parent_id": …, "followed": [the people who follow the thread since this message]}
-- A thread has the members of its parent. Its own rows of `participants` are the people who follow it.
-- MUST: lock first, look for existing messages second, write third, each in a statement of its own. A statement sees only
--      what was committed before it began. A statement that did two of these steps would number without the rows that it
--      cannot see. Only the locked row itself is read in its newest state, so its counters may come with the lock.
CREATE OR REPLACE FUNCTION confab_append_messages(
  p_conversations uuid[], p_of integer[], p_ids uuid[], p_senders integer[], p_client_ids text[], p_contents text[],
  p_fields jsonb[], p_options jsonb[], p_wait boolean, p_again boolean
) RETURNS TABLE (
  ord bigint, outcome text, id uuid, seq bigint, version bigint, sender_name text, sender_email text, client_id text,
  content text, first_content text, created_ms double precision, edited_ms double precision, deleted_ms double precision,
  fields jsonb
) LANGUAGE plpgsql
-- Every access here is by key. Without these settings, a plan that is chosen while the tables are empty would scan them,
-- and stay. One plan serves all calls: to plan a batch of two anew costs more than to write it. A plan that is chosen on empty
-- tables would walk all conversations until they are analysed, were it free to. So each statement begins with the batch, and
-- finds one row by key for each element: by LATERAL with OFFSET 0, or because `ord % 1 = 0`, which is always true, makes
-- PostgreSQL expect a single send.
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
  v_locked uuid[];
  v_parents uuid[];
  v_seqs bigint[];
  v_versions bigint[];
  v_of integer[] := p_of; -- positions in v_locked; null: not locked
  v_held integer[]; -- threads, by their positions, of whose parent somebody else is removing a sender
  v_known bigint[] := '{}';
  v_next bigint[];
  v_refused bigint[] := '{}';
  v_decides boolean; -- whether some sends are conditional
  v_files uuid[]; -- those of the batch that are ready, and locked
  v_followed integer[];
  v_send record;
  v_appended bigint := 0;
  v_now timestamptz(3);
BEGIN
  -- Lock in id order, which is that of `p_conversations`, so that two batches never wait for each other in a circle.
  IF p_wait THEN
    SELECT array_agg(l.id), array_agg(l.last_seq), array_agg(l.last_version), array_agg(l.parent_id)
    INTO v_locked, v_seqs, v_versions, v_parents FROM (
      SELECT c.* FROM unnest(p_conversations) AS o (id) CROSS JOIN LATERAL (
        SELECT c.id, c.last_seq, c.last_version, c.parent_id FROM conversations c WHERE c.id = o.id FOR NO KEY UPDATE
      ) c
    ) l;
  ELSE
    SELECT array_agg(l.id), array_agg(l.last_seq), array_agg(l.last_version), array_agg(l.parent_id)
    INTO v_locked, v_seqs, v_versions, v_parents FROM (
      SELECT c.* FROM unnest(p_conversations) AS o (id) CROSS JOIN LATERAL (
        SELECT c.id, c.last_seq, c.last_version, c.parent_id FROM conversations c WHERE c.id = o.id FOR NO KEY UPDATE SKIP LOCKED
      ) c
    ) l;
  END IF;
  IF v_locked IS DISTINCT FROM p_conversations THEN
    SELECT array_agg(array_position(v_locked, p_conversations[o.of]) ORDER BY o.ord) INTO v_of
    FROM unnest(p_of) WITH ORDINALITY AS o (of, ord);
  END IF;
  -- Nobody writes into a thread after they were removed from its parent. The row of each sender there is held, so that a
  -- removal comes before or after this batch. A removal that is on its way makes the thread busy.
  IF array_length(array_remove(v_parents, NULL), 1) > 0 THEN
    IF p_wait THEN
      PERFORM FROM (
        SELECT DISTINCT v_parents[s.of] AS parent_id, s.sender_id FROM unnest(v_of, p_senders) AS s (of, sender_id)
        ORDER BY parent_id, s.sender_id
      ) s CROSS JOIN LATERAL (
        SELECT FROM participants p WHERE p.conversation_id = s.parent_id AND p.user_id = s.sender_id FOR KEY SHARE
      ) p;
    ELSE
      SELECT array_agg(s.of) INTO v_held
      FROM (SELECT DISTINCT s.of, s.sender_id FROM unnest(v_of, p_senders) AS s (of, sender_id)) s
      CROSS JOIN LATERAL (
        SELECT FROM participants p WHERE p.conversation_id = v_parents[s.of] AND p.user_id = s.sender_id
      ) p
      LEFT JOIN LATERAL (
        SELECT true AS is_free FROM participants p
        WHERE p.conversation_id = v_parents[s.of] AND p.user_id = s.sender_id FOR KEY SHARE SKIP LOCKED
      ) free ON true
      WHERE free.is_free IS NULL;
      IF v_held IS NOT NULL THEN
        SELECT array_agg(CASE WHEN o.of = ANY (v_held) THEN NULL ELSE o.of END ORDER BY o.ord) INTO v_of
        FROM unnest(v_of) WITH ORDINALITY AS o (of, ord);
      END IF;
    END IF;
  END IF;
  -- The database's clock, read under the lock: one clock for all nodes, and it follows the order of `seq`.
  v_now := clock_timestamp();

  IF p_again OR array_length(array_remove(p_client_ids, NULL), 1) > 0 THEN
    SELECT coalesce(array_agg(s.ord), '{}') INTO v_known
    FROM unnest(p_ids, v_of, p_senders, p_client_ids) WITH ORDINALITY AS s (id, of, sender_id, client_id, ord)
    WHERE s.of IS NOT NULL AND (
      -- Scalar subqueries, not EXISTS: under OR that may be planned as a hash of all messages.
      (SELECT m.seq FROM messages m WHERE m.conversation_id = v_locked[s.of] AND m.sender_id = s.sender_id
        AND m.client_id = s.client_id) IS NOT NULL
      OR (p_again AND (SELECT m.seq FROM messages m WHERE m.id = s.id) IS NOT NULL)
    );
    IF v_known <> '{}' THEN
      RETURN QUERY
      SELECT s.ord, 'existing', m.id, m.seq, m.version, m.sender_name, m.sender_email, m.client_id, m.content,
        confab_sent_digest(m.first_content, m.id, s.content), (extract(epoch FROM m.created_at) * 1000)::double precision,
        (extract(epoch FROM m.edited_at) * 1000)::double precision,
        (extract(epoch FROM m.deleted_at) * 1000)::double precision, m.fields
      FROM unnest(p_ids, v_of, p_senders, p_client_ids, p_contents)
        WITH ORDINALITY AS s (id, of, sender_id, client_id, content, ord)
      CROSS JOIN LATERAL (
        SELECT * FROM messages m WHERE m.id = s.id
        UNION
        SELECT * FROM messages m WHERE m.conversation_id = v_locked[s.of] AND m.sender_id = s.sender_id
          AND m.client_id = s.client_id
        LIMIT 1
      ) m
      WHERE s.ord = ANY (v_known);
    END IF;
  END IF;

  -- Whether a send is refused may depend on the sends before it, so these are decided one by one.
  v_decides := false;
  IF p_options IS NOT NULL THEN
    v_decides := EXISTS (SELECT FROM unnest(p_options) o WHERE o ?| ARRAY['if_seq', 'files']);
  END IF;
  IF v_decides THEN
    -- Locked in id order, and after all conversations of the batch, so that nobody waits in a circle. From here on nobody
    -- removes these files. A file that becomes ready after this statement is not locked, and so not ready.
    v_files := ARRAY(
      SELECT e.id::uuid FROM unnest(p_options) WITH ORDINALITY AS o (option, ord)
      CROSS JOIN LATERAL jsonb_array_elements_text(o.option -> 'files') AS e (id) WHERE o.ord <> ALL (v_known)
    );
    v_files := ARRAY(
      SELECT f.id FROM files f WHERE f.id = ANY (v_files) AND f.state = 'ready' ORDER BY f.id FOR NO KEY UPDATE
    );
    v_next := v_seqs;
    FOR v_send IN
      SELECT s.ord, s.of, s.sender_id, (p_options[s.ord] ->> 'if_seq')::bigint AS if_seq, p_options[s.ord] -> 'files' AS files
      FROM unnest(v_of, p_senders) WITH ORDINALITY AS s (of, sender_id, ord)
      JOIN participants p ON p.conversation_id = coalesce(v_parents[s.of], v_locked[s.of]) AND p.user_id = s.sender_id
      JOIN users u ON u.id = s.sender_id AND u.is_active
      WHERE s.ord <> ALL (v_known) ORDER BY s.ord
    LOOP
      outcome := CASE
        WHEN v_send.if_seq < v_next[v_send.of] THEN 'newer'
        WHEN v_send.files IS NOT NULL THEN confab_fault_of_files(v_send.files, v_send.sender_id, v_files)
      END;
      IF outcome IS NOT NULL THEN
        v_refused := v_refused || v_send.ord;
        ord := v_send.ord;
        seq := v_next[v_send.of];
        RETURN NEXT;
      ELSE
        v_next[v_send.of] := v_next[v_send.of] + 1;
      END IF;
    END LOOP;
    v_known := v_known || v_refused;
  END IF;

  RETURN QUERY
  WITH allowed AS MATERIALIZED (
    SELECT s.ord, s.id, v_locked[s.of] AS conversation_id, s.sender_id, s.client_id, s.content, s.fields,
      rtrim(u.first_name || ' ' || u.last_name) AS sender_name, u.email AS sender_email,
      v_seqs[s.of] + row_number() OVER sends AS seq, v_versions[s.of] + row_number() OVER sends AS version,
      lead(s.ord) OVER sends IS NULL AS is_newest
    FROM unnest(p_ids, v_of, p_senders, p_client_ids, p_contents, p_fields)
      WITH ORDINALITY AS s (id, of, sender_id, client_id, content, fields, ord)
    JOIN participants p ON p.conversation_id = coalesce(v_parents[s.of], v_locked[s.of]) AND p.user_id = s.sender_id
    JOIN users u ON u.id = s.sender_id AND u.is_active
    WHERE s.ord <> ALL (v_known) AND s.ord % 1 = 0
    WINDOW sends AS (PARTITION BY s.of ORDER BY s.ord)
  ), inserted AS (
    INSERT INTO messages (
      conversation_id, seq, version, id, sender_id, sender_name, sender_email, client_id, content, created_at, fields
    )
    SELECT a.conversation_id, a.seq, a.version, a.id, a.sender_id, a.sender_name, a.sender_email, a.client_id,
      a.content, v_now, a.fields
    FROM allowed a
  ), moved AS (
    UPDATE conversations c
    SET last_seq = a.seq, last_version = a.version, updated_at = v_now, oldest_at = coalesce(c.oldest_at, v_now)
    FROM allowed a
    WHERE c.id = a.conversation_id AND a.is_newest
  ), read AS (
    UPDATE participants p SET read_seq = a.seq
    FROM (SELECT conversation_id, sender_id, max(seq) AS seq FROM allowed GROUP BY conversation_id, sender_id) a
    WHERE p.conversation_id = a.conversation_id AND p.user_id = a.sender_id
  )
  SELECT a.ord, 'appended', NULL::uuid, a.seq, a.version, a.sender_name, a.sender_email, NULL::text, NULL::text,
    NULL::text, (extract(epoch FROM v_now) * 1000)::double precision, NULL::double precision, NULL::double precision,
    NULL::jsonb
  FROM allowed a;
  GET DIAGNOSTICS v_appended = ROW_COUNT;

  IF p_options IS NOT NULL OR array_length(array_remove(v_parents, NULL), 1) > 0 THEN
    FOR v_send IN
      SELECT s.ord, m.conversation_id, m.seq, m.sender_id, v_parents[v_of[s.ord]] AS parent_id,
        p_options[s.ord] -> 'mentions' AS mentions, p_options[s.ord] -> 'files' AS files
      FROM unnest(p_ids) WITH ORDINALITY AS s (id, ord)
      CROSS JOIN LATERAL (SELECT * FROM messages m WHERE m.id = s.id OFFSET 0) m
      WHERE s.ord <> ALL (v_known) AND v_of[s.ord] IS NOT NULL ORDER BY s.ord
    LOOP
      IF v_send.files IS NOT NULL THEN
        PERFORM confab_take_files(v_send.files, v_send.conversation_id, v_send.seq);
      END IF;
      v_followed := '{}';
      IF v_send.parent_id IS NOT NULL THEN
        v_followed := confab_follow(v_send.conversation_id, ARRAY[v_send.sender_id], v_send.seq);
      END IF;
      IF v_send.mentions IS NOT NULL THEN
        v_followed := v_followed || confab_write_mentions(v_send.conversation_id, v_send.seq, v_send.mentions);
      END IF;
      IF v_send.parent_id IS NOT NULL THEN
        RETURN QUERY SELECT v_send.ord, 'in_thread', NULL::uuid, NULL::bigint, NULL::bigint, NULL::text, NULL::text, NULL::text,
          NULL::text, NULL::text, NULL::double precision, NULL::double precision, NULL::double precision,
          jsonb_build_object('parent_id', v_send.parent_id, 'followed', v_followed);
      END IF;
    END LOOP;
  END IF;

  IF v_appended + cardinality(v_known) < cardinality(p_ids) THEN
    RETURN QUERY
    SELECT s.ord,
      CASE
        WHEN s.of IS NOT NULL THEN 'no_participant'
        WHEN EXISTS (SELECT FROM conversations c WHERE c.id = p_conversations[s.given]) THEN 'busy'
        ELSE 'no_conversation'
      END,
      s.id, NULL::bigint, NULL::bigint, NULL::text, NULL::text, NULL::text, NULL::text, NULL::text,
      NULL::double precision, NULL::double precision, NULL::double precision, NULL::jsonb
    FROM unnest(p_ids, v_of, p_of) WITH ORDINALITY AS s (id, of, given, ord)
    WHERE s.ord <> ALL (v_known) AND NOT (
      s.of IS NOT NULL AND (SELECT m.seq FROM messages m WHERE m.id = s.id) IS NOT NULL
    );
  END IF;
END;
$$;
