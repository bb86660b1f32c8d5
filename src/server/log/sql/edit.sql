-- Edits or deletes a message in one call. The conversation is locked only while the database writes, not while the answer
-- travels: the sends of all others wait behind that lock.
--
-- In:  the conversation, the user who asks, the message, and its new content; null deletes it. Without a user (null) an admin
--      asks: the caller has checked their right, and they need not be a member or the sender.
-- Out: one row.
--      amended     `message` as it is now; `at_version` and `at_tag` are the change's, `at_seq` is the newest message then
--      unchanged   the message was in that state already, as after a lost answer: `message` as it is; nothing was written
--      content_empty           the new content is empty, and the message has no files; nothing was written
--      conversation_not_found | not_a_participant | message_not_found | not_the_sender | message_deleted |
--                  poll_has_votes
--                  the first that applies, by its name in src/protocol/failures.ts; nothing was written
-- MUST: lock first, look second, write third, each in a statement of its own, as `confab_append_messages` does and for the
--      same reason.
CREATE OR REPLACE FUNCTION confab_edit(
  p_conversation uuid, p_user integer, p_message uuid, p_content text,
  OUT outcome text, OUT at_version bigint, OUT at_tag uuid, OUT at_seq bigint, OUT message messages
) LANGUAGE plpgsql
-- Every access here is by key, as in `confab_append_messages`.
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
DECLARE
  v_now timestamptz(3);
  v_parent uuid;
BEGIN
  SELECT c.last_version + 1, c.last_seq, c.parent_id INTO at_version, at_seq, v_parent
  FROM conversations c WHERE c.id = p_conversation FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    outcome := 'conversation_not_found';
    RETURN;
  END IF;
  IF v_parent IS NULL THEN
    PERFORM FROM participants p WHERE p.conversation_id = p_conversation AND p.user_id = p_user;
  ELSE
    -- The members of a thread are those of its parent. The row is held, because the thread's lock does not keep it.
    PERFORM FROM participants p WHERE p.conversation_id = v_parent AND p.user_id = p_user FOR KEY SHARE;
  END IF;
  IF NOT FOUND AND p_user IS NOT NULL THEN
    outcome := 'not_a_participant';
    RETURN;
  END IF;

  SELECT m.* INTO message FROM messages m WHERE m.id = p_message;
  outcome := CASE
    WHEN p_content = '' AND message.deleted_at IS NULL AND (message.fields ? 'files') IS NOT TRUE THEN 'content_empty'
    WHEN message.conversation_id IS DISTINCT FROM p_conversation THEN 'message_not_found'
    WHEN message.sender_id <> p_user THEN 'not_the_sender'
    WHEN message.deleted_at IS NOT NULL AND p_content IS NOT NULL THEN 'message_deleted'
    WHEN message.deleted_at IS NOT NULL OR message.content = p_content THEN 'unchanged'
    -- People have voted on the question as it was.
    WHEN p_content IS NOT NULL AND (message.fields -> 'poll' -> 'voters')::integer > 0 THEN 'poll_has_votes'
    ELSE 'amended'
  END;
  IF outcome <> 'amended' THEN
    RETURN;
  END IF;

  -- Marks go with the message. They are rows of their own only when the message has a field for them.
  IF p_content IS NULL AND message.fields ?| ARRAY['reactions', 'pinned', 'poll'] THEN
    DELETE FROM reactions r WHERE r.conversation_id = p_conversation AND r.message_seq = message.seq;
    DELETE FROM pins p WHERE p.conversation_id = p_conversation AND p.message_seq = message.seq;
    DELETE FROM votes v WHERE v.conversation_id = p_conversation AND v.message_seq = message.seq;
  END IF;

  -- From now on nobody may read its files.
  IF p_content IS NULL AND message.fields ? 'files' THEN
    DELETE FROM message_files f WHERE f.conversation_id = p_conversation AND f.seq = message.seq;
  END IF;

  -- The new text mentions nobody, unless `confab_edit_mentions` adds its mentions afterwards.
  IF message.fields ? 'mentions' THEN
    DELETE FROM mentions n WHERE n.conversation_id = p_conversation AND n.seq = message.seq;
    DELETE FROM mentions_of_all n WHERE n.conversation_id = p_conversation AND n.seq = message.seq;
  END IF;

  -- The database's clock, because all nodes share it.
  v_now := clock_timestamp();
  UPDATE messages m SET
    content = coalesce(p_content, ''),
    -- A resend is recognised by this digest from now on: SHA-256, base64url. A trigger keys it.
    first_content = CASE
      WHEN m.first_content IS NULL AND m.client_id IS NOT NULL
      THEN rtrim(translate(encode(sha256(convert_to(m.content, 'UTF8')), 'base64'), '+/', '-_'), '=')
      ELSE m.first_content
    END,
    edited_at = CASE WHEN p_content IS NULL THEN m.edited_at ELSE v_now END,
    deleted_at = CASE WHEN p_content IS NULL THEN v_now END,
    -- Fields are part of what the message said, so a deletion takes them too. The thread that answers it stays.
    fields = CASE
      WHEN p_content IS NOT NULL THEN nullif(m.fields - 'mentions', '{}')
      WHEN m.fields ? 'thread' THEN jsonb_build_object('thread', m.fields -> 'thread')
    END
  WHERE m.id = p_message
  RETURNING m.* INTO message;
  INSERT INTO changes (conversation_id, version, last_seq, message_seq, kind)
  VALUES (
    p_conversation, at_version, at_seq, message.seq,
    CASE WHEN p_content IS NULL THEN 'message_deleted' ELSE 'message_edited' END
  )
  RETURNING tag INTO at_tag;
  UPDATE conversations c SET last_version = at_version WHERE c.id = p_conversation;
END;
$$;
