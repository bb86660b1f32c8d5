import type { ServerFrame } from "./frames.ts";

/**
 * Every kind of change that takes a version, and the type of the frame that shows it. The column `changes.kind` has these
 * names, but for `message`: a new message is a row of `messages`.
 *
 * A new kind needs an entry here and the code that writes its rows. A new type of frame is also made in
 * `src/server/log/changes.ts`, from rows that `src/server/log/change-rows.ts` reads.
 *
 * A change that only alters how a message looks is no new kind. Its row is a `message_edited`, and its frame has the message
 * as it is now. Nodes that do not know the feature show it then too. `message-changes.ts` lists the things that can change.
 */
export const changeKinds = {
  message: "message",
  message_edited: "message_changed",
  message_deleted: "message_changed",
  members_added: "participants",
  members_removed: "participants",
  renamed: "participants",
  owner_changed: "participants",
  picture_changed: "participants",
} as const satisfies Record<string, ServerFrame["type"]>;

export type ChangeKind = keyof typeof changeKinds;

/** False for a kind that only a newer release knows. */
export const isChangeKind = (kind: string): kind is ChangeKind => Object.hasOwn(changeKinds, kind);
