-- Appends a batch of sends when nothing stands in the way of any of them, or writes nothing. Most batches are like that, and
-- take half the statements of `confab_append_messages` here. The caller gives all others to that function.
--
-- In:  `p_conversations` are the conversations of the batch, each once, in ascending order; `p_counts` says how many of the
--      sends each has. The authors (`p_author_*`) are the pairs of a conversation and a sender, each once. The last arrays have
--      one element for each send. Positions in other arrays begin with 1: `p_of` and `p_author_of` in `p_conversations`,
--      `p_author` in the authors. `p_nth` numbers the sends of a conversation from 1, and `p_author_nth` is that of an author's
--      last send. `p_fields` is null where a send, or the whole batch, has none.
-- Out: one row, or none when nothing was written.
--      places            {"seqs", "versions", "times"} of the conversations: before the first send of each, and the time in ms
--      senders           {"names", "emails"} of the authors
--      No row: somebody else has a conversation locked, a client_id or an id was there before, a conversation is a thread or
--      gone, or a sender is not a member or not active.
-- The counters of a conversation move first. That locks its row, and so nobody else numbers messages there. Unique indexes find
-- what was sent before, also what this transaction cannot see. They refuse the row, and the numbers go back with it.
-- MUST: move the counters in a statement before the one that reads the members. A removal holds the same lock, and the statement
--      sees only what was committed before it began.
CREATE OR REPLACE FUNCTION confab_append_plain(
  p_conversations uuid[], p_counts integer[], p_author_of integer[], p_author_ids integer[], p_author_nth integer[],
  p_of integer[], p_nth integer[], p_author integer[], p_ids uuid[], p_client_ids text[], p_contents text[], p_fields jsonb[]
) RETURNS TABLE (places json, senders json) LANGUAGE plpgsql
-- Every access here is by key, with one plan for all calls, as in `confab_append_messages`.
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan
-- In ms, for each lock. The commit of another batch or of a read position is over by then. A longer one must not hold up all sends.
SET lock_timeout = 10
AS $$
#variable_conflict use_column
DECLARE
  v_all integer[];
  v_seqs bigint[];
  v_versions bigint[];
  v_times timestamptz(3)[];
  v_names text[];
  v_emails text[];
BEGIN
  -- One row for each conversation, in their order: the loop over the batch is outside.
  WITH moved AS (
    UPDATE conversations c
    SET last_seq = c.last_seq + o.count, last_version = c.last_version + o.count, updated_at = clock_timestamp(),
      oldest_at = coalesce(c.oldest_at, clock_timestamp())
    FROM unnest(p_conversations, p_counts) WITH ORDINALITY AS o (id, count, ord)
    WHERE c.id = o.id AND c.parent_id IS NULL AND o.ord % 1 = 0
    RETURNING o.ord, c.last_seq - o.count AS seq, c.last_version - o.count AS version, c.updated_at
  )
  SELECT array_agg(m.ord), array_agg(m.seq), array_agg(m.version), array_agg(m.updated_at)
  INTO v_all, v_seqs, v_versions, v_times FROM moved m;
  IF v_all IS DISTINCT FROM ARRAY(SELECT generate_series(1, cardinality(p_conversations))) THEN
    RAISE EXCEPTION USING ERRCODE = 'CF001';
  END IF;

  WITH read AS (
    UPDATE participants p SET read_seq = v_seqs[a.of] + a.nth
    FROM unnest(p_author_of, p_author_ids, p_author_nth) WITH ORDINALITY AS a (of, id, nth, ord)
    CROSS JOIN LATERAL (SELECT u.* FROM users u WHERE u.id = a.id AND u.is_active OFFSET 0) u
    WHERE p.conversation_id = p_conversations[a.of] AND p.user_id = a.id AND a.ord % 1 = 0
    RETURNING a.ord, rtrim(u.first_name || ' ' || u.last_name) AS name, u.email
  )
  SELECT array_agg(r.ord), array_agg(r.name), array_agg(r.email) INTO v_all, v_names, v_emails FROM read r;
  IF v_all IS DISTINCT FROM ARRAY(SELECT generate_series(1, cardinality(p_author_ids))) THEN
    RAISE EXCEPTION USING ERRCODE = 'CF001';
  END IF;

  INSERT INTO messages (
    conversation_id, seq, version, id, sender_id, sender_name, sender_email, client_id, content, created_at, fields
  )
  SELECT p_conversations[s.of], v_seqs[s.of] + s.nth, v_versions[s.of] + s.nth, s.id, p_author_ids[s.author],
    v_names[s.author], v_emails[s.author], s.client_id, s.content, v_times[s.of], s.fields
  FROM unnest(p_of, p_nth, p_author, p_ids, p_client_ids, p_contents, p_fields)
    AS s (of, nth, author, id, client_id, content, fields);

  places := json_build_object('seqs', v_seqs, 'versions', v_versions, 'times', ARRAY(
    SELECT (extract(epoch FROM t.at) * 1000)::double precision FROM unnest(v_times) AS t (at)
  ));
  senders := json_build_object('names', v_names, 'emails', v_emails);
  RETURN NEXT;
EXCEPTION WHEN lock_not_available OR unique_violation OR SQLSTATE 'CF001' THEN
  RETURN;
END;
$$;
