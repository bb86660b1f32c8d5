-- A search as nodes of release 1 compare it with texts of `confab_words`.
CREATE OR REPLACE FUNCTION confab_wanted(p_search text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN length(p_search) < 3 THEN confab_words(p_search) ELSE substr(confab_words(p_search), 3) END;
