-- digest: 244 random bits that key the digests of first contents. Backups contain it: with another key no resend of an edited
-- or deleted message is recognised.
INSERT INTO secrets (name, value)
VALUES ('digest', replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''));
--> statement-breakpoint
CREATE TRIGGER messages_key_digest BEFORE UPDATE OF first_content ON messages FOR EACH ROW
WHEN (OLD.first_content IS NULL AND NEW.first_content IS NOT NULL)
EXECUTE FUNCTION confab_key_digest();
--> statement-breakpoint
-- The statement below finds each row by its key. Plans for small tables would read all of `messages`.
SELECT set_config(name, 'off', true) FROM unnest(ARRAY['enable_seqscan', 'enable_hashjoin', 'enable_mergejoin']) AS s (name);
--> statement-breakpoint
-- Keys the digests of release 1, as src/server/log/sql/keyed-digest.sql does. A row of `changes` names each such message.
UPDATE messages m SET first_content = rtrim(translate(encode(sha256(
    sha256(convert_to(s.value, 'UTF8')) || uuid_send(m.id) || decode(translate(m.first_content, '-_', '+/') || '=', 'base64')
  ), 'base64'), '+/', '-_'), '=')
FROM secrets s, (SELECT DISTINCT c.conversation_id, c.message_seq FROM changes c WHERE c.message_seq IS NOT NULL) c
WHERE s.name = 'digest' AND m.conversation_id = c.conversation_id AND m.seq = c.message_seq AND m.first_content IS NOT NULL;
--> statement-breakpoint
SELECT set_config(name, 'on', true) FROM unnest(ARRAY['enable_seqscan', 'enable_hashjoin', 'enable_mergejoin']) AS s (name);
