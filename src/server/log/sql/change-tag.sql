-- The tag of a row of `changes`. A row that is older than tags gets a tag that is derived from columns that never
-- change. The time goes in as a number, because settings of the session change how a timestamp is written.
CREATE OR REPLACE FUNCTION confab_change_tag(p_tag uuid, p_conversation uuid, p_version bigint, p_created_at timestamptz) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(
    p_tag,
    md5(p_conversation::text || ' ' || p_version::text || ' ' || (extract(epoch FROM p_created_at) * 1000)::bigint::text)::uuid
  )
$$;
