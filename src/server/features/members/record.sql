-- Writes a change of a group's members, name, picture or owner to its log. MUST be called under the conversation's lock.
--
-- In:  the group; the people who have joined or left, whose rows of `participants` the caller has written; the columns of
--      the group that change, as {"name", "picture", "owner"} with those alone; and who did it, or null.
-- Out: the row of `changes` as {"version", "last_seq", "tag", "created_ms", "kind", "added", "removed", "name", "payload"}.
CREATE OR REPLACE FUNCTION confab_record_group(
  p_conversation uuid, p_added integer[], p_removed integer[], p_set jsonb, p_by integer
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  v_written changes;
BEGIN
  UPDATE conversations c SET
    name = CASE WHEN p_set ? 'name' THEN p_set ->> 'name' ELSE c.name END,
    picture = CASE WHEN p_set ? 'picture' THEN (p_set ->> 'picture')::uuid ELSE c.picture END,
    owner_id = CASE WHEN p_set ? 'owner' THEN (p_set ->> 'owner')::integer ELSE c.owner_id END,
    participant_count = c.participant_count + cardinality(p_added) - cardinality(p_removed),
    last_version = c.last_version + 1
  WHERE c.id = p_conversation;
  -- Nodes of release 1 take every row without a message for a change of members, so each row has the group's name too.
  -- Rows of older releases do not say who did it.
  INSERT INTO changes (conversation_id, version, last_seq, kind, added, removed, name, payload)
  SELECT c.id, c.last_version, c.last_seq,
    CASE
      WHEN p_added <> '{}' THEN 'members_added'
      WHEN p_removed <> '{}' THEN 'members_removed'
      WHEN p_set ? 'picture' THEN 'picture_changed'
      WHEN p_set ? 'name' THEN 'renamed'
      ELSE 'owner_changed'
    END,
    p_added, p_removed, c.name,
    CASE WHEN p_by IS NULL THEN '{}' ELSE jsonb_build_object('by', p_by) END
      || CASE WHEN p_set ->> 'owner' IS NULL THEN '{}' ELSE jsonb_build_object('owner', p_set -> 'owner') END
      || CASE WHEN p_set ? 'picture' THEN jsonb_build_object('picture', p_set -> 'picture') ELSE '{}' END
  FROM conversations c WHERE c.id = p_conversation
  RETURNING * INTO v_written;
  RETURN jsonb_build_object(
    'version', v_written.version, 'last_seq', v_written.last_seq, 'tag', v_written.tag,
    'created_ms', (extract(epoch FROM v_written.created_at) * 1000)::double precision,
    'kind', v_written.kind, 'added', to_jsonb(v_written.added), 'removed', to_jsonb(v_written.removed),
    'name', v_written.name, 'payload', v_written.payload
  );
END;
$$;
