-- A search in the form in which texts of `confab_folded` contain it. A search that is too short for the index finds
-- beginnings of words.
CREATE OR REPLACE FUNCTION confab_sought(p_search text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN length(confab_folded(p_search)) < 5 THEN confab_folded(p_search) ELSE substr(confab_folded(p_search), 3) END;
