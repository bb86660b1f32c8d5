-- The tag of the change at a version: the message's id for a new message, the row's tag for any other change. Null when it is
-- not known: before the first change, beyond the newest, or removed by retention.
-- Every version between two rows of `changes` is a message. Its seq follows from the nearest row before it, or from where
-- retention has cut.
CREATE OR REPLACE FUNCTION confab_tag(p_conversation uuid, p_version bigint) RETURNS uuid LANGUAGE plpgsql STABLE
-- Every access here is by key, as in `confab_append_messages`.
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
DECLARE
  v_change changes;
  v_seq bigint;
BEGIN
  SELECT c.* INTO v_change FROM changes c
  WHERE c.conversation_id = p_conversation AND c.version <= p_version ORDER BY c.version DESC LIMIT 1;
  IF v_change.version = p_version THEN
    RETURN confab_change_tag(v_change.tag, p_conversation, p_version, v_change.created_at);
  END IF;
  v_seq := v_change.last_seq + (p_version - v_change.version);
  IF v_seq IS NULL THEN
    SELECT c.pruned_seq + (p_version - c.pruned_version) INTO v_seq FROM conversations c WHERE c.id = p_conversation;
  END IF;
  RETURN (
    SELECT m.id FROM messages m
    WHERE m.conversation_id = p_conversation AND m.seq = v_seq AND m.version = p_version
  );
END;
$$;
