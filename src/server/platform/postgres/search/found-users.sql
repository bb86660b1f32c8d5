-- At most `p_most` users who have the text in their name or e-mail, in no particular order.
CREATE OR REPLACE FUNCTION confab_found_users(p_search text, p_most integer) RETURNS SETOF integer
LANGUAGE sql STABLE
-- A bitmap scan is the only way to read a GIN index.
SET enable_bitmapscan = on
SET enable_seqscan = off
AS $$
  SELECT u.id FROM users u
  WHERE confab_grams(u.folded) @> confab_grams(confab_sought(p_search))
    AND strpos(u.folded, (SELECT confab_sought(p_search))) > 0
  LIMIT p_most
$$;
