-- The one writer of messages: appends a batch of sends, in the order given, and says what became of each.
--
-- In:  parallel arrays, one element a send. `wait`: false skips conversations whose row is locked by somebody else
--      (outcome `busy`, try them again alone), true waits for them up to lock_timeout. `again`: the batch may already
--      be there from an attempt whose answer was lost; look for the ids first.
-- Out: one row a send, `ord` being its place in the batch, from 1.
--      appended          it is in the log now; seq, version, sender's name and e-mail, time
--      existing          a message with this client_id (or, with `again`, this id) was there before: the whole of it
--      busy | no_conversation | no_participant   nothing was written
-- MUST: lock first, look for what is there second, number third, each in a statement of its own. A statement sees only
--      what was committed before it began; one that did two of these would number around rows it could not see.
CREATE FUNCTION confab_append(
  p_ids uuid[], p_conversations uuid[], p_senders integer[], p_client_ids text[], p_contents text[],
  p_wait boolean, p_again boolean
) RETURNS TABLE (
  ord bigint, outcome text, id uuid, seq bigint, version bigint, sender_name text, sender_email text, client_id text,
  content text, first_content text, created_ms double precision, edited_ms double precision, deleted_ms double precision
) LANGUAGE plpgsql
-- Every access here is by key. Plans chosen while the tables are empty would scan them, and stay.
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
  v_locked uuid[];
  v_known bigint[] := '{}';
  v_appended bigint := 0;
  v_now timestamptz(3);
BEGIN
  -- In id order, so that two batches never wait for each other in a circle.
  IF p_wait THEN
    SELECT array_agg(l.id) INTO v_locked FROM (
      SELECT c.id FROM conversations c WHERE c.id = ANY (p_conversations) ORDER BY c.id FOR NO KEY UPDATE
    ) l;
  ELSE
    SELECT array_agg(l.id) INTO v_locked FROM (
      SELECT c.id FROM conversations c WHERE c.id = ANY (p_conversations) ORDER BY c.id FOR NO KEY UPDATE SKIP LOCKED
    ) l;
  END IF;
  v_locked := coalesce(v_locked, '{}');
  -- The database's clock, read under the lock: one clock for all nodes, and it follows the order of `seq`.
  v_now := clock_timestamp();

  IF p_again OR array_length(array_remove(p_client_ids, NULL), 1) > 0 THEN
    SELECT coalesce(array_agg(s.ord), '{}') INTO v_known
    FROM unnest(p_ids, p_conversations, p_senders, p_client_ids)
      WITH ORDINALITY AS s (id, conversation_id, sender_id, client_id, ord)
    WHERE s.conversation_id = ANY (v_locked) AND (
      -- Scalar subqueries, not EXISTS: under OR that may be planned as a hash of all messages.
      (SELECT m.seq FROM messages m WHERE m.conversation_id = s.conversation_id AND m.sender_id = s.sender_id
        AND m.client_id = s.client_id) IS NOT NULL
      OR (p_again AND (SELECT m.seq FROM messages m WHERE m.id = s.id) IS NOT NULL)
    );
    IF v_known <> '{}' THEN
      RETURN QUERY
      SELECT s.ord, 'existing', m.id, m.seq, m.version, m.sender_name, m.sender_email, m.client_id, m.content,
        m.first_content, (extract(epoch FROM m.created_at) * 1000)::double precision,
        (extract(epoch FROM m.edited_at) * 1000)::double precision,
        (extract(epoch FROM m.deleted_at) * 1000)::double precision
      FROM unnest(p_ids, p_conversations, p_senders, p_client_ids)
        WITH ORDINALITY AS s (id, conversation_id, sender_id, client_id, ord)
      CROSS JOIN LATERAL (
        SELECT * FROM messages m WHERE m.id = s.id
        UNION
        SELECT * FROM messages m WHERE m.conversation_id = s.conversation_id AND m.sender_id = s.sender_id
          AND m.client_id = s.client_id
        LIMIT 1
      ) m
      WHERE s.ord = ANY (v_known);
    END IF;
  END IF;

  RETURN QUERY
  WITH allowed AS (
    SELECT s.ord, s.id, s.conversation_id, s.sender_id, s.client_id, s.content,
      u.first_name || ' ' || u.last_name AS sender_name, u.email AS sender_email,
      row_number() OVER (PARTITION BY s.conversation_id ORDER BY s.ord) AS n
    FROM unnest(p_ids, p_conversations, p_senders, p_client_ids, p_contents)
      WITH ORDINALITY AS s (id, conversation_id, sender_id, client_id, content, ord)
    JOIN participants p ON p.conversation_id = s.conversation_id AND p.user_id = s.sender_id
    JOIN users u ON u.id = s.sender_id AND u.is_active
    WHERE s.conversation_id = ANY (v_locked) AND s.ord <> ALL (v_known)
  ), inserted AS (
    INSERT INTO messages (
      conversation_id, seq, version, id, sender_id, sender_name, sender_email, client_id, content, created_at
    )
    SELECT a.conversation_id, c.last_seq + a.n, c.last_version + a.n, a.id, a.sender_id, a.sender_name, a.sender_email,
      a.client_id, a.content, v_now
    FROM allowed a JOIN conversations c ON c.id = a.conversation_id
    RETURNING conversation_id, seq, version, id, sender_id, sender_name, sender_email
  ), moved AS (
    UPDATE conversations c
    SET last_seq = i.seq, last_version = i.version, updated_at = v_now, oldest_at = coalesce(c.oldest_at, v_now)
    FROM (SELECT conversation_id, max(seq) AS seq, max(version) AS version FROM inserted GROUP BY conversation_id) i
    WHERE c.id = i.conversation_id
  ), read AS (
    UPDATE participants p SET read_seq = i.seq
    FROM (SELECT conversation_id, sender_id, max(seq) AS seq FROM inserted GROUP BY conversation_id, sender_id) i
    WHERE p.conversation_id = i.conversation_id AND p.user_id = i.sender_id
  )
  SELECT array_position(p_ids, i.id)::bigint, 'appended', i.id, i.seq, i.version, i.sender_name, i.sender_email,
    NULL::text, NULL::text, NULL::text, (extract(epoch FROM v_now) * 1000)::double precision,
    NULL::double precision, NULL::double precision
  FROM inserted i;
  GET DIAGNOSTICS v_appended = ROW_COUNT;

  IF v_appended + cardinality(v_known) < cardinality(p_ids) THEN
    RETURN QUERY
    SELECT s.ord,
      CASE
        WHEN s.conversation_id = ANY (v_locked) THEN 'no_participant'
        WHEN EXISTS (SELECT FROM conversations c WHERE c.id = s.conversation_id) THEN 'busy'
        ELSE 'no_conversation'
      END,
      s.id, NULL::bigint, NULL::bigint, NULL::text, NULL::text, NULL::text, NULL::text, NULL::text,
      NULL::double precision, NULL::double precision, NULL::double precision
    FROM unnest(p_ids, p_conversations, p_senders)
      WITH ORDINALITY AS s (id, conversation_id, sender_id, ord)
    WHERE s.ord <> ALL (v_known) AND NOT (
      s.conversation_id = ANY (v_locked) AND (SELECT m.seq FROM messages m WHERE m.id = s.id) IS NOT NULL
    );
  END IF;
END;
$$;
