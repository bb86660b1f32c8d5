-- Asks people whether somebody may write to them, or add them to a group. Each is asked once.
--
-- In:  the person who asks; the group, or null for a 1-on-1; the people, with the ids that their requests get; and how many
--      requests of the last `p_counts_ms` a sender may have.
-- Out: `asked` is [{"id", "user_id", "is_new"}]. A request that exists, declined or not, is returned as it is.
--      Or `free_in_ms`: the sender has too many requests, and nothing was written.
CREATE OR REPLACE FUNCTION confab_ask(
  p_from integer, p_conversation uuid, p_users integer[], p_ids uuid[], p_max integer, p_counts_ms bigint,
  OUT asked jsonb, OUT free_in_ms double precision
) LANGUAGE plpgsql AS $$
DECLARE
  v_counted timestamptz[];
  v_fresh integer;
BEGIN
  asked := '[]';
  IF cardinality(p_users) = 0 THEN
    RETURN;
  END IF;
  -- A sender's transactions run one at a time, because their requests are counted.
  PERFORM pg_advisory_xact_lock(hashtext('confab_requests'), p_from);
  SELECT coalesce(jsonb_agg(jsonb_build_object('id', r.id, 'user_id', r.user_id, 'is_new', false)), '[]') INTO asked
  FROM requests r
  WHERE r.from_id = p_from AND r.user_id = ANY (p_users) AND r.conversation_id IS NOT DISTINCT FROM p_conversation;
  v_fresh := cardinality(p_users) - jsonb_array_length(asked);
  IF v_fresh = 0 THEN
    RETURN;
  END IF;

  v_counted := ARRAY(
    SELECT r.created_at FROM requests r
    WHERE r.from_id = p_from AND r.created_at > clock_timestamp() - p_counts_ms * interval '1 millisecond'
    ORDER BY r.created_at DESC LIMIT p_max
  );
  IF cardinality(v_counted) + v_fresh > p_max THEN
    -- The moment when enough requests have stopped counting.
    free_in_ms := p_counts_ms + 1000 * extract(epoch FROM
      coalesce(v_counted[p_max - v_fresh + 1], clock_timestamp()) - clock_timestamp());
    RETURN;
  END IF;

  WITH made AS (
    INSERT INTO requests (id, user_id, from_id, conversation_id)
    SELECT u.request, u.id, p_from, p_conversation FROM unnest(p_users, p_ids) AS u (id, request)
    WHERE u.id <> ALL (ARRAY(SELECT (a ->> 'user_id')::integer FROM jsonb_array_elements(asked) a))
    RETURNING id, user_id
  )
  SELECT asked || jsonb_agg(jsonb_build_object('id', m.id, 'user_id', m.user_id, 'is_new', true)) INTO asked FROM made m;
END;
$$;
