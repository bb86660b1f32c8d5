import { encode } from "../../protocol/frames.ts";
import type { Message } from "../../protocol/messages.ts";
import type { User } from "../../protocol/users.ts";

/**
 * One step of a conversation's log. `version` numbers the steps densely; `lastSeq` is the newest message's number
 * after it. `tag` is the step's random id: of a new message its id. Equal version and tag mean an equal log up to there.
 */
export type Change = { conversationId: string; version: number; tag: string; lastSeq: number } & (
  | { kind: "message"; message: Message }
  | { kind: "message_changed"; message: Message }
  | { kind: "participants"; added: User[]; removed: number[]; name: string | null; ownerId?: number | null }
);

/** A committed change in the form in which it travels: encoded once, so what is published is what is delivered. */
export interface ChangeEvent {
  kind: "change";
  conversationId: string;
  version: number;
  tag: string;
  lastSeq: number;
  /** The frame for the sockets of the conversation, as bytes on the wire. */
  frame: string;
  /** The message that came or was changed with it; the frame ends with its JSON and a brace. */
  message?: { seq: number; isNew: boolean };
  /** Who joined and who left with it. */
  added?: number[];
  removed?: number[];
}

export function changeEvent(change: Change): ChangeEvent {
  const { conversationId, version, tag, lastSeq } = change;
  const event: ChangeEvent = { kind: "change", conversationId, version, tag, lastSeq, frame: changeFrame(change) };
  if (change.kind === "participants") {
    event.added = change.added.map((user) => user.id);
    event.removed = change.removed;
  } else event.message = { seq: change.message.seq, isNew: change.kind === "message" };
  return event;
}

function changeFrame(change: Change): string {
  const { conversationId: conversation_id, version, tag } = change;
  switch (change.kind) {
    case "message":
      return encode({ type: "message", conversation_id, version, message: change.message });
    case "message_changed":
      return encode({ type: "message_changed", conversation_id, version, tag, message: change.message });
    case "participants": {
      const { added, removed, name, ownerId: owner_id } = change;
      return encode({ type: "participants", conversation_id, version, tag, added, removed, name, owner_id });
    }
  }
}
