CREATE TABLE "audit_log" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "audit_log_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"actor_id" integer,
	"actor_email" text,
	"action" text NOT NULL,
	"target_type" text NOT NULL,
	"target_id" text NOT NULL,
	"details" jsonb NOT NULL,
	"address" text
);
--> statement-breakpoint
CREATE TABLE "removed_conversations" (
	"id" uuid PRIMARY KEY NOT NULL,
	"removed_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"eraser" uuid,
	"claimed_until" timestamp (3) with time zone,
	"pruned_seq" bigint NOT NULL,
	"last_seq" bigint NOT NULL,
	"pruned_version" bigint NOT NULL,
	"last_version" bigint NOT NULL
);
--> statement-breakpoint
CREATE INDEX "audit_log_actor" ON "audit_log" USING btree ("actor_id","id");--> statement-breakpoint
CREATE INDEX "audit_log_action" ON "audit_log" USING btree ("action","id");--> statement-breakpoint
CREATE INDEX "audit_log_actor_action" ON "audit_log" USING btree ("actor_id","action","id");--> statement-breakpoint
CREATE INDEX "audit_log_target_type" ON "audit_log" USING btree ("target_type","id");--> statement-breakpoint
CREATE INDEX "audit_log_target" ON "audit_log" USING btree ("target_type","target_id","id");--> statement-breakpoint
CREATE INDEX "users_superusers" ON "users" USING btree ("id") WHERE is_superuser;--> statement-breakpoint
CREATE INDEX "users_inactive" ON "users" USING btree ("id") WHERE not is_active;
--> statement-breakpoint
-- A text as it is searched: in lower case, and each word with two spaces before it.
CREATE FUNCTION confab_words(p_text text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '  ' || replace(lower(p_text), ' ', '  ');
--> statement-breakpoint
-- All that three neighbouring letters of a text are: what an index finds any part of it by. pg_trgm does the same, but
-- not everybody who may make tables has it at hand.
CREATE FUNCTION confab_grams(p_words text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(array_agg(substr(p_words, n, 3)), '{}') FROM generate_series(1, length(p_words) - 2) AS n
$$;
--> statement-breakpoint
-- What is looked for in texts that `confab_words` has made. What is too short for the index begins a word.
CREATE FUNCTION confab_wanted(p_search text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN length(p_search) < 3 THEN confab_words(p_search) ELSE substr(confab_words(p_search), 3) END;
--> statement-breakpoint
CREATE INDEX "users_found" ON "users" USING gin (confab_grams(confab_words(first_name || ' ' || last_name || ' ' || email))) WITH (fastupdate=false);--> statement-breakpoint
CREATE INDEX "conversations_found" ON "conversations" USING gin (confab_grams(confab_words(name))) WITH (fastupdate=false) WHERE name is not null;
--> statement-breakpoint
-- Users who have the text in their name or e-mail, so many at most, whichever they are.
CREATE FUNCTION confab_found_users(p_search text, p_most integer) RETURNS SETOF integer
LANGUAGE sql STABLE
-- An index of this kind is read in no other way.
SET enable_bitmapscan = on
SET enable_seqscan = off
AS $$
  SELECT u.id FROM users u
  WHERE confab_grams(confab_words(u.first_name || ' ' || u.last_name || ' ' || u.email)) @> confab_grams(confab_wanted(p_search))
    AND strpos(confab_words(u.first_name || ' ' || u.last_name || ' ' || u.email), confab_wanted(p_search)) > 0
  LIMIT p_most
$$;
--> statement-breakpoint
-- Conversations that have the text in their name, so many at most, whichever they are.
CREATE FUNCTION confab_found_conversations(p_search text, p_most integer) RETURNS SETOF uuid
LANGUAGE sql STABLE
SET enable_bitmapscan = on
SET enable_seqscan = off
AS $$
  SELECT c.id FROM conversations c
  WHERE c.name IS NOT NULL AND confab_grams(confab_words(c.name)) @> confab_grams(confab_wanted(p_search))
    AND strpos(confab_words(c.name), confab_wanted(p_search)) > 0
  LIMIT p_most
$$;
--> statement-breakpoint
-- Edits or deletes a message in one call, as in the version before; new is that nobody in particular may ask.
--
-- In:  the conversation, who asks, the message, and its new content; null deletes it. Nobody (null) is an admin, whose
--      right the caller has checked: they need not take part, nor be the sender.
-- Out: one row.
--      amended     `message` as it is now; `at_version` numbers the change, `at_seq` the newest message at that moment
--      unchanged   it was so already, as after an answer that was lost: `message` as it is, and nothing was written
--      conversation_not_found | not_a_participant | message_not_found | not_the_sender | message_deleted
--                  the first that applies, by its name in src/protocol/failures.ts; nothing was written
-- MUST: lock first, look for what is there second, write third, each in a statement of its own, as `confab_append` does
--      and for the same reason.
CREATE OR REPLACE FUNCTION confab_amend(
  p_conversation uuid, p_user integer, p_message uuid, p_content text,
  OUT outcome text, OUT at_version bigint, OUT at_seq bigint, OUT message messages
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
  VALUES (p_conversation, at_version, at_seq, message.seq);
  UPDATE conversations c SET last_version = at_version WHERE c.id = p_conversation;
END;
$$;
