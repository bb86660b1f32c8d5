-- The reactions of a message as its field shows them; null without any. Only `confab_mark` calls it, once for each message and
-- batch, under the lock. Emoji stand in the order in which they came. Each has the first 50 people by time, or the first 10
-- when there are more than five emoji: fields have at most 8 KiB.
--
-- In:  `p_before` is the field before the batch, and `p_changes` the reactions that the batch has set and taken back, in order.
-- MUST read few rows, however many people have reacted: only the first people of an emoji are read. Where these are all, they
--      are counted, and otherwise the count moves by the changes.
CREATE OR REPLACE FUNCTION confab_reactions(
  p_conversation uuid, p_seq bigint, p_before jsonb, p_changes jsonb[]
) RETURNS jsonb LANGUAGE plpgsql STABLE
-- An SQL function would be planned again in each call, which takes longer than all the rest.
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
  RETURN (WITH parts AS (
    SELECT b.value ->> 'emoji' AS emoji, (b.value -> 'count')::bigint AS by, b.ordinality AS place, b.value -> 'user_ids' AS known
    FROM jsonb_array_elements(p_before) WITH ORDINALITY AS b
    UNION ALL
    SELECT c.change ->> 'emoji', CASE WHEN (c.change -> 'on')::boolean THEN 1 ELSE -1 END, 100 + c.place, NULL
    FROM unnest(p_changes) WITH ORDINALITY AS c (change, place)
  ), emojis AS (
    SELECT p.emoji, sum(p.by) AS count, min(p.place) AS place, (array_agg(p.known ORDER BY p.place)) [1] AS known,
      bool_or(p.known IS NULL) AS is_changed,
      CASE WHEN count(*) OVER () > 5 THEN 10 ELSE 50 END AS shown
    FROM parts p GROUP BY p.emoji HAVING sum(p.by) > 0
  ), read AS (
    SELECT e.emoji, e.count, e.place, e.shown,
      CASE
        WHEN e.is_changed OR e.shown <> CASE WHEN jsonb_array_length(p_before) > 5 THEN 10 ELSE 50 END THEN to_jsonb(ARRAY(
          SELECT r.user_id FROM reactions r
          WHERE r.conversation_id = p_conversation AND r.message_seq = p_seq AND r.emoji = e.emoji
          ORDER BY r.at, r.user_id LIMIT e.shown
        ))
        ELSE e.known
      END AS user_ids
    FROM emojis e
  )
  SELECT jsonb_agg(
    jsonb_build_object(
      'emoji', r.emoji,
      'count', CASE WHEN jsonb_array_length(r.user_ids) < r.shown THEN jsonb_array_length(r.user_ids) ELSE r.count END,
      'user_ids', r.user_ids
    ) ORDER BY r.place
  )
  FROM read r);
END;
$$;
