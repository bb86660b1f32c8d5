-- The digest by which a resend of an edited or deleted message is recognised: SHA-256 of 32 bytes of the key, 16 of the
-- message's id and 32 of the plain digest. A leaked table must not show what a deleted message said, and short texts
-- are quickly guessed: hence the key. These lengths never vary, so nothing can be appended to the hashed bytes, which
-- is the attack that HMAC prevents. The id keeps people from finding their own texts among the digests of other
-- messages.
CREATE OR REPLACE FUNCTION confab_keyed_digest(p_message uuid, p_digest text) RETURNS text LANGUAGE sql STABLE
SET enable_seqscan = off
AS $$
  SELECT confab_base64url(sha256(
    sha256(convert_to(s.value, 'UTF8')) || uuid_send(p_message) || decode(translate(p_digest, '-_', '+/') || '=', 'base64')
  ))
  FROM secrets s WHERE s.name = 'digest'
$$;
