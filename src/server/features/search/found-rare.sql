-- The rows of the index that a query finds in some places and in a span of time, in the order of the search: at most `p_kept`.
-- `is_all` is false when `p_most` rows have the lexemes of `p_lookup`: of anybody, or with `p_own` of these places.
CREATE OR REPLACE FUNCTION confab_found_rare(
  p_lookup tsquery, p_query tsquery, p_lexemes text[], p_places uuid[], p_from timestamptz, p_to timestamptz,
  p_oldest boolean, p_own boolean, p_most integer, p_kept integer
)
RETURNS TABLE (is_all boolean, looked integer, rows text)
LANGUAGE plpgsql STABLE
-- A bitmap scan is the only way to read a GIN index.
SET enable_bitmapscan = on
SET enable_seqscan = off
AS $$
DECLARE
  v_rows tid[];
BEGIN
  IF p_own THEN
    -- A plan of its own joins the bitmaps of both conditions, when the statistics of the table say that both are large.
    EXECUTE 'SELECT count(*), array_agg(piece.ctid) FILTER (
        WHERE piece.first_at < $3 AND piece.at >= $4 AND piece.v @@ $5
      ) FROM (
        SELECT f.ctid, f.first_at, f.at, f.v FROM found f WHERE f.v @@ $1 AND f.place_id = ANY ($2) LIMIT $6
      ) piece' INTO looked, v_rows USING p_lookup, p_places, p_to, p_from, p_query, p_most;
  ELSE
    SELECT count(*), array_agg(piece.ctid) FILTER (
      WHERE piece.place_id = ANY (p_places) AND piece.first_at < p_to AND piece.at >= p_from AND piece.v @@ p_query
    ) INTO looked, v_rows
    FROM (
      SELECT f.ctid, f.place_id, f.first_at, f.at, f.v FROM found f WHERE f.v @@ p_lookup LIMIT p_most
    ) piece;
  END IF;
  is_all := looked < p_most;
  IF NOT is_all THEN
    rows := '[]';
  ELSE
    SELECT coalesce(json_agg(json_build_array(
      best.conversation_id, best.seq, best.last_seq, extract(epoch FROM best.first_at) * 1000, extract(epoch FROM best.at) * 1000,
      CASE WHEN best.last_seq > best.seq THEN ts_filter(setweight(best.v, 'A', p_lexemes), '{a}')::text END
    )), '[]')::text INTO rows
    FROM (
      SELECT f.* FROM found f WHERE f.ctid = ANY (v_rows)
      ORDER BY CASE WHEN p_oldest THEN extract(epoch FROM f.first_at) ELSE -extract(epoch FROM f.at) END LIMIT p_kept
    ) best;
  END IF;
  RETURN NEXT;
END
$$;
