-- `confab_append_messages` for nodes of release 1, whose messages have no fields.
CREATE OR REPLACE FUNCTION confab_append(
  p_conversations uuid[], p_of integer[], p_ids uuid[], p_senders integer[], p_client_ids text[], p_contents text[],
  p_wait boolean, p_again boolean
) RETURNS TABLE (
  ord bigint, outcome text, id uuid, seq bigint, version bigint, sender_name text, sender_email text, client_id text,
  content text, first_content text, created_ms double precision, edited_ms double precision, deleted_ms double precision
) LANGUAGE sql AS $$
  SELECT a.ord, a.outcome, a.id, a.seq, a.version, a.sender_name, a.sender_email, a.client_id, a.content, a.first_content,
    a.created_ms, a.edited_ms, a.deleted_ms
  FROM confab_append_messages(
    p_conversations, p_of, p_ids, p_senders, p_client_ids, p_contents, NULL, NULL, p_wait, p_again
  ) a
$$;
