-- Edits or deletes a message. Where it is a reply that also went to the parent of its thread, or the copy there, both are edited
-- in one transaction.
--
-- In:  as `confab_edit`. `p_mentions` are those of the new text, as in `confab_edit_mentions`; null when it mentions nobody.
--      `p_copy` is the id that the copy of this message has, if there is one.
-- Out: the row of `confab_edit` for the message, and another one for its twin.
-- MUST: the parent is locked first, as in `confab_append_in_both`.
CREATE OR REPLACE FUNCTION confab_edit_in_both(
  p_conversation uuid, p_user integer, p_message uuid, p_content text, p_copy uuid, p_mentions jsonb
) RETURNS TABLE (outcome text, at_version bigint, at_tag uuid, at_seq bigint, message messages) LANGUAGE plpgsql
SET enable_seqscan = off
AS $$
DECLARE
  v_asked messages;
  v_is_copy boolean;
  v_thread uuid;
  v_parent uuid;
  v_shown messages;
  v_copy record;
  v_reply record;
BEGIN
  -- Twins stay twins, so this needs no lock.
  SELECT m.* INTO v_asked FROM messages m
  WHERE m.id = p_message AND m.conversation_id = p_conversation AND m.fields ?| ARRAY['also_in_parent', 'from_thread'];
  IF NOT FOUND THEN
    RETURN QUERY SELECT e.* FROM confab_edit_one(p_conversation, p_user, p_message, p_content, p_mentions) e;
    RETURN;
  END IF;
  v_is_copy := v_asked.fields ? 'from_thread';
  v_thread := CASE WHEN v_is_copy THEN (v_asked.fields -> 'from_thread' ->> 'id')::uuid ELSE p_conversation END;
  SELECT c.parent_id INTO v_parent FROM conversations c WHERE c.id = v_thread;
  SELECT e.* INTO v_copy
  FROM confab_edit(v_parent, p_user, CASE WHEN v_is_copy THEN p_message ELSE p_copy END, p_content) e;
  -- People are mentioned once, in the thread.
  SELECT e.* INTO v_reply FROM confab_edit_one(
    v_thread, p_user, CASE WHEN v_is_copy THEN (v_asked.fields -> 'from_thread' ->> 'message_id')::uuid ELSE p_message END,
    p_content, p_mentions
  ) e;
  v_shown := v_copy.message;
  IF v_copy.outcome = 'amended' AND p_mentions IS NOT NULL AND (v_reply.message).fields ? 'mentions' THEN
    UPDATE messages m SET fields = m.fields || jsonb_build_object('mentions', (v_reply.message).fields -> 'mentions')
    WHERE m.id = v_shown.id RETURNING m.* INTO v_shown;
  END IF;
  IF NOT v_is_copy THEN
    RETURN QUERY SELECT v_reply.outcome, v_reply.at_version, v_reply.at_tag, v_reply.at_seq, v_reply.message;
  END IF;
  RETURN QUERY SELECT v_copy.outcome, v_copy.at_version, v_copy.at_tag, v_copy.at_seq, v_shown;
  IF v_is_copy THEN
    RETURN QUERY SELECT v_reply.outcome, v_reply.at_version, v_reply.at_tag, v_reply.at_seq, v_reply.message;
  END IF;
END;
$$;
