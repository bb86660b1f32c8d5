-- Sets the votes of a user in a poll: `p_value` is {"options": [positions from 0]}, an empty array to take them back. Only
-- `confab_mark` calls it, under the lock.
CREATE OR REPLACE FUNCTION confab_mark_vote(
  p_message messages, p_user integer, p_value jsonb, p_now timestamptz, OUT outcome text, OUT change jsonb
) LANGUAGE plpgsql AS $$
DECLARE
  v_poll jsonb := p_message.fields -> 'poll';
  v_wanted smallint[] := ARRAY(
    SELECT DISTINCT o::smallint FROM jsonb_array_elements_text(p_value -> 'options') AS o ORDER BY o::smallint
  );
BEGIN
  change := jsonb_build_object('kind', 'vote');
  IF NOT (v_poll -> 'anonymous')::boolean THEN
    change := change || jsonb_build_object('user_id', p_user, 'options', to_jsonb(v_wanted));
  END IF;
  outcome := CASE
    WHEN v_poll IS NULL THEN 'poll_not_found'
    WHEN (v_poll ->> 'closes_at')::timestamptz <= p_now THEN 'poll_closed'
    WHEN v_wanted[cardinality(v_wanted)] >= jsonb_array_length(v_poll -> 'options') THEN 'no_such_option'
    WHEN cardinality(v_wanted) > 1 AND NOT (v_poll -> 'multiple')::boolean THEN 'one_option_only'
    WHEN v_wanted = ARRAY(
      SELECT v.option FROM votes v
      WHERE v.conversation_id = p_message.conversation_id AND v.message_seq = p_message.seq AND v.user_id = p_user
      ORDER BY v.option
    ) THEN 'unchanged'
    ELSE 'marked'
  END;
  IF outcome <> 'marked' THEN
    RETURN;
  END IF;
  DELETE FROM votes v
  WHERE v.conversation_id = p_message.conversation_id AND v.message_seq = p_message.seq AND v.user_id = p_user
    AND v.option <> ALL (v_wanted);
  INSERT INTO votes (conversation_id, message_seq, user_id, option, at)
  SELECT p_message.conversation_id, p_message.seq, p_user, w, p_now FROM unnest(v_wanted) AS w
  ON CONFLICT DO NOTHING;
END;
$$;
