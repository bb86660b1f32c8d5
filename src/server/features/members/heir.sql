-- The longest-standing active member of a group. Locks the row of that person: a deactivation that comes after this finds
-- the group among theirs. Null: no member is active.
CREATE OR REPLACE FUNCTION confab_heir(p_conversation uuid) RETURNS integer LANGUAGE sql VOLATILE AS $$
  SELECT u.id FROM participants p JOIN users u ON u.id = p.user_id
  WHERE p.conversation_id = p_conversation AND u.is_active
  ORDER BY p.ordinal LIMIT 1 FOR SHARE OF u;
$$;
