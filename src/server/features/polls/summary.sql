-- The poll of a message with its result. `votes` has a count for each option, and `voters` counts people. Unless the poll is
-- anonymous, `user_ids` has the first 50 people of each option by time, or the first 10 when there are more than five options:
-- fields have at most 8 KiB.
CREATE OR REPLACE FUNCTION confab_poll(p_message messages) RETURNS jsonb LANGUAGE sql STABLE AS $$
  WITH poll AS (
    SELECT p_message.fields -> 'poll' AS stated, jsonb_array_length(p_message.fields -> 'poll' -> 'options') AS options
  ), counted AS (
    SELECT o.option, count(v.user_id) AS votes,
      coalesce(array_agg(v.user_id ORDER BY v.at, v.user_id) FILTER (WHERE v.user_id IS NOT NULL), '{}') AS user_ids
    FROM poll CROSS JOIN LATERAL generate_series(0, poll.options - 1) AS o (option)
    LEFT JOIN votes v ON v.conversation_id = p_message.conversation_id AND v.message_seq = p_message.seq
      AND v.option = o.option
    GROUP BY o.option
  )
  SELECT poll.stated || jsonb_build_object(
    'votes', (SELECT jsonb_agg(c.votes ORDER BY c.option) FROM counted c),
    'voters', (
      SELECT count(DISTINCT v.user_id) FROM votes v
      WHERE v.conversation_id = p_message.conversation_id AND v.message_seq = p_message.seq
    )
  ) || CASE
    WHEN (poll.stated -> 'anonymous')::boolean THEN '{}'
    ELSE jsonb_build_object('user_ids', (
      SELECT jsonb_agg(to_jsonb(c.user_ids [1 : CASE WHEN poll.options > 5 THEN 10 ELSE 50 END]) ORDER BY c.option)
      FROM counted c
    ))
  END
  FROM poll
$$;
