import type { ServerFrame } from "../protocol/frames.ts";
import type { Session } from "./account/session.ts";
import type { Conversations } from "./conversations/list.ts";
import type { Outbox } from "./conversations/outbox.ts";
import type { Reading } from "./conversations/read-state.ts";
import type { Feed } from "./conversations/sync.ts";
import type { Timeline } from "./conversations/timeline.ts";
import type { Keeper } from "./offline/cache.ts";
import type { Lease } from "./offline/outbox-owner.ts";
import type { LateStore } from "./offline/store.ts";
import type { Presences } from "./presence.ts";
import type { ClientEvents, ClientState } from "./public/client.ts";
import type { Conversation, ConversationChange } from "./public/conversation.ts";
import type { ConversationInfo, Message, User } from "./public/types.ts";
import type { Connection } from "./transport/connection.ts";
import type { Http } from "./transport/http.ts";

// How the parts know each other. There are two that hold the others: the client and, for each conversation, its own.

/** The client, to its parts. */
export interface Core {
  state: ClientState;
  me: User | undefined;
  isClosed: boolean;
  /** Which history the server's database has, in the server's last word: with another one, counters may fall. */
  epoch: string | undefined;
  readonly http: Http;
  readonly store: LateStore;
  readonly connection: Connection;
  readonly conversations: Conversations;
  readonly presences: Presences;
  /** These two come a little later. */
  keeper?: Keeper;
  lease?: Lease;
  readonly session: Session;
  isOnline(): boolean;
  /** Resolves when there is a connection; rejects when there will be none. */
  online(): Promise<void>;
  setState(state: ClientState, reason?: string, retryAt?: number): void;
  /** Takes whatever the server says. */
  take(frame: ServerFrame): void;
  /** The socket is gone; what happens next is told by `setState`. */
  down(): void;
  emit<K extends keyof ClientEvents>(event: K, ...args: ClientEvents[K]): void;
  onError(error: unknown): void;
}

/** A conversation, to its parts and to the client. */
export interface LiveConversation extends Conversation {
  info: ConversationInfo | undefined;
  goneReason: "removed" | "not_found" | undefined;
  revision: number;
  /** For the order of the list: when something was said, in ms of the server's clock. */
  activeAt: number;
  /** Up to here messages have been told as new, or were there when it became known. */
  told: number;
  /** It is in the list; others were only asked for by their id. */
  isListed: boolean;
  /** Its person has hidden it, and no message has come since. */
  readonly isHidden: boolean;
  /** Another person is signed in, or nobody: nothing comes of it any more. */
  isOver: boolean;
  /** In which history its counters are known. `null`: what is known of them is not to be trusted. */
  epoch: string | null | undefined;
  readonly isOpen: boolean;
  readonly timeline: Timeline;
  readonly reading: Reading;
  readonly feed: Feed;
  readonly outbox: Outbox;

  open(): void;
  /** The connection is gone. */
  down(): void;
  /** Takes whatever the server says of it. */
  take(frame: ServerFrame): void;
  /** Hears an answer with all counters. Returns whether they may fall: they were known of another history. */
  meetHistory(): boolean;
  /** Retention has taken all messages up to there. */
  prune(seq: number): void;
  /** A message the server has is shown, or is to be. */
  noteNewest(message: Message): void;
  /** Tells of a message that is new, once. One's own that was waiting for its answer is, whatever one was told. */
  announce(message: Message, isOwn?: boolean): void;
  /** Tells of what came while the newest page was on its way: that page may have had earlier messages to tell of. */
  announceHeld(): void;
  /** Takes an entry of the list, or the conversation itself. What is newer here stays. */
  learn(summary: ConversationInfo & Partial<Summary>): void;
  /** Somebody has another name, or their account is deactivated or active again. */
  userChanged(user: User): void;
  /** One takes no part, or not any more. */
  gone(reason?: "removed" | "not_found"): void;
  /** One takes part again. */
  revive(): void;
  /** Told once for all that comes together. */
  changed(change?: Partial<ConversationChange>): void;
}

export type Frame<T extends ServerFrame["type"]> = ServerFrame & { type: T };

/** Moves the cursor of its conversation: any frame with a version but an ack, whether its type is known or not. */
export interface Change {
  version: number;
  /** With the version it names a place in one history. */
  tag?: string | undefined;
  /** Of several changes in one frame: the version of the first. */
  from?: number;
  message?: Message;
}

/** A conversation as the list has it. */
export interface Summary extends ConversationInfo {
  message_count: number;
  /** Servers of earlier releases don't tell it. */
  pruned_seq?: number;
  unread_count: number;
  last_message: Message | null;
  is_hidden?: true;
  read_positions?: { user_id: number; seq: number }[];
}
