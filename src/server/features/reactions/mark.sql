-- Sets or takes back the reaction of a user: `p_value` is {"emoji", "on"}. Only `confab_mark` calls it, under the lock.
-- A message has at most 20 different emoji.
CREATE OR REPLACE FUNCTION confab_mark_reaction(
  p_message messages, p_user integer, p_value jsonb, p_now timestamptz, OUT outcome text, OUT change jsonb
) LANGUAGE plpgsql AS $$
DECLARE
  v_emoji text := p_value ->> 'emoji';
BEGIN
  change := jsonb_build_object('kind', 'reaction', 'user_id', p_user, 'emoji', v_emoji, 'on', p_value -> 'on');
  IF NOT (p_value -> 'on')::boolean THEN
    DELETE FROM reactions r
    WHERE r.conversation_id = p_message.conversation_id AND r.message_seq = p_message.seq AND r.emoji = v_emoji
      AND r.user_id = p_user;
    outcome := CASE WHEN FOUND THEN 'marked' ELSE 'unchanged' END;
    RETURN;
  END IF;
  IF NOT EXISTS (
    SELECT FROM reactions r
    WHERE r.conversation_id = p_message.conversation_id AND r.message_seq = p_message.seq AND r.emoji = v_emoji
  ) AND 20 <= (
    -- Steps from one emoji to the next in the index, because an emoji can have thousands of people.
    WITH RECURSIVE used AS (
      (
        SELECT r.emoji FROM reactions r
        WHERE r.conversation_id = p_message.conversation_id AND r.message_seq = p_message.seq
        ORDER BY r.emoji LIMIT 1
      )
      UNION ALL
      SELECT (
        SELECT r.emoji FROM reactions r
        WHERE r.conversation_id = p_message.conversation_id AND r.message_seq = p_message.seq AND r.emoji > used.emoji
        ORDER BY r.emoji LIMIT 1
      ) FROM used WHERE used.emoji IS NOT NULL
    ) SELECT count(used.emoji) FROM used
  ) THEN
    outcome := 'too_many_reactions';
    RETURN;
  END IF;
  INSERT INTO reactions (conversation_id, message_seq, emoji, user_id, at)
  VALUES (p_message.conversation_id, p_message.seq, v_emoji, p_user, p_now)
  ON CONFLICT DO NOTHING;
  outcome := CASE WHEN FOUND THEN 'marked' ELSE 'unchanged' END;
END;
$$;
