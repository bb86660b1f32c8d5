-- Appends a reply to a thread, and a copy of it to the thread's parent, in one transaction: both or neither.
--
-- In:  as `confab_append_messages`, for one send. `p_copy` is the id of the copy. It follows from the id of the reply, so that
--      an edit finds it.
-- Out: the rows of `confab_append_messages` for the reply, and one more when the copy is there:
--      copied        `id`, `seq`, `version`, `fields`, the sender's name and e-mail, and the time; `parent_id` has the copy
--      not_a_thread  nothing was written
-- MUST: the parent is locked first. Everything that locks two conversations and waits does it in this order.
CREATE OR REPLACE FUNCTION confab_append_in_both(
  p_thread uuid, p_id uuid, p_copy uuid, p_sender integer, p_client_id text, p_content text, p_fields jsonb,
  p_options jsonb, p_wait boolean, p_again boolean
) RETURNS TABLE (
  ord bigint, outcome text, id uuid, seq bigint, version bigint, sender_name text, sender_email text, client_id text,
  content text, first_content text, created_ms double precision, edited_ms double precision, deleted_ms double precision,
  fields jsonb, parent_id uuid
) LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
  v_parent uuid;
  v_reply record;
  v_copy record;
  v_outcome text;
  v_fields jsonb;
BEGIN
  SELECT c.parent_id INTO v_parent FROM conversations c WHERE c.id = p_thread;
  ord := 1;
  IF NOT FOUND THEN
    outcome := 'no_conversation';
  ELSIF v_parent IS NULL THEN
    outcome := 'not_a_thread';
  ELSIF p_wait THEN
    PERFORM FROM conversations c WHERE c.id = v_parent FOR NO KEY UPDATE;
    outcome := CASE WHEN NOT FOUND THEN 'no_conversation' END;
  ELSE
    PERFORM FROM conversations c WHERE c.id = v_parent FOR NO KEY UPDATE SKIP LOCKED;
    outcome := CASE WHEN NOT FOUND THEN 'busy' END;
  END IF;
  IF outcome IS NOT NULL THEN
    RETURN NEXT;
    RETURN;
  END IF;

  FOR v_reply IN
    SELECT * FROM confab_append_messages(
      ARRAY[p_thread], ARRAY[1], ARRAY[p_id], ARRAY[p_sender], ARRAY[p_client_id], ARRAY[p_content], ARRAY[p_fields],
      CASE WHEN p_options IS NOT NULL THEN ARRAY[p_options] END, p_wait, p_again
    )
  LOOP
    IF v_reply.outcome <> 'in_thread' THEN
      v_outcome := CASE WHEN v_reply.outcome <> 'existing' OR v_reply.id = p_id THEN v_reply.outcome END;
    END IF;
    RETURN QUERY SELECT v_reply.ord, v_reply.outcome, v_reply.id, v_reply.seq, v_reply.version, v_reply.sender_name,
      v_reply.sender_email, v_reply.client_id, v_reply.content, v_reply.first_content, v_reply.created_ms,
      v_reply.edited_ms, v_reply.deleted_ms, v_reply.fields, v_parent;
  END LOOP;

  IF v_outcome = 'appended' THEN
    -- The fields that speak of other messages, or that people can answer, stay in the thread alone.
    v_fields := (coalesce(p_fields, '{}') - '{reply_to,poll,also_in_parent}'::text[])
      || jsonb_build_object('from_thread', jsonb_build_object('id', p_thread, 'message_id', p_id));
    FOR v_copy IN
      SELECT * FROM confab_append_messages(
        ARRAY[v_parent], ARRAY[1], ARRAY[p_copy], ARRAY[p_sender], ARRAY[NULL::text], ARRAY[p_content], ARRAY[v_fields], NULL,
        false, false
      )
    LOOP
      -- The reply has locked the files.
      IF p_options ? 'files' THEN
        PERFORM confab_take_files(p_options -> 'files', v_parent, v_copy.seq);
      END IF;
      RETURN QUERY SELECT v_copy.ord, 'copied', p_copy, v_copy.seq, v_copy.version, v_copy.sender_name, v_copy.sender_email,
        v_copy.client_id, v_copy.content, v_copy.first_content, v_copy.created_ms, v_copy.edited_ms, v_copy.deleted_ms,
        v_fields, v_parent;
    END LOOP;
  ELSIF v_outcome = 'existing' THEN
    -- The answer was lost: the copy may have been lost with it.
    RETURN QUERY
    SELECT 1::bigint, 'copied', m.id, m.seq, m.version, m.sender_name, m.sender_email, NULL::text, m.content, NULL::text,
      (extract(epoch FROM m.created_at) * 1000)::double precision, NULL::double precision, NULL::double precision, m.fields, v_parent
    FROM messages m WHERE m.id = p_copy AND m.conversation_id = v_parent;
  END IF;
END;
$$;
