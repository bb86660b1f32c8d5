-- Why this user can't send these files: `file_not_found` or `file_not_ready`. Null: they can.
--
-- In:  `p_files` is a list of ids as JSON. `p_locked` are files that the caller has locked while they were ready.
-- A file that every message with it has lost is gone, even before its bytes are removed.
CREATE OR REPLACE FUNCTION confab_fault_of_files(p_files jsonb, p_user integer, p_locked uuid[]) RETURNS text
LANGUAGE sql STABLE AS $$
  SELECT CASE
    WHEN bool_or(f.id IS NULL OR (
      f.used_at IS NOT NULL AND NOT EXISTS (SELECT FROM message_files m WHERE m.file_id = f.id)
    )) THEN 'file_not_found'
    WHEN bool_or(f.id <> ALL (p_locked)) THEN 'file_not_ready'
  END
  FROM jsonb_array_elements_text(p_files) AS asked (id)
  LEFT JOIN files f ON f.id = asked.id::uuid AND f.user_id = p_user
$$;
