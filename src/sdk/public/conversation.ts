import type { ConfabError } from "./errors.ts";
import type { ConversationInfo, Message, User } from "./types.ts";

/** What `on` gives back: call it to hear no more. */
export type Unsubscribe = () => void;

/** One page of people; `total` counts all that match. */
export interface People {
  users: User[];
  total: number;
}

/** A message as it is shown: one that the server has, or a local echo of one that it has not. */
export type ChatMessage = SentMessage | LocalMessage;

export interface SentMessage extends Message {
  readonly state: "sent";
  /** The same from echo to delivery and over reloads: what to render by. */
  readonly key: string;
  /**
   * An edit or a deletion of it that the server has not confirmed. `content` is that of the edit already; of a deletion,
   * what is to be deleted. A failed one is there until `retry` or `discard`.
   */
  readonly change?: PendingChange;
}

export interface PendingChange {
  readonly kind: "edit" | "delete";
  readonly state: "pending" | "failed";
  readonly error?: ConfabError;
}

/** One's own message that the server has not confirmed. It is never dropped: it is sent, or it has failed and says why. */
export interface LocalMessage {
  readonly state: "pending" | "failed";
  readonly key: string;
  readonly error?: ConfabError;
  readonly conversation_id: string;
  readonly client_id: string;
  readonly sender_id: number;
  readonly sender_name: string;
  readonly content: string;
  readonly created_at: string;
  readonly id?: undefined;
  readonly seq?: undefined;
}

/** Something that is on its way. */
export interface Outgoing {
  /** That of the message. */
  readonly key: string;
  /** Resolves when it is durable; rejects when it was refused for good. May be ignored. */
  readonly done: Promise<{ id: string; seq: number; version: number }>;
}

/**
 * - `loading`: the first messages are not there
 * - `live`: everything up to now
 * - `stale`: what was loaded earlier, while there is no connection or it catches up
 * - `gone`: one takes no part any more
 * - `closed`: nobody has it open; `messages` may be empty or old
 */
export type ConversationState = "loading" | "live" | "stale" | "gone" | "closed";

/** What a `change` was about. */
export interface ConversationChange {
  /** `messages` is different. */
  messages: boolean;
  /** So many older ones were put in front of those that were there. */
  prepended: number;
  /** All messages were put anew: what was loaded was too old to go on from, or the server has lost it. */
  reset: boolean;
  /** How many of the oldest messages retention has removed. */
  pruned: number;
}

/** Somebody joined or left; where nobody did, the group has got another name, or another owner. */
export interface MembersChange {
  /** Its place among the messages: after those whose `version` is smaller. */
  readonly version: number;
  readonly added: readonly User[];
  readonly removed: readonly number[];
  readonly name: string | null;
  /** There when the group has got another owner, as far as this client was told. */
  readonly owner_id?: number | null | undefined;
}

export interface ConversationEvents {
  /** Anything about it has changed. Told once for all that came together. */
  change: [change: ConversationChange];
  /** As the client's. */
  message: [message: SentMessage];
  /** Told while it comes, before `info` has it: those who leave are still known there. */
  members: [change: MembersChange];
}

/** A conversation. Its properties are always up to date; `change` says when to look. */
export interface Conversation {
  readonly id: string;
  readonly state: ConversationState;
  /** Why it is `gone`. */
  readonly goneReason: "removed" | "not_found" | undefined;
  /** Moves with every change: for frameworks that compare snapshots. */
  readonly revision: number;
  /** Name, participants …; `undefined` until known. */
  readonly info: ConversationInfo | undefined;
  /** `info.display_name`, or an empty text. */
  readonly title: string;
  readonly unread: number;
  /** The newest, local echoes included; also of one that is not open. */
  readonly lastMessage: ChatMessage | undefined;

  /**
   * Oldest first: without a gap up to the newest, then the local echoes. The array is the same for ever and changes in
   * place; its elements never change but are replaced.
   */
  readonly messages: readonly ChatMessage[];
  /** There are older ones on the server: `loadOlder`. */
  readonly hasOlder: boolean;
  /** Retention has taken all messages up to this `seq`: 0 when none. */
  readonly prunedSeq: number;
  /**
   * Puts up to `limit` (50, at most 100) older messages in front; resolves with how many came. Waits while offline;
   * rejects when the server can't give them now.
   */
  loadOlder(limit?: number): Promise<number>;
  /** Where the message with this `seq` is in `messages`, or -1. Takes no time. */
  indexOf(seq: number): number;
  /**
   * The message with this `seq`, asked of the server: it need not be loaded. `undefined` when there is none. Waits while
   * offline; rejects when the connection breaks or the server can't give it now.
   */
  messageAt(seq: number): Promise<SentMessage | undefined>;

  /** Sends a text: at once, or when there is a connection. Throws when it is blank, or the conversation is gone. */
  send(text: string): Outgoing;
  /** Of one's own message, by its key. Shown at once, with `change` until confirmed. */
  edit(key: string, text: string): Outgoing;
  delete(key: string): Outgoing;
  /** Tries a failed message, edit or deletion once more. A message goes behind those that wait. */
  retry(key: string): void;
  /** Forgets a message that has failed or waits to be sent, or an edit or deletion of it. */
  discard(key: string): void;

  /** Call it at every key stroke; it is told to the others as seldom as needed, and ended by itself or with `false`. */
  typing(isTyping?: boolean): void;
  /** Who is writing, by id. */
  readonly typists: ReadonlyMap<number, string>;
  /** Everything up to `seq` (default: the newest) has been seen. */
  markRead(seq?: number): void;
  /** How far oneself has read. */
  readonly readSeq: number;
  /** How far the others have read, by their ids. */
  readonly readPositions: ReadonlyMap<number, number>;

  /** One page of all participants, by joining; go on with `next`. */
  participants(page?: { after?: number; limit?: number }): Promise<People & { next: number | null }>;
  /** Resolves with those who got a request: they join when they accept. */
  addParticipants(userIds: readonly number[]): Promise<number[]>;
  /** Oneself, or, as the owner, anybody. */
  removeParticipant(userId: number): Promise<void>;
  leave(): Promise<void>;
  /** Of a 1-on-1: takes it out of the list until a message comes. */
  hide(): Promise<void>;
  /** Groups only; `null` takes the name away. */
  rename(name: string | null): Promise<void>;

  on<K extends keyof ConversationEvents>(event: K, listener: (...args: ConversationEvents[K]) => void): Unsubscribe;
  /** Ends one `open`. */
  close(): void;
}
