-- Edits or deletes one message: `confab_edit`, or `confab_edit_mentions` where the new text mentions people.
CREATE OR REPLACE FUNCTION confab_edit_one(
  p_conversation uuid, p_user integer, p_message uuid, p_content text, p_mentions jsonb
) RETURNS TABLE (outcome text, at_version bigint, at_tag uuid, at_seq bigint, message messages) LANGUAGE plpgsql AS $$
BEGIN
  IF p_mentions IS NULL THEN
    RETURN QUERY SELECT e.* FROM confab_edit(p_conversation, p_user, p_message, p_content) e;
  ELSE
    RETURN QUERY SELECT e.* FROM confab_edit_mentions(p_conversation, p_user, p_message, p_content, p_mentions) e;
  END IF;
END;
$$;
