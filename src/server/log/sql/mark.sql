-- The only writer of marks: what people put on messages, such as reactions, pins and votes. Sets a batch of marks in the given
-- order. Each mark that changes something takes a version. A message that got several marks is rewritten once.
--
-- In:  `p_conversations` are the conversations of the batch, each once, in ascending order. The other arrays have one element
--      for each mark. `p_of` is the position of the mark's conversation in `p_conversations`, from 1. A user of null is the
--      server itself, which needs no membership. `p_kinds` and `p_values` are the kind of mark and its new state.
--      `p_wait`: as in `confab_append_messages`.
-- Out: one row for each mark with `ord`, its position in the batch from 1; then one row for each message, without `ord`.
--      marked      now in the log: `at_version`, `at_tag`, and `change` as the frame shows it
--      unchanged   the message was in that state already: nothing was written
--      busy        somebody else has locked the conversation; nothing was written
--      any other   the name of the failure in src/protocol/failures.ts; nothing was written
--      `at_seq` is the newest message then. `at_version` of an unchanged mark is the newest change.
-- MUST: lock first, look second, write third, each in a statement of its own, as `confab_append_messages` does and for the
--      same reason.
CREATE OR REPLACE FUNCTION confab_mark(
  p_conversations uuid[], p_of integer[], p_users integer[], p_messages uuid[], p_kinds text[], p_values jsonb[],
  p_wait boolean
) RETURNS TABLE (
  ord bigint, outcome text, at_version bigint, at_tag uuid, at_seq bigint, change jsonb, message messages
) LANGUAGE plpgsql
-- Every access here is by key, as in `confab_append_messages`.
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_bitmapscan = off
SET enable_sort = off
AS $$
DECLARE
  v_locked uuid[];
  v_parents uuid[];
  v_seqs bigint[];
  v_versions bigint[];
  v_before bigint[];
  v_of integer;
  v_found messages;
  v_read uuid[] := '{}'; -- the messages that the answer has
  v_marked uuid[] := '{}'; -- those with new marks, one element for each mark
  v_kinds text[] := '{}';
  v_changes jsonb[] := '{}';
  v_thread jsonb;
  v_now timestamptz;
BEGIN
  -- Lock in id order, so that two batches never wait for each other in a circle.
  IF p_wait THEN
    SELECT array_agg(l.id), array_agg(l.parent_id), array_agg(l.last_seq), array_agg(l.last_version)
    INTO v_locked, v_parents, v_seqs, v_versions FROM (
      SELECT c.* FROM conversations c WHERE c.id = ANY (p_conversations) ORDER BY c.id FOR NO KEY UPDATE
    ) l;
  ELSE
    SELECT array_agg(l.id), array_agg(l.parent_id), array_agg(l.last_seq), array_agg(l.last_version)
    INTO v_locked, v_parents, v_seqs, v_versions FROM (
      SELECT c.* FROM conversations c WHERE c.id = ANY (p_conversations) ORDER BY c.id FOR NO KEY UPDATE SKIP LOCKED
    ) l;
  END IF;
  v_before := v_versions;
  -- The database's clock, read under the lock, because all nodes share it.
  v_now := clock_timestamp();

  FOR i IN 1 .. cardinality(p_messages) LOOP
    ord := i;
    at_tag := NULL;
    change := NULL;
    v_of := array_position(v_locked, p_conversations[p_of[i]]);
    at_version := v_versions[v_of];
    at_seq := v_seqs[v_of];
    SELECT m.* INTO v_found FROM messages m WHERE m.id = p_messages[i];
    outcome := CASE
      WHEN v_of IS NULL THEN CASE
        WHEN EXISTS (SELECT FROM conversations c WHERE c.id = p_conversations[p_of[i]]) THEN 'busy'
        ELSE 'conversation_not_found'
      END
      -- The members of a thread are those of its parent.
      WHEN p_users[i] IS NOT NULL AND NOT EXISTS (
        SELECT FROM participants p JOIN users u ON u.id = p.user_id AND u.is_active
        WHERE p.conversation_id = coalesce(v_parents[v_of], v_locked[v_of]) AND p.user_id = p_users[i]
      ) THEN 'not_a_participant'
      WHEN v_found.conversation_id IS DISTINCT FROM v_locked[v_of] THEN 'message_not_found'
      WHEN v_found.deleted_at IS NOT NULL AND p_kinds[i] <> 'thread' THEN 'message_deleted'
    END;
    IF outcome IS NULL THEN
      v_read := v_read || v_found.id;
      CASE p_kinds[i]
        WHEN 'reaction' THEN
          SELECT r.outcome, r.change INTO outcome, change
          FROM confab_mark_reaction(v_found, p_users[i], p_values[i], v_now + i * interval '1 microsecond') r;
        WHEN 'pin' THEN
          SELECT r.outcome, r.change INTO outcome, change
          FROM confab_mark_pin(v_found, p_users[i], p_values[i], v_now + i * interval '1 microsecond') r;
        WHEN 'vote' THEN
          SELECT r.outcome, r.change INTO outcome, change
          FROM confab_mark_vote(v_found, p_users[i], p_values[i], v_now + i * interval '1 microsecond') r;
        WHEN 'preview' THEN
          SELECT r.outcome, r.change INTO outcome, change
          FROM confab_mark_preview(v_found, p_users[i], p_values[i]) r;
        WHEN 'thread' THEN
          outcome := CASE WHEN v_found.fields -> 'thread' = p_values[i] THEN 'unchanged' ELSE 'marked' END;
          change := jsonb_build_object('kind', 'thread');
          v_thread := p_values[i];
      END CASE;
      IF outcome = 'marked' THEN
        at_version := at_version + 1;
        v_versions[v_of] := at_version;
        v_marked := v_marked || v_found.id;
        v_kinds := v_kinds || p_kinds[i];
        v_changes := array_append(v_changes, change);
        -- Nodes of the release before show the kind as an edit, which has the message as it is now too.
        INSERT INTO changes (conversation_id, version, last_seq, message_seq, kind, payload)
        VALUES (v_locked[v_of], at_version, at_seq, v_found.seq, 'message_edited', change)
        RETURNING tag INTO at_tag;
      END IF;
    END IF;
    RETURN NEXT;
    -- A thread's summary is written at once: a batch has at most one of a message.
    IF outcome = 'marked' AND p_kinds[i] = 'thread' THEN
      UPDATE messages m SET fields = coalesce(m.fields, '{}') || jsonb_build_object('thread', v_thread)
      WHERE m.id = p_messages[i];
    END IF;
  END LOOP;

  UPDATE messages m SET fields = nullif(
    (coalesce(m.fields, '{}') || s.fields) - ARRAY(SELECT n.key FROM jsonb_each(s.fields) n WHERE n.value = 'null'), '{}'
  )
  FROM (
    SELECT d.id, jsonb_object_agg(f.key, f.value) AS fields
    FROM (
      SELECT k.id, k.kind, array_agg(k.change ORDER BY k.place) AS changes
      FROM unnest(v_marked, v_kinds, v_changes) WITH ORDINALITY AS k (id, kind, change, place)
      WHERE k.kind NOT IN ('thread', 'preview') GROUP BY k.id, k.kind
    ) d
    JOIN messages b ON b.id = d.id
    CROSS JOIN LATERAL (
      SELECT CASE d.kind WHEN 'reaction' THEN 'reactions' WHEN 'pin' THEN 'pinned' ELSE 'poll' END AS key,
        CASE d.kind
          WHEN 'reaction' THEN confab_reactions(b.conversation_id, b.seq, b.fields -> 'reactions', d.changes)
          WHEN 'pin' THEN confab_pinned(b.conversation_id, b.seq)
          ELSE confab_poll(b)
        END AS value
    ) f
    GROUP BY d.id
  ) s
  WHERE m.id = s.id;
  UPDATE conversations c SET last_version = l.version
  FROM unnest(v_locked, v_before, v_versions) AS l (id, before, version)
  WHERE c.id = l.id AND l.version > l.before;

  RETURN QUERY
  SELECT NULL::bigint, NULL::text, NULL::bigint, NULL::uuid, NULL::bigint, NULL::jsonb, m
  FROM messages m WHERE m.id = ANY (v_read);
END;
$$;
