-- These people as [{"user_id", "email", …}]: the columns of `UserRow` in src/server/log/rows.ts.
CREATE OR REPLACE FUNCTION confab_people(p_users integer[]) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT coalesce(jsonb_agg(jsonb_build_object(
    'user_id', u.id, 'email', u.email, 'first_name', u.first_name, 'last_name', u.last_name,
    'seen_ms', (extract(epoch FROM u.last_seen) * 1000)::double precision,
    'joined_ms', (extract(epoch FROM u.date_joined) * 1000)::double precision,
    'is_active', u.is_active, 'avatar', u.avatar
  ) ORDER BY asked.n), '[]')
  FROM unnest(p_users) WITH ORDINALITY AS asked (id, n)
  CROSS JOIN LATERAL (SELECT * FROM users WHERE id = asked.id OFFSET 0) u;
$$;
