-- The digest that an append answers with: the plain digest of the content sent now if that equals the first content, otherwise
-- the stored digest, which equals that of no text. Nodes of any release compare it with a plain digest.
-- PGlite stores some texts with a second U+FEFF at the start (`src/server/platform/pglite/cluster.ts`), and a backup may come
-- from there.
CREATE OR REPLACE FUNCTION confab_sent_digest(p_stored text, p_message uuid, p_content text) RETURNS text LANGUAGE sql STABLE AS $$
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
