-- 32 bytes as base64url.
CREATE OR REPLACE FUNCTION confab_base64url(p_bytes bytea) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN rtrim(translate(encode(p_bytes, 'base64'), '+/', '-_'), '=');
