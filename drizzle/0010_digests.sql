-- A leaked table of messages must not tell what a deleted one said: short texts are found by trying. So the digest by which a
-- resend is known is keyed from now on: SHA-256 of 32 bytes of the key, 16 of the message's id and 32 of the plain digest.
-- These lengths never vary, so nothing can be appended to what is hashed, which is what HMAC protects other uses from. The id
-- keeps somebody who sends and deletes a text of their own from finding it among the digests of others.
--
-- digest: 244 random bits. It goes along into backups: with another one no resend of an edited or deleted message is known.
INSERT INTO secrets (name, value)
VALUES ('digest', replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''));
--> statement-breakpoint
-- 32 bytes as base64url.
CREATE FUNCTION confab_base64url(p_bytes bytea) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN rtrim(translate(encode(p_bytes, 'base64'), '+/', '-_'), '=');
--> statement-breakpoint
-- The keyed digest of a message's plain one.
CREATE FUNCTION confab_keyed_digest(p_message uuid, p_digest text) RETURNS text LANGUAGE sql STABLE
SET enable_seqscan = off
AS $$
  SELECT confab_base64url(sha256(
    sha256(convert_to(s.value, 'UTF8')) || uuid_send(p_message) || decode(translate(p_digest, '-_', '+/') || '=', 'base64')
  ))
  FROM secrets s WHERE s.name = 'digest'
$$;
--> statement-breakpoint
-- `confab_edit` and `confab_amend`, which nodes of the release before call, write the plain digest. A trigger keys it, whichever
-- of them wrote it, also in a call that began before this migration.
CREATE FUNCTION confab_key_digest() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.first_content := confab_keyed_digest(NEW.id, NEW.first_content);
  RETURN NEW;
END;
$$;
--> statement-breakpoint
CREATE TRIGGER messages_key_digest BEFORE UPDATE OF first_content ON messages FOR EACH ROW
WHEN (OLD.first_content IS NULL AND NEW.first_content IS NOT NULL)
EXECUTE FUNCTION confab_key_digest();
--> statement-breakpoint
-- Keys the digests that are there. Each is of a message that a row of `changes` names; `messages` itself may be too long to be
-- read from end to end while others wait.
CREATE FUNCTION confab_key_digests() RETURNS void LANGUAGE sql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
  UPDATE messages m SET first_content = confab_keyed_digest(m.id, m.first_content)
  FROM (SELECT DISTINCT c.conversation_id, c.message_seq FROM changes c WHERE c.message_seq IS NOT NULL) c
  WHERE m.conversation_id = c.conversation_id AND m.seq = c.message_seq AND m.first_content IS NOT NULL
$$;
--> statement-breakpoint
SELECT confab_key_digests();
--> statement-breakpoint
DROP FUNCTION confab_key_digests();
--> statement-breakpoint
-- What `confab_append` tells of the first content of a message, to nodes of any version: the plain digest of what is sent now
-- where that was first sent, else the stored one, which is that of no text.
-- PGlite has one U+FEFF more at the start of some texts (stores/embedded/cluster.ts), and a backup may have come from there.
CREATE FUNCTION confab_sent_digest(p_stored text, p_message uuid, p_content text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE
    WHEN p_stored IS NULL THEN NULL
    WHEN EXISTS (
      SELECT FROM (VALUES (p_content), (E'\uFEFF' || p_content), (substr(p_content, 2))) AS v (content)
      WHERE (v.content = p_content OR starts_with(p_content, E'\uFEFF'))
        AND confab_keyed_digest(p_message, confab_base64url(sha256(convert_to(v.content, 'UTF8')))) = p_stored
    ) THEN confab_base64url(sha256(convert_to(p_content, 'UTF8')))
    ELSE p_stored
  END
$$;
--> statement-breakpoint
-- As before (drizzle/0003_batch.sql), with two differences: `first_content` is what `confab_sent_digest` tells, and the name of
-- somebody who has one name only ends without a space.
CREATE OR REPLACE FUNCTION confab_append(
  p_conversations uuid[], p_of integer[], p_ids uuid[], p_senders integer[], p_client_ids text[], p_contents text[],
  p_wait boolean, p_again boolean
) RETURNS TABLE (
  ord bigint, outcome text, id uuid, seq bigint, version bigint, sender_name text, sender_email text, client_id text,
  content text, first_content text, created_ms double precision, edited_ms double precision, deleted_ms double precision
) LANGUAGE plpgsql
-- Every access here is by key. Plans chosen while the tables are empty would scan them, and stay. Nor may a batch's plan
-- be one for all (plan_cache_mode): chosen on empty tables it walks the conversations, until they are analysed.
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
  v_locked uuid[];
  v_seqs bigint[];
  v_versions bigint[];
  v_of integer[] := p_of; -- places in v_locked; null: not locked
  v_known bigint[] := '{}';
  v_appended bigint := 0;
  v_now timestamptz(3);
BEGIN
  -- A single send, as most batches of a server are that is not busy, needs none of what follows: the same three steps in
  -- small statements take PostgreSQL 240 us instead of 335. What they don't find is answered by the others.
  IF cardinality(p_ids) = 1 AND NOT p_wait AND NOT p_again THEN
    SELECT c.last_seq + 1, c.last_version + 1 INTO seq, version FROM conversations c WHERE c.id = p_conversations[1]
    FOR NO KEY UPDATE SKIP LOCKED;
    v_now := clock_timestamp();
    IF FOUND AND (p_client_ids[1] IS NULL OR NOT EXISTS (
      SELECT FROM messages m WHERE m.conversation_id = p_conversations[1] AND m.sender_id = p_senders[1]
        AND m.client_id = p_client_ids[1]
    )) THEN
      UPDATE participants p SET read_seq = confab_append.seq
      FROM users u
      WHERE p.conversation_id = p_conversations[1] AND p.user_id = p_senders[1] AND u.id = p.user_id AND u.is_active
      RETURNING rtrim(u.first_name || ' ' || u.last_name), u.email INTO sender_name, sender_email;
      IF FOUND THEN
        INSERT INTO messages (
          conversation_id, seq, version, id, sender_id, sender_name, sender_email, client_id, content, created_at
        ) VALUES (
          p_conversations[1], confab_append.seq, confab_append.version, p_ids[1], p_senders[1],
          confab_append.sender_name, confab_append.sender_email, p_client_ids[1], p_contents[1], v_now
        );
        UPDATE conversations c
        SET last_seq = confab_append.seq, last_version = confab_append.version, updated_at = v_now,
          oldest_at = coalesce(c.oldest_at, v_now)
        WHERE c.id = p_conversations[1];
        ord := 1;
        outcome := 'appended';
        created_ms := (extract(epoch FROM v_now) * 1000)::double precision;
        RETURN NEXT;
        RETURN;
      END IF;
    END IF;
  END IF;

  -- In id order, so that two batches never wait for each other in a circle.
  IF p_wait THEN
    SELECT array_agg(l.id), array_agg(l.last_seq), array_agg(l.last_version) INTO v_locked, v_seqs, v_versions FROM (
      SELECT c.id, c.last_seq, c.last_version FROM conversations c WHERE c.id = ANY (p_conversations)
      ORDER BY c.id FOR NO KEY UPDATE
    ) l;
  ELSE
    SELECT array_agg(l.id), array_agg(l.last_seq), array_agg(l.last_version) INTO v_locked, v_seqs, v_versions FROM (
      SELECT c.id, c.last_seq, c.last_version FROM conversations c WHERE c.id = ANY (p_conversations)
      ORDER BY c.id FOR NO KEY UPDATE SKIP LOCKED
    ) l;
  END IF;
  IF v_locked IS DISTINCT FROM p_conversations THEN
    SELECT array_agg(array_position(v_locked, p_conversations[o.of]) ORDER BY o.ord) INTO v_of
    FROM unnest(p_of) WITH ORDINALITY AS o (of, ord);
  END IF;
  -- The database's clock, read under the lock: one clock for all nodes, and it follows the order of `seq`.
  v_now := clock_timestamp();

  IF p_again OR array_length(array_remove(p_client_ids, NULL), 1) > 0 THEN
    SELECT coalesce(array_agg(s.ord), '{}') INTO v_known
    FROM unnest(p_ids, v_of, p_senders, p_client_ids) WITH ORDINALITY AS s (id, of, sender_id, client_id, ord)
    WHERE s.of IS NOT NULL AND (
      -- Scalar subqueries, not EXISTS: under OR that may be planned as a hash of all messages.
      (SELECT m.seq FROM messages m WHERE m.conversation_id = v_locked[s.of] AND m.sender_id = s.sender_id
        AND m.client_id = s.client_id) IS NOT NULL
      OR (p_again AND (SELECT m.seq FROM messages m WHERE m.id = s.id) IS NOT NULL)
    );
    IF v_known <> '{}' THEN
      RETURN QUERY
      SELECT s.ord, 'existing', m.id, m.seq, m.version, m.sender_name, m.sender_email, m.client_id, m.content,
        confab_sent_digest(m.first_content, m.id, s.content), (extract(epoch FROM m.created_at) * 1000)::double precision,
        (extract(epoch FROM m.edited_at) * 1000)::double precision,
        (extract(epoch FROM m.deleted_at) * 1000)::double precision
      FROM unnest(p_ids, v_of, p_senders, p_client_ids, p_contents)
        WITH ORDINALITY AS s (id, of, sender_id, client_id, content, ord)
      CROSS JOIN LATERAL (
        SELECT * FROM messages m WHERE m.id = s.id
        UNION
        SELECT * FROM messages m WHERE m.conversation_id = v_locked[s.of] AND m.sender_id = s.sender_id
          AND m.client_id = s.client_id
        LIMIT 1
      ) m
      WHERE s.ord = ANY (v_known);
    END IF;
  END IF;

  RETURN QUERY
  WITH allowed AS MATERIALIZED (
    SELECT s.ord, s.id, p.conversation_id, s.sender_id, s.client_id, s.content,
      rtrim(u.first_name || ' ' || u.last_name) AS sender_name, u.email AS sender_email,
      v_seqs[s.of] + row_number() OVER sends AS seq, v_versions[s.of] + row_number() OVER sends AS version,
      lead(s.ord) OVER sends IS NULL AS is_newest
    FROM unnest(p_ids, v_of, p_senders, p_client_ids, p_contents)
      WITH ORDINALITY AS s (id, of, sender_id, client_id, content, ord)
    JOIN participants p ON p.conversation_id = v_locked[s.of] AND p.user_id = s.sender_id
    JOIN users u ON u.id = s.sender_id AND u.is_active
    WHERE s.ord <> ALL (v_known)
    WINDOW sends AS (PARTITION BY s.of ORDER BY s.ord)
  ), inserted AS (
    INSERT INTO messages (
      conversation_id, seq, version, id, sender_id, sender_name, sender_email, client_id, content, created_at
    )
    SELECT a.conversation_id, a.seq, a.version, a.id, a.sender_id, a.sender_name, a.sender_email, a.client_id,
      a.content, v_now
    FROM allowed a
  ), moved AS (
    UPDATE conversations c
    SET last_seq = a.seq, last_version = a.version, updated_at = v_now, oldest_at = coalesce(c.oldest_at, v_now)
    FROM allowed a
    WHERE c.id = a.conversation_id AND a.is_newest
  ), read AS (
    UPDATE participants p SET read_seq = a.seq
    FROM (SELECT conversation_id, sender_id, max(seq) AS seq FROM allowed GROUP BY conversation_id, sender_id) a
    WHERE p.conversation_id = a.conversation_id AND p.user_id = a.sender_id
  )
  SELECT a.ord, 'appended', NULL::uuid, a.seq, a.version, a.sender_name, a.sender_email, NULL::text, NULL::text,
    NULL::text, (extract(epoch FROM v_now) * 1000)::double precision, NULL::double precision, NULL::double precision
  FROM allowed a;
  GET DIAGNOSTICS v_appended = ROW_COUNT;

  IF v_appended + cardinality(v_known) < cardinality(p_ids) THEN
    RETURN QUERY
    SELECT s.ord,
      CASE
        WHEN s.of IS NOT NULL THEN 'no_participant'
        WHEN EXISTS (SELECT FROM conversations c WHERE c.id = p_conversations[s.given]) THEN 'busy'
        ELSE 'no_conversation'
      END,
      s.id, NULL::bigint, NULL::bigint, NULL::text, NULL::text, NULL::text, NULL::text, NULL::text,
      NULL::double precision, NULL::double precision, NULL::double precision
    FROM unnest(p_ids, v_of, p_of) WITH ORDINALITY AS s (id, of, given, ord)
    WHERE s.ord <> ALL (v_known) AND NOT (
      s.of IS NOT NULL AND (SELECT m.seq FROM messages m WHERE m.id = s.id) IS NOT NULL
    );
  END IF;
END;
$$;
--> statement-breakpoint
-- As before; new is that somebody without a last name is found by name and e-mail together too: their two spaces count as one.
CREATE OR REPLACE FUNCTION confab_folded(p_text text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '  ' || replace(replace(confab_fold(p_text), '  ', ' '), ' ', '  ');
