-- The only writer of messages. Appends a batch of sends in the given order, and returns the outcome of each.
--
-- In:  `p_conversations` are the conversations of the batch, each once, in ascending order. The other arrays have one element
--      for each send. `p_of` is the position of the send's conversation in `p_conversations`, from 1. `p_fields` are the
--      message fields (src/protocol/message-fields.ts); null where a send, or the whole batch, has none.
--      `p_wait`: false skips conversations whose row somebody else has locked (outcome `busy`; try them again alone). True
--      waits for them up to lock_timeout.
--      `p_again`: an earlier attempt, whose answer was lost, may have written the batch. The function then looks for the
--      ids first.
-- Out: one row for each send; `ord` is its position in the batch, from 1.
--      appended          now in the log: seq, version, the sender's name and e-mail, and the time
--      existing          a message with this client_id (or, with `p_again`, this id) was there before: the whole message
--      busy | no_conversation | no_participant   nothing was written
-- MUST: lock first, look for existing messages second, write third, each in a statement of its own. A statement sees only
--      what was committed before it began. A statement that did two of these steps would number without the rows that it
--      cannot see. Only the locked row itself is read in its newest state, so its counters may come with the lock.
CREATE OR REPLACE FUNCTION confab_append_messages(
  p_conversations uuid[], p_of integer[], p_ids uuid[], p_senders integer[], p_client_ids text[], p_contents text[],
  p_fields jsonb[], p_wait boolean, p_again boolean
) RETURNS TABLE (
  ord bigint, outcome text, id uuid, seq bigint, version bigint, sender_name text, sender_email text, client_id text,
  content text, first_content text, created_ms double precision, edited_ms double precision, deleted_ms double precision,
  fields jsonb
) LANGUAGE plpgsql
-- Every access here is by key. Without these settings, a plan that is chosen while the tables are empty would scan them,
-- and stay. Do not force a generic plan either (plan_cache_mode): chosen on empty tables, it walks all conversations until
-- they are analysed.
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
  v_locked uuid[];
  v_seqs bigint[];
  v_versions bigint[];
  v_of integer[] := p_of; -- positions in v_locked; null: not locked
  v_known bigint[] := '{}';
  v_appended bigint := 0;
  v_now timestamptz(3);
BEGIN
  -- Most batches of a server that is not busy are a single send. For one send, the same three steps in small statements take
  -- PostgreSQL 240 us instead of 335. If these do not append the send, the general statements below find out why.
  IF cardinality(p_ids) = 1 AND NOT p_wait AND NOT p_again THEN
    SELECT c.last_seq + 1, c.last_version + 1 INTO seq, version FROM conversations c WHERE c.id = p_conversations[1]
    FOR NO KEY UPDATE SKIP LOCKED;
    v_now := clock_timestamp();
    IF FOUND AND (p_client_ids[1] IS NULL OR NOT EXISTS (
      SELECT FROM messages m WHERE m.conversation_id = p_conversations[1] AND m.sender_id = p_senders[1]
        AND m.client_id = p_client_ids[1]
    )) THEN
      UPDATE participants p SET read_seq = confab_append_messages.seq
      FROM users u
      WHERE p.conversation_id = p_conversations[1] AND p.user_id = p_senders[1] AND u.id = p.user_id AND u.is_active
      RETURNING rtrim(u.first_name || ' ' || u.last_name), u.email INTO sender_name, sender_email;
      IF FOUND THEN
        INSERT INTO messages (
          conversation_id, seq, version, id, sender_id, sender_name, sender_email, client_id, content, created_at, fields
        ) VALUES (
          p_conversations[1], confab_append_messages.seq, confab_append_messages.version, p_ids[1], p_senders[1],
          confab_append_messages.sender_name, confab_append_messages.sender_email, p_client_ids[1], p_contents[1], v_now,
          p_fields[1]
        );
        UPDATE conversations c
        SET last_seq = confab_append_messages.seq, last_version = confab_append_messages.version, updated_at = v_now,
          oldest_at = coalesce(c.oldest_at, v_now)
        WHERE c.id = p_conversations[1];
        ord := 1;
        outcome := 'appended';
        created_ms := (extract(epoch FROM v_now) * 1000)::double precision;
        RETURN NEXT;
        RETURN;
      END IF;
    END IF;
  END IF;

  -- Lock in id order, so that two batches never wait for each other in a circle.
  IF p_wait THEN
    SELECT array_agg(l.id), array_agg(l.last_seq), array_agg(l.last_version) INTO v_locked, v_seqs, v_versions FROM (
      SELECT c.id, c.last_seq, c.last_version FROM conversations c WHERE c.id = ANY (p_conversations)
      ORDER BY c.id FOR NO KEY UPDATE
    ) l;
  ELSE
    SELECT array_agg(l.id), array_agg(l.last_seq), array_agg(l.last_version) INTO v_locked, v_seqs, v_versions FROM (
      SELECT c.id, c.last_seq, c.last_version FROM conversations c WHERE c.id = ANY (p_conversations)
      ORDER BY c.id FOR NO KEY UPDATE SKIP LOCKED
    ) l;
  END IF;
  IF v_locked IS DISTINCT FROM p_conversations THEN
    SELECT array_agg(array_position(v_locked, p_conversations[o.of]) ORDER BY o.ord) INTO v_of
    FROM unnest(p_of) WITH ORDINALITY AS o (of, ord);
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

  RETURN QUERY
  WITH allowed AS MATERIALIZED (
    SELECT s.ord, s.id, p.conversation_id, s.sender_id, s.client_id, s.content, s.fields,
      rtrim(u.first_name || ' ' || u.last_name) AS sender_name, u.email AS sender_email,
      v_seqs[s.of] + row_number() OVER sends AS seq, v_versions[s.of] + row_number() OVER sends AS version,
      lead(s.ord) OVER sends IS NULL AS is_newest
    FROM unnest(p_ids, v_of, p_senders, p_client_ids, p_contents, p_fields)
      WITH ORDINALITY AS s (id, of, sender_id, client_id, content, fields, ord)
    JOIN participants p ON p.conversation_id = v_locked[s.of] AND p.user_id = s.sender_id
    JOIN users u ON u.id = s.sender_id AND u.is_active
    WHERE s.ord <> ALL (v_known)
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
