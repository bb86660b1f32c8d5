-- Makes people follow a thread, with this read position. People who follow it, or who have unfollowed it, stay as they are:
-- only they themselves undo that. Returns those who follow it from now on.
--
-- In:  for a conversation that is no thread, and for people who are not in its parent, it does nothing.
-- MUST: the thread's row is locked. The members' rows in the parent are held until the end of the transaction, so that nobody
--      follows a thread of a conversation from which they were removed. Somebody who is being removed just now is left out.
CREATE OR REPLACE FUNCTION confab_follow(p_thread uuid, p_users integer[], p_read_seq bigint)
RETURNS integer[] LANGUAGE sql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
  WITH followed AS (
    INSERT INTO participants (conversation_id, user_id, read_seq)
    SELECT p_thread, p.user_id, p_read_seq
    FROM conversations c
    CROSS JOIN LATERAL (SELECT DISTINCT u.id FROM unnest(p_users) AS u (id) ORDER BY u.id) asked
    CROSS JOIN LATERAL (
      SELECT user_id FROM participants WHERE conversation_id = c.parent_id AND user_id = asked.id FOR KEY SHARE SKIP LOCKED
    ) p
    WHERE c.id = p_thread
    ON CONFLICT DO NOTHING
    RETURNING user_id
  )
  SELECT coalesce(array_agg(user_id), '{}') FROM followed
$$;
