-- Writes down whom a new message mentions: {"user_ids": [...], "scope": "here" | "all"?, "here": [...]?}. `here` are the
-- people who were online. `confab_append_messages` calls it after it has written the message, under the conversation's lock.
-- Only members count, and nobody mentions themselves.
--
-- Out: the people who follow the thread from now on, because they are mentioned in it.
CREATE OR REPLACE FUNCTION confab_write_mentions(p_conversation uuid, p_seq bigint, p_mentions jsonb)
RETURNS integer[] LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
  v_parent uuid;
  v_members integer;
  v_sender integer;
  v_ids integer[] := ARRAY(SELECT u.id::integer FROM jsonb_array_elements_text(p_mentions -> 'user_ids') AS u (id));
BEGIN
  SELECT c.parent_id, c.participant_count INTO v_parent, v_members FROM conversations c WHERE c.id = p_conversation;
  SELECT m.sender_id INTO v_sender FROM messages m WHERE m.conversation_id = p_conversation AND m.seq = p_seq;
  IF p_mentions ->> 'scope' = 'all' THEN
    -- In a large conversation one row stands for everybody, those who are mentioned by name too.
    IF v_members > 100 THEN
      INSERT INTO mentions_of_all (conversation_id, seq) VALUES (p_conversation, p_seq) ON CONFLICT DO NOTHING;
      RETURN '{}';
    END IF;
    v_ids := v_ids || ARRAY(
      SELECT p.user_id FROM participants p WHERE p.conversation_id = p_conversation AND p.is_following
    );
  ELSIF p_mentions ->> 'scope' = 'here' THEN
    v_ids := v_ids || ARRAY(SELECT u.id::integer FROM jsonb_array_elements_text(p_mentions -> 'here') AS u (id));
  END IF;
  -- A thread has the members of its parent.
  v_ids := ARRAY(
    SELECT DISTINCT p.user_id FROM unnest(v_ids) AS u (id)
    JOIN participants p ON p.conversation_id = coalesce(v_parent, p_conversation) AND p.user_id = u.id
    WHERE p.user_id <> v_sender ORDER BY p.user_id
  );
  INSERT INTO mentions (user_id, conversation_id, seq) SELECT u.id, p_conversation, p_seq FROM unnest(v_ids) AS u (id)
  ON CONFLICT DO NOTHING;
  RETURN CASE WHEN v_parent IS NULL THEN '{}' ELSE confab_follow(p_conversation, v_ids, p_seq - 1) END;
END;
$$;
