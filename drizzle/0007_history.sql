-- The random id of a change. Set in two steps: a default that comes with the column would rewrite the table. Nodes of the
-- release before insert without it, and the default fills it for them.
ALTER TABLE "changes" ADD COLUMN "tag" uuid;--> statement-breakpoint
ALTER TABLE "changes" ALTER COLUMN "tag" SET DEFAULT gen_random_uuid();
--> statement-breakpoint
CREATE TABLE "history" (
	"id" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"epoch" uuid DEFAULT gen_random_uuid() NOT NULL,
	"place" text NOT NULL,
	"stopped" uuid,
	CONSTRAINT "history_one_row" CHECK ("history"."id")
);
--> statement-breakpoint
-- Where this database physically is: system identifier, timeline, database and table. A restored, promoted or cloned one
-- differs in one of them. Null on a replica that is not promoted.
-- The timeline comes from the WAL file's name: pg_control_checkpoint() still has the old one minutes after a promotion.
-- A part that the server does not offer, or not to this role, stays empty; the others still tell.
CREATE FUNCTION confab_place() RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_system text := '';
  v_timeline text := '';
BEGIN
  IF pg_is_in_recovery() THEN
    RETURN NULL;
  END IF;
  BEGIN
    v_system := (pg_control_system()).system_identifier;
  EXCEPTION WHEN insufficient_privilege OR feature_not_supported OR undefined_function THEN
  END;
  BEGIN
    v_timeline := left(pg_walfile_name(pg_current_wal_lsn()), 8);
  EXCEPTION WHEN insufficient_privilege OR feature_not_supported OR undefined_function THEN
  END;
  RETURN concat_ws(' ', v_system, v_timeline,
    (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()), 'changes'::regclass::oid);
END;
$$;
--> statement-breakpoint
INSERT INTO "history" ("place") VALUES (confab_place());
--> statement-breakpoint
-- The tag of a row of `changes`. One that is older than tags has none: it is derived from what never changes, and as
-- numbers, which no setting of the session writes in another way.
CREATE FUNCTION confab_change_tag(p_tag uuid, p_conversation uuid, p_version bigint, p_created_at timestamptz) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(
    p_tag,
    md5(p_conversation::text || ' ' || p_version::text || ' ' || (extract(epoch FROM p_created_at) * 1000)::bigint::text)::uuid
  )
$$;
--> statement-breakpoint
-- The tag of the change at a version: of a new message its id, of any other change that of its row. Null when it is not
-- known: before the first, beyond the newest, or removed by retention.
-- Between two rows of `changes` every version is a message, so its seq follows from the nearest row before it, or from
-- where retention has cut.
CREATE FUNCTION confab_tag(p_conversation uuid, p_version bigint) RETURNS uuid LANGUAGE plpgsql STABLE
-- Every access here is by key, as in `confab_append`.
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
--> statement-breakpoint
-- Edits or deletes a message in one call. It takes the place of `confab_amend`, which nodes of the release before go on
-- calling; new is that it gives the tag of the change.
--
-- In:  the conversation, who asks, the message, and its new content; null deletes it. Nobody (null) is an admin, whose
--      right the caller has checked: they need not take part, nor be the sender.
-- Out: one row.
--      amended     `message` as it is now; `at_version` numbers the change and `at_tag` names it, `at_seq` is the newest
--                  message at that moment
--      unchanged   it was so already, as after an answer that was lost: `message` as it is, and nothing was written
--      conversation_not_found | not_a_participant | message_not_found | not_the_sender | message_deleted
--                  the first that applies, by its name in src/protocol/failures.ts; nothing was written
-- MUST: lock first, look for what is there second, write third, each in a statement of its own, as `confab_append` does
--      and for the same reason.
CREATE FUNCTION confab_edit(
  p_conversation uuid, p_user integer, p_message uuid, p_content text,
  OUT outcome text, OUT at_version bigint, OUT at_tag uuid, OUT at_seq bigint, OUT message messages
) LANGUAGE plpgsql
-- Every access here is by key, as in `confab_append`.
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
DECLARE
  v_now timestamptz(3);
BEGIN
  SELECT c.last_version + 1, c.last_seq INTO at_version, at_seq
  FROM conversations c WHERE c.id = p_conversation FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    outcome := 'conversation_not_found';
    RETURN;
  END IF;
  PERFORM FROM participants p WHERE p.conversation_id = p_conversation AND p.user_id = p_user;
  IF NOT FOUND AND p_user IS NOT NULL THEN
    outcome := 'not_a_participant';
    RETURN;
  END IF;

  SELECT m.* INTO message FROM messages m WHERE m.id = p_message;
  outcome := CASE
    WHEN message.conversation_id IS DISTINCT FROM p_conversation THEN 'message_not_found'
    WHEN message.sender_id <> p_user THEN 'not_the_sender'
    WHEN message.deleted_at IS NOT NULL AND p_content IS NOT NULL THEN 'message_deleted'
    WHEN message.deleted_at IS NOT NULL OR message.content = p_content THEN 'unchanged'
    ELSE 'amended'
  END;
  IF outcome <> 'amended' THEN
    RETURN;
  END IF;

  -- The database's clock: the one clock that all nodes share.
  v_now := clock_timestamp();
  UPDATE messages m SET
    content = coalesce(p_content, ''),
    -- What a resend is known by from now on: SHA-256, base64url.
    first_content = CASE
      WHEN m.first_content IS NULL AND m.client_id IS NOT NULL
      THEN rtrim(translate(encode(sha256(convert_to(m.content, 'UTF8')), 'base64'), '+/', '-_'), '=')
      ELSE m.first_content
    END,
    edited_at = CASE WHEN p_content IS NULL THEN m.edited_at ELSE v_now END,
    deleted_at = CASE WHEN p_content IS NULL THEN v_now END
  WHERE m.id = p_message
  RETURNING m.* INTO message;
  INSERT INTO changes (conversation_id, version, last_seq, message_seq)
  VALUES (p_conversation, at_version, at_seq, message.seq)
  RETURNING tag INTO at_tag;
  UPDATE conversations c SET last_version = at_version WHERE c.id = p_conversation;
END;
$$;
