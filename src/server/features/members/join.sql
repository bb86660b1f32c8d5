-- Adds people to a group in the order given, which is the order of joining. A person who joins starts at the newest message
-- and sees the history. MUST be called under the conversation's lock. Out: as `confab_settle_group`.
CREATE OR REPLACE FUNCTION confab_join_group(p_conversation uuid, p_users integer[]) RETURNS jsonb
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO participants (conversation_id, user_id, read_seq)
  SELECT c.id, u.id, c.last_seq FROM conversations c, unnest(p_users) WITH ORDINALITY AS u (id, n)
  WHERE c.id = p_conversation ORDER BY u.n;
  RETURN confab_settle_group(p_conversation, p_users);
END;
$$;
