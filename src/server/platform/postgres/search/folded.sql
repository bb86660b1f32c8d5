-- A folded text with two spaces before each word, so that a search can find where a word begins. Two spaces in the text count
-- as one: somebody without a last name is found by name and e-mail together.
--
-- The column users.folded and the index conversations_found hold results of this function, of `confab_fold` and of
-- `confab_grams`. A change to one of them needs a migration that makes the column and both indexes anew.
CREATE OR REPLACE FUNCTION confab_folded(p_text text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '  ' || replace(replace(confab_fold(p_text), '  ', ' '), ' ', '  ');
