-- Edits a message whose new text mentions people, in one call: `confab_edit`, and then the mentions, under the same lock.
-- `p_mentions` is as in `confab_write_mentions`. A text that mentions nobody goes to `confab_edit` alone, which removes the
-- mentions of the old text.
--
-- Out: as `confab_edit`.
-- Mentions that the edit adds count only within five minutes of the send. Those that were there before stay.
CREATE OR REPLACE FUNCTION confab_edit_mentions(
  p_conversation uuid, p_user integer, p_message uuid, p_content text, p_mentions jsonb,
  OUT outcome text, OUT at_version bigint, OUT at_tag uuid, OUT at_seq bigint, OUT message messages
) LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
DECLARE
  v_before jsonb;
  v_here integer[];
  v_mentions jsonb := p_mentions;
  v_field jsonb;
  v_edit record;
BEGIN
  -- The lock comes first, so that the mentions of now are read.
  PERFORM FROM conversations c WHERE c.id = p_conversation FOR NO KEY UPDATE;
  SELECT m.fields -> 'mentions', ARRAY(
    SELECT n.user_id FROM mentions n WHERE n.conversation_id = p_conversation AND n.seq = m.seq
  ) INTO v_before, v_here
  FROM messages m WHERE m.id = p_message AND m.conversation_id = p_conversation;
  SELECT * INTO v_edit FROM confab_edit(p_conversation, p_user, p_message, p_content);
  outcome := v_edit.outcome;
  at_version := v_edit.at_version;
  at_tag := v_edit.at_tag;
  at_seq := v_edit.at_seq;
  message := v_edit.message;
  IF outcome <> 'amended' THEN
    RETURN;
  END IF;

  IF message.edited_at > message.created_at + interval '5 minutes' THEN
    v_mentions := jsonb_build_object('user_ids', coalesce((
      SELECT jsonb_agg(n.id) FROM jsonb_array_elements(p_mentions -> 'user_ids') AS n (id)
      WHERE v_before -> 'user_ids' @> n.id
    ), '[]'));
    IF v_before -> 'scope' = p_mentions -> 'scope' THEN
      v_mentions := v_mentions || jsonb_build_object('scope', p_mentions -> 'scope');
    END IF;
  END IF;
  -- The people who were online when it was sent stay those whom `here` means.
  IF v_mentions ->> 'scope' = 'here' AND v_before ->> 'scope' = 'here' THEN
    v_mentions := v_mentions || jsonb_build_object('here', to_jsonb(ARRAY(
      SELECT h.id FROM unnest(v_here) AS h (id)
      WHERE NOT coalesce(v_before -> 'user_ids', '[]') @> to_jsonb(h.id)
    )));
  END IF;
  v_field := v_mentions - 'here';
  IF v_field -> 'user_ids' = '[]' AND NOT v_field ? 'scope' THEN
    RETURN;
  END IF;
  UPDATE messages m SET fields = coalesce(m.fields, '{}') || jsonb_build_object('mentions', v_field)
  WHERE m.id = p_message RETURNING m.* INTO message;
  PERFORM confab_write_mentions(p_conversation, message.seq, v_mentions);
END;
$$;
