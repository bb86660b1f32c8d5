-- At most `p_most` conversations that have the text in their name, in no particular order.
CREATE OR REPLACE FUNCTION confab_found_conversations(p_search text, p_most integer) RETURNS SETOF uuid
LANGUAGE sql STABLE
SET enable_bitmapscan = on
SET enable_seqscan = off
AS $$
  SELECT c.id FROM conversations c
  WHERE c.name IS NOT NULL AND confab_grams(confab_folded(c.name)) @> confab_grams(confab_sought(p_search))
    AND strpos(confab_folded(c.name), (SELECT confab_sought(p_search))) > 0
  LIMIT p_most
$$;
