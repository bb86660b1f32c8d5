import type { ConversationMeBody, ConversationState, Level } from "../../../protocol/me.ts";

/** The personal settings of a conversation's member, as `me_entries.value` stores them. */
export interface StoredState {
  archived_seq: number | null;
  muted_until: string | null;
  level: Level;
  unread_seq: number | null;
}

/** Where the conversation stands for the member. */
export interface Place {
  lastSeq: number;
  readSeq: number;
  /** The time of the newest message, in ms. */
  updatedMs: number;
}

export const NOTHING_SET: StoredState = { archived_seq: null, muted_until: null, level: "all", unread_seq: null };

/**
 * The meaning of the stored settings now. `statements.ts` has the same rules for SQL.
 *
 * Nothing is written when a message comes: the newest message decides. A message that came while the conversation was
 * muted does not bring it back, also not when the mute has ended since.
 */
export function stateOf(stored: StoredState, { lastSeq, readSeq, updatedMs }: Place): ConversationState {
  const { archived_seq, muted_until, level, unread_seq } = stored;
  const cameMuted = level === "nothing" || (muted_until !== null && Date.parse(muted_until) >= updatedMs);
  return {
    archived: archived_seq !== null && (archived_seq >= lastSeq || cameMuted),
    archived_seq,
    muted_until,
    level,
    unread: unread_seq !== null && unread_seq >= readSeq,
    unread_seq,
  };
}

/**
 * The state after a change; undefined when nobody would see a difference. An archived conversation stays archived when its
 * mute changes, and one that a message has brought back stays back.
 */
export function changedState(
  stored: StoredState,
  place: Place,
  changes: ConversationMeBody,
  nowMs: number,
): StoredState | undefined {
  const before = stateOf(stored, place);
  const { lastSeq, readSeq } = place;
  const { archived = before.archived, level = stored.level, unread = before.unread } = changes;
  const until = changes.muted_until === undefined ? stored.muted_until : changes.muted_until;
  const muted_until = until !== null && Date.parse(until) <= nowMs && until !== stored.muted_until ? null : until;
  const upTo = before.archived ? lastSeq : Math.min(changes.archived_seq ?? lastSeq, lastSeq);
  const next: StoredState = {
    archived_seq: archived ? upTo : null,
    muted_until,
    level,
    unread_seq: unread ? (before.unread ? stored.unread_seq : Math.min(changes.unread_seq ?? readSeq, readSeq)) : null,
  };
  const after = stateOf(next, place);
  const isSame =
    after.archived === before.archived &&
    after.muted_until === before.muted_until &&
    after.level === before.level &&
    after.unread === before.unread;
  return isSame ? undefined : next;
}
