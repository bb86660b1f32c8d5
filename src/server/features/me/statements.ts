import type { ConversationMe } from "../../../protocol/me.ts";
import { NOTHING_SET, type Place, type StoredState, stateOf } from "./state.ts";

/*
 * Parts of statements that read the personal settings of members. The rules are those of `stateOf`; a test holds the two together.
 */

/**
 * The entry `e` of a member `p`, with the parts of its value. A lookup row by row: the planner must not turn it into a
 * join. With OFFSET 0 it also takes the value apart only once.
 */
export const ENTRY_OF_MEMBER = `LEFT JOIN LATERAL (
    SELECT value, (value->>'archived_seq')::bigint AS archived_seq, (value->>'unread_seq')::bigint AS unread_seq,
      CASE WHEN value->>'level' = 'nothing' THEN 'infinity' ELSE (value->>'muted_until')::timestamptz END AS mute_ends
    FROM me_entries WHERE user_id = p.user_id AND kind = 'conversation' AND key = p.conversation_id::text OFFSET 0
  ) e ON true`;

/** Whether the member of an entry `e` has muted the conversation. */
export const IS_MUTED = "(e.mute_ends > now()) IS TRUE";

/** Whether the member of an entry `e` has the conversation `c` in the archive. */
export const IS_ARCHIVED =
  "(e.archived_seq >= c.last_seq OR (e.archived_seq IS NOT NULL AND e.mute_ends >= c.updated_at)) IS TRUE";

/** Whether the member `p` has marked the conversation as unread. */
export const IS_MARKED = "(e.unread_seq >= p.read_seq) IS TRUE";

/** The newest `me_version` of a user. */
export const headOf = (userId: string) =>
  `coalesce((SELECT me_version FROM me_streams WHERE user_id = ${userId}), 0)::bigint`;

/** `me` in the answers about a conversation. */
export const meOf = (stored: StoredState | null, place: Place, meVersion: number): ConversationMe => ({
  ...stateOf(stored ?? NOTHING_SET, place),
  me_version: meVersion,
});

/** For a conversation that is new to its member, who can't have set anything for it. */
export const NEW_TO_MEMBER: ConversationMe = meOf(null, { lastSeq: 0, readSeq: 0, updatedMs: 0 }, 0);
