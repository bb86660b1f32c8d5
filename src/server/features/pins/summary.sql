-- The pin of a message as its field shows it: who pinned it, and when. Null: it is not pinned.
CREATE OR REPLACE FUNCTION confab_pinned(p_conversation uuid, p_seq bigint) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object(
    'user_id', p.user_id, 'at', to_char(p.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
  ) FROM pins p WHERE p.conversation_id = p_conversation AND p.message_seq = p_seq
$$;
