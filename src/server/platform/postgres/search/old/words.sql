-- A text as nodes of release 1 search it: in lower case, with two spaces before each word.
CREATE OR REPLACE FUNCTION confab_words(p_text text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '  ' || replace(lower(p_text), ' ', '  ');
