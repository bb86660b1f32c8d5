-- `confab_edit` for nodes of release 1, which know no tags.
CREATE OR REPLACE FUNCTION confab_amend(
  p_conversation uuid, p_user integer, p_message uuid, p_content text,
  OUT outcome text, OUT at_version bigint, OUT at_seq bigint, OUT message messages
) LANGUAGE sql AS $$
  SELECT e.outcome, e.at_version, e.at_seq, e.message FROM confab_edit(p_conversation, p_user, p_message, p_content) e
$$;
