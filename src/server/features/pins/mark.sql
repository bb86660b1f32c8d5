-- Pins a message, or takes the pin back: `p_value` is {"on"}. Only `confab_mark` calls it, under the lock. A conversation has
-- at most 100 pins.
CREATE OR REPLACE FUNCTION confab_mark_pin(
  p_message messages, p_user integer, p_value jsonb, p_now timestamptz, OUT outcome text, OUT change jsonb
) LANGUAGE plpgsql AS $$
BEGIN
  change := jsonb_build_object('kind', 'pin', 'user_id', p_user, 'on', p_value -> 'on');
  IF NOT (p_value -> 'on')::boolean THEN
    DELETE FROM pins p WHERE p.conversation_id = p_message.conversation_id AND p.message_seq = p_message.seq;
    outcome := CASE WHEN FOUND THEN 'marked' ELSE 'unchanged' END;
    RETURN;
  END IF;
  IF EXISTS (
    SELECT FROM pins p WHERE p.conversation_id = p_message.conversation_id AND p.message_seq = p_message.seq
  ) THEN
    outcome := 'unchanged';
  ELSIF 100 <= (SELECT count(*) FROM pins p WHERE p.conversation_id = p_message.conversation_id) THEN
    outcome := 'too_many_pins';
  ELSE
    INSERT INTO pins (conversation_id, message_seq, user_id, at)
    VALUES (p_message.conversation_id, p_message.seq, p_user, p_now);
    outcome := 'marked';
  END IF;
END;
$$;
