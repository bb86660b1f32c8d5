-- Every three neighbouring letters of a text. An index on them finds any part of it. The extension pg_trgm does the same, but
-- not every role that may create tables may use it.
CREATE OR REPLACE FUNCTION confab_grams(p_words text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(array_agg(substr(p_words, n, 3)), '{}') FROM generate_series(1, length(p_words) - 2) AS n
$$;
