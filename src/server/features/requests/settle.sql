-- Ends the requests for a group to people who have joined it, and forgets that they had left it or were removed.
-- Out: the requests that waited, as [{"id", "user_id"}]. A declined request does not wait, so its end is not announced.
CREATE OR REPLACE FUNCTION confab_settle_group(p_conversation uuid, p_users integer[]) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  v_ended jsonb;
BEGIN
  DELETE FROM removals r WHERE r.conversation_id = p_conversation AND r.user_id = ANY (p_users);
  WITH gone AS (
    DELETE FROM requests r WHERE r.conversation_id = p_conversation AND r.user_id = ANY (p_users) RETURNING *
  )
  SELECT coalesce(jsonb_agg(jsonb_build_object('id', g.id, 'user_id', g.user_id)), '[]') INTO v_ended
  FROM gone g WHERE g.declined_at IS NULL;
  RETURN v_ended;
END;
$$;
