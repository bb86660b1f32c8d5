-- A conversation as every member sees it, with its first members in the order of joining: {"id", …, "participants"}.
CREATE OR REPLACE FUNCTION confab_group(p_conversation uuid, p_shown integer) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'id', c.id, 'name', c.name, 'is_group', c.is_group, 'owner_id', c.owner_id, 'picture', c.picture,
    'participant_count', c.participant_count,
    'created_ms', (extract(epoch FROM c.created_at) * 1000)::double precision,
    'updated_ms', (extract(epoch FROM c.updated_at) * 1000)::double precision,
    'participants', confab_people(ARRAY(
      SELECT p.user_id FROM participants p WHERE p.conversation_id = c.id ORDER BY p.ordinal LIMIT p_shown
    ))
  ) FROM conversations c WHERE c.id = p_conversation;
$$;
