-- Sets the previews of a message. Only `confab_mark` calls it, under the lock.
-- The server's value is {"previews": an array or null, "digest": the MD5 of the text that has the addresses}. A person's value
-- is {"previews": []}, which removes them for good: the server leaves an empty array alone.
CREATE OR REPLACE FUNCTION confab_mark_preview(
  p_message messages, p_user integer, p_value jsonb, OUT outcome text, OUT change jsonb
) LANGUAGE plpgsql AS $$
DECLARE
  v_now jsonb := p_message.fields -> 'previews';
  v_wanted jsonb := nullif(p_value -> 'previews', 'null');
BEGIN
  change := jsonb_build_object('kind', 'preview');
  outcome := CASE
    WHEN p_user IS NOT NULL AND p_user <> p_message.sender_id AND NOT EXISTS (
      SELECT FROM users u WHERE u.id = p_user AND u.is_superuser
    ) THEN 'not_the_sender'
    -- The text was edited meanwhile, and the follower comes again.
    WHEN p_user IS NULL AND (v_now = '[]' OR p_value ->> 'digest' <> md5(p_message.content)) THEN 'unchanged'
    WHEN v_now IS NOT DISTINCT FROM v_wanted THEN 'unchanged'
    ELSE 'marked'
  END;
  IF outcome = 'marked' THEN
    UPDATE messages m SET fields = nullif(
      (coalesce(m.fields, '{}') - 'previews')
        || CASE WHEN v_wanted IS NULL THEN '{}' ELSE jsonb_build_object('previews', v_wanted) END,
      '{}'
    )
    WHERE m.id = p_message.id;
  END IF;
END;
$$;
