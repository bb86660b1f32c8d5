import { type ChangeKind, changeKinds } from "../../protocol/changes.ts";
import { encode, type ServerFrame } from "../../protocol/frames.ts";
import type { Line } from "../../protocol/lines.ts";
import type { MessageChange } from "../../protocol/message-changes.ts";
import type { Message } from "../../protocol/messages.ts";
import type { User } from "../../protocol/users.ts";
import type { ChangeEvent } from "../bus/change-event.ts";

/**
 * One step of a conversation's log. `version` numbers the steps without gaps; `lastSeq` is the number of the newest
 * message after it. `tag` is random; a new message's tag is its id. Equal versions with equal tags mean that the logs
 * are equal up to that version.
 */
export interface Step {
  conversationId: string;
  version: number;
  tag: string;
  lastSeq: number;
  /** A new message in a thread, which this node has just appended. */
  inThread?: boolean;
}

/** The parts of a change that its frame shows, by the frame's type. */
export interface Contents {
  message: { message: Message };
  /** `excerpt` of an edit or a deletion is that of quotes of the message. */
  message_changed: { message: Message; change?: MessageChange; excerpt?: string };
  participants: {
    added: User[];
    removed: number[];
    name: string | null;
    ownerId?: number | null;
    picture?: string | null;
    line?: Line;
  };
}

export type KnownChange<K extends ChangeKind = ChangeKind> = {
  [P in K]: Step & { kind: P } & Contents[(typeof changeKinds)[P]];
}[K];

/** A change of a kind that only a newer release knows. */
export interface UnknownChange extends Step {
  kind: "unknown";
  name: string;
}

export type Change = KnownChange | UnknownChange;

/** How the frame of a change is made, by the frame's type. A frame has the new state, never the difference. */
const FRAMES: { [F in keyof Contents]: (change: Step & Contents[F]) => ServerFrame } = {
  message: ({ conversationId: conversation_id, version, message }) => ({
    type: "message",
    conversation_id,
    version,
    message,
  }),
  message_changed: ({ conversationId: conversation_id, version, tag, change, excerpt, message }) => ({
    type: "message_changed",
    conversation_id,
    version,
    tag,
    change,
    excerpt,
    message,
  }),
  participants: ({ conversationId: conversation_id, version, tag, ownerId: owner_id, ...shown }) => ({
    type: "participants",
    conversation_id,
    version,
    tag,
    added: shown.added,
    removed: shown.removed,
    name: shown.name,
    owner_id,
    picture: shown.picture,
    line: shown.line,
  }),
};

const knownFrame = <K extends ChangeKind>(change: KnownChange<K>) => FRAMES[changeKinds[change.kind]](change);

/** No client knows this type. Each client moves its cursor all the same, by the rule that `serverFrames` states. */
const unknownFrame = ({ conversationId, version, tag, name }: UnknownChange) =>
  JSON.stringify({ type: "change", conversation_id: conversationId, version, tag, kind: name });

export function changeEvent(change: Change): ChangeEvent {
  const { conversationId, version, tag, lastSeq } = change;
  const frame = change.kind === "unknown" ? unknownFrame(change) : encode(knownFrame(change));
  const event: ChangeEvent = { kind: "change", conversationId, version, tag, lastSeq, frame };
  if ("message" in change) {
    event.message = { seq: change.message.seq, isNew: change.kind === "message" };
    if (change.message.mentions?.scope) event.message.mentionsAll = true;
  }
  if (change.inThread) event.inThread = true;
  if ("added" in change) {
    event.added = change.added.map((user) => user.id);
    event.removed = change.removed;
  }
  return event;
}
