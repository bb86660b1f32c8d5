-- Changes the members of a group, its name or its picture in one call: one change of its log, or none when nothing differs.
-- The conversation is locked only while the database writes, not while answers travel.
--
-- In:  the conversation, the person who does it, and their wish: {"kind", …} with
--        rename    "value": the name, or null
--        picture   "value": the picture, or null
--        add       "users" in the order of joining, "max" members; "by", the person to name as who did it; "to_ask", those
--                  who must agree first, or null: the caller does not know
--        remove    "users": the one
--        accept    "users": the one who agrees to the actor's "request"; "max" members
--      `p_rights` says which roles may do what, as in src/protocol/rights.ts. `p_asking` is {"ids", "max", "counts_ms"}: ids
--      for requests, as many as people, and the limits of `confab_ask`.
-- Out: {"outcome", …} with
--      done        "change" as `confab_record_group` gives it, or null; "owner" where the owner has changed; "dropped", the
--                  picture that another one has replaced; "asked" and "ended" requests; "people" whom the change names;
--                  "conversation" as it is now, with its first `p_shown` "participants"
--      hidden      the actor can't leave a 1-on-1, so it is hidden for them after "last_seq"
--      look        some of the people may have to agree, or are not there: call again with "to_ask"; nothing was written
--      only_owner  "people" were removed by the owner, ten at most of "count"; nothing was written
--      full        the group would have too many members; nothing was written
--      throttled   the actor has too many requests, for "free_in_ms"; nothing was written
--      conversation_not_found | is_a_thread | not_a_group | not_the_owner | participant_not_found | request_not_found |
--                  removed_from_group
--                  the first that applies, by its name in src/protocol/failures.ts; nothing was written
-- MUST: lock first, look second, write third, each in a statement of its own, as `confab_append_messages` does and for the
--      same reason.
CREATE OR REPLACE FUNCTION confab_alter_group(
  p_conversation uuid, p_actor integer, p_wish jsonb, p_rights jsonb, p_asking jsonb, p_shown integer
) RETURNS jsonb LANGUAGE plpgsql
-- Every access here is by key, as in `confab_append_messages`.
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_bitmapscan = off
SET enable_sort = off
AS $$
DECLARE
  v_kind text := p_wish ->> 'kind';
  v_users integer[] := ARRAY(SELECT jsonb_array_elements_text(coalesce(p_wish -> 'users', '[]'))::integer);
  v_to_ask integer[] := ARRAY(SELECT jsonb_array_elements_text(coalesce(nullif(p_wish -> 'to_ask', 'null'), '[]'))::integer);
  v_group conversations;
  v_role text;
  v_left integer[];
  v_barred integer[]; -- those whom the owner has removed
  v_asks record;
  v_is_open boolean;
  v_added integer[] := '{}';
  v_removed integer[] := '{}';
  v_set jsonb := '{}';
  v_by integer := coalesce((p_wish ->> 'by')::integer, p_actor);
  v_asked jsonb := '[]';
  v_ended jsonb := '[]';
  v_change jsonb;
BEGIN
  IF v_kind = 'add' AND nullif(p_wish -> 'to_ask', 'null') IS NULL AND EXISTS (
    SELECT FROM unnest(v_users) AS asked (id)
    LEFT JOIN users u ON u.id = asked.id AND u.is_active AND (u.may_add_me = 'everybody' OR u.id = p_actor)
    WHERE u.id IS NULL
  ) THEN
    RETURN jsonb_build_object('outcome', 'look');
  END IF;

  SELECT c.* INTO v_group FROM conversations c WHERE c.id = p_conversation FOR NO KEY UPDATE;
  IF v_kind = 'remove' AND v_users[1] = p_actor AND NOT v_group.is_group THEN
    UPDATE participants p SET hidden_seq = v_group.last_seq WHERE p.conversation_id = v_group.id AND p.user_id = p_actor;
    IF FOUND THEN
      RETURN jsonb_build_object('outcome', 'hidden', 'last_seq', v_group.last_seq);
    END IF;
  END IF;
  -- To an outsider a conversation does not exist. The members of a thread are those of its parent.
  PERFORM FROM participants p
  WHERE p.conversation_id = coalesce(v_group.parent_id, v_group.id) AND p.user_id = p_actor;
  IF NOT FOUND THEN
    RETURN jsonb_build_object('outcome', 'conversation_not_found');
  END IF;
  v_role := CASE WHEN v_group.owner_id = p_actor THEN 'owner' ELSE 'member' END;
  IF v_group.parent_id IS NOT NULL THEN
    RETURN jsonb_build_object('outcome', 'is_a_thread');
  END IF;
  IF NOT v_group.is_group THEN
    RETURN jsonb_build_object('outcome', 'not_a_group');
  END IF;

  IF v_kind = 'remove' THEN
    PERFORM FROM participants p WHERE p.conversation_id = v_group.id AND p.user_id = v_users[1];
    IF NOT FOUND THEN
      RETURN jsonb_build_object('outcome', 'participant_not_found');
    END IF;
  END IF;
  IF v_kind <> 'accept' AND NOT p_rights -> (
    CASE v_kind
      WHEN 'rename' THEN 'rename'
      WHEN 'picture' THEN 'change_picture'
      WHEN 'add' THEN 'add_member'
      WHEN 'remove' THEN CASE WHEN v_users[1] = p_actor THEN 'leave' ELSE 'remove_member' END
    END
  ) ? v_role THEN
    RETURN jsonb_build_object('outcome', 'not_the_owner');
  END IF;

  CASE v_kind
    WHEN 'rename' THEN
      IF p_wish ->> 'value' IS DISTINCT FROM v_group.name THEN
        v_set := jsonb_build_object('name', p_wish -> 'value');
      END IF;

    WHEN 'picture' THEN
      IF (p_wish ->> 'value')::uuid IS DISTINCT FROM v_group.picture THEN
        v_set := jsonb_build_object('picture', p_wish -> 'value');
      END IF;

    WHEN 'add', 'accept' THEN
      IF v_kind = 'accept' THEN
        SELECT r.declined_at IS NULL INTO v_is_open FROM requests r
        WHERE r.id = (p_wish ->> 'request')::uuid FOR UPDATE;
      END IF;
      v_added := ARRAY(
        SELECT u.id FROM unnest(v_users) WITH ORDINALITY AS u (id, n)
        -- NOT EXISTS would become a join, which may read all members.
        WHERE (SELECT true FROM participants p WHERE p.conversation_id = v_group.id AND p.user_id = u.id) IS NULL
        ORDER BY u.n
      );
      IF v_kind = 'accept' AND v_added = '{}' THEN
        -- The request may have been answered on another device just now.
        v_ended := confab_settle_group(v_group.id, v_users);
      ELSIF v_kind = 'accept' AND v_is_open IS NOT TRUE THEN
        RETURN jsonb_build_object('outcome', 'request_not_found');
      END IF;

      SELECT coalesce(array_agg(r.user_id) FILTER (WHERE r.user_id = r.removed_by), '{}'),
        coalesce(array_agg(r.user_id ORDER BY r.user_id) FILTER (WHERE r.user_id <> r.removed_by), '{}')
      INTO v_left, v_barred
      FROM removals r WHERE r.conversation_id = v_group.id AND r.user_id = ANY (v_added);
      IF v_kind = 'add' AND v_group.participant_count + cardinality(v_added) > (p_wish ->> 'max')::integer
        AND v_added <> '{}' THEN
        RETURN jsonb_build_object('outcome', 'full');
      END IF;
      IF v_barred <> '{}' AND NOT p_rights -> 'bring_back_member' ? v_role THEN
        IF v_kind = 'accept' THEN
          RETURN jsonb_build_object('outcome', 'removed_from_group');
        END IF;
        RETURN jsonb_build_object(
          'outcome', 'only_owner', 'people', confab_people(v_barred[1:10]), 'count', cardinality(v_barred)
        );
      END IF;
      IF v_kind = 'accept' AND v_group.participant_count + cardinality(v_added) > (p_wish ->> 'max')::integer
        AND v_added <> '{}' THEN
        RETURN jsonb_build_object('outcome', 'full');
      END IF;

      IF v_kind = 'add' THEN
        -- People who left by themselves must agree too.
        v_to_ask := ARRAY(SELECT id FROM unnest(v_added) AS u (id) WHERE id = ANY (v_to_ask) OR id = ANY (v_left));
        v_added := ARRAY(
          SELECT id FROM unnest(v_added) WITH ORDINALITY AS u (id, n) WHERE id <> ALL (v_to_ask) ORDER BY n
        );
        SELECT * INTO v_asks FROM confab_ask(
          p_actor, v_group.id, v_to_ask,
          (ARRAY(SELECT jsonb_array_elements_text(p_asking -> 'ids')::uuid))[1:cardinality(v_to_ask)],
          (p_asking -> 'max')::integer, (p_asking -> 'counts_ms')::bigint
        );
        IF v_asks.free_in_ms IS NOT NULL THEN
          RETURN jsonb_build_object('outcome', 'throttled', 'free_in_ms', v_asks.free_in_ms);
        END IF;
        v_asked := v_asks.asked;
      END IF;
      IF v_added <> '{}' THEN
        v_ended := confab_join_group(v_group.id, v_added);
      END IF;

    WHEN 'remove' THEN
      v_removed := v_users;
      DELETE FROM participants p WHERE p.conversation_id = v_group.id AND p.user_id = v_users[1];
      -- The end of the membership keeps new rows out, so this comes after it.
      DELETE FROM participants p USING conversations thread
      WHERE thread.parent_id = v_group.id AND p.conversation_id = thread.id AND p.user_id = v_users[1];
      INSERT INTO removals (conversation_id, user_id, removed_by) VALUES (v_group.id, v_users[1], p_actor)
      ON CONFLICT (conversation_id, user_id) DO UPDATE SET removed_by = excluded.removed_by, at = excluded.at;
      -- Neither the requests that they sent for the group nor those to them can bring them back.
      WITH gone AS (
        DELETE FROM requests r
        WHERE r.conversation_id = v_group.id AND (r.from_id = v_users[1] OR r.user_id = v_users[1]) RETURNING *
      )
      SELECT coalesce(jsonb_agg(jsonb_build_object('id', g.id, 'user_id', g.user_id)), '[]') INTO v_ended
      FROM gone g WHERE g.declined_at IS NULL;
      IF v_group.owner_id = v_users[1] THEN
        v_set := jsonb_build_object('owner', coalesce(
          confab_heir(v_group.id),
          (SELECT p.user_id FROM participants p WHERE p.conversation_id = v_group.id ORDER BY p.ordinal LIMIT 1)
        ));
      END IF;
  END CASE;

  IF v_added <> '{}' OR v_removed <> '{}' OR v_set <> '{}' THEN
    v_change := confab_record_group(v_group.id, v_added, v_removed, v_set, v_by);
  END IF;
  RETURN jsonb_build_object(
    'outcome', 'done', 'change', v_change, 'asked', v_asked, 'ended', v_ended,
    'dropped', CASE WHEN v_set ? 'picture' THEN v_group.picture END,
    'people', confab_people(v_added || v_removed || v_by || coalesce((v_set ->> 'owner')::integer, v_by)),
    'conversation', confab_group(v_group.id, p_shown)
  ) || CASE WHEN v_set ? 'owner' THEN jsonb_build_object('owner', v_set -> 'owner') ELSE '{}' END;
END;
$$;
