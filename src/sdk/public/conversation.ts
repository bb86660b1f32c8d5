import type { ConfabError } from "./errors.ts";
import type { Line } from "./lines.ts";
import type { MessageChange, MessageChanges } from "./message-changes.ts";
import type { MessageFields, SendOptions } from "./message-fields.ts";
import type { ConversationInfo, Message, User } from "./types.ts";
import type { PendingUpload } from "./uploads.ts";

/** `on` returns this function. Call it to remove the listener. */
export type Unsubscribe = () => void;

/** One page of people. `total` counts all that match. */
export interface People {
  users: User[];
  total: number;
}

/** A message as it is shown: a message of the server, or a local echo that the server has not confirmed. */
export type ChatMessage = SentMessage | LocalMessage;

export interface SentMessage extends Message {
  readonly state: "sent";
  /** Stays the same from echo to delivery and over reloads. Use it as the key when you render. */
  readonly key: string;
  /**
   * An edit or a deletion that the server has not confirmed. For an edit, `content` is the new text already; for a
   * deletion, it is still the old text. A failed change stays until you call `retry` or `discard`.
   */
  readonly change?: PendingChange;
}

export interface PendingChange {
  readonly kind: "edit" | "delete";
  readonly state: "pending" | "failed";
  readonly error?: ConfabError;
}

/** Your own message that the server has not confirmed. It is never dropped: it is sent, or it fails and says why. */
export interface LocalMessage extends MessageFields {
  readonly state: "pending" | "failed";
  readonly key: string;
  readonly error?: ConfabError;
  readonly conversation_id: string;
  readonly client_id: string;
  readonly sender_id: number;
  readonly sender_name: string;
  readonly content: string;
  readonly created_at: string;
  /** As `send` got them. */
  readonly options?: SendOptions | undefined;
  /** The files that the message waits for. They are its `files` too. */
  readonly uploads?: readonly PendingUpload[] | undefined;
  readonly id?: undefined;
  readonly seq?: undefined;
}

/** A message, edit or deletion that is on its way. */
export interface Outgoing {
  /** The key of the message. */
  readonly key: string;
  /** Resolves when the server has stored it. Rejects when the server has refused it for good. You may ignore it. */
  readonly done: Promise<{ id: string; seq: number; version: number }>;
}

/**
 * - `loading`: the first messages are on their way
 * - `live`: everything up to now is shown
 * - `stale`: earlier messages are shown; there is no connection, or the client catches up
 * - `gone`: you are not a member any more
 * - `closed`: it is not open; `messages` may be empty or old
 */
export type ConversationState = "loading" | "live" | "stale" | "gone" | "closed";

/** Says what a `change` event is about. */
export interface ConversationChange {
  /** `messages` has changed. */
  messages: boolean;
  /** How many older messages were put in front. */
  prepended: number;
  /** All messages were replaced: the loaded ones were too old to resume from, or the server has lost them. */
  reset: boolean;
  /** How many of the oldest messages retention has removed. */
  pruned: number;
}

/** People joined or left. When both lists are empty, the group has another name or another owner. */
export interface MembersChange {
  /** The place among the messages: after those with a smaller `version`. */
  readonly version: number;
  readonly added: readonly User[];
  readonly removed: readonly number[];
  readonly name: string | null;
  /** Set when the group has another owner, as far as this client knows. */
  readonly owner_id?: number | null | undefined;
  /** The id of the group's picture from now on, when that has changed. `null`: it has none. */
  readonly picture?: string | null | undefined;
}

/** The user's personal settings of a conversation. Nobody else sees them, and all devices of the user have the same. */
export interface Preferences {
  /** It is in `client.conversations.archived`. A message brings it back, unless it is muted. */
  readonly archived: boolean;
  /** ISO 8601. `null`: not muted for a time. */
  readonly mutedUntil: string | null;
  /** The messages that notify the user. `nothing`: muted for good. */
  readonly level: "all" | "mentions" | "nothing";
  /** Marked as unread. It ends when the user reads on or sends. */
  readonly markedUnread: boolean;
  /** Muted now, for good or for a time. Muted conversations count in no total. */
  readonly isMuted: boolean;
}

export interface PreferenceChanges {
  archived?: boolean;
  mutedUntil?: string | null;
  level?: "all" | "mentions" | "nothing";
  markedUnread?: boolean;
}

/** An event about a change. `message` is complete, as it is now. It need not be loaded. */
export interface ChangedMessage<K extends keyof MessageChanges> {
  readonly conversation: Conversation;
  readonly message: SentMessage;
  readonly change: MessageChange<K>;
}

/** Each event comes once for each change, in the order of the changes, your own included. */
export type MessageChangeEvents = { [K in keyof MessageChanges]: [event: ChangedMessage<K>] };

export interface ConversationEvents extends MessageChangeEvents {
  /** Anything about the conversation has changed. Changes that come together have one event. */
  change: [change: ConversationChange];
  /** As the client's event of this name. */
  message: [message: SentMessage];
  /** Members have changed. Emitted before `info` changes, so that `info` still has the names of people who leave. */
  members: [change: MembersChange];
}

export interface WindowEvents {
  /** Messages of the window have changed, as the event of the conversation says. */
  change: [change: ConversationChange];
}

/** Messages without a gap, which grow at both ends: those of a conversation up to the newest one, or of a window. */
export interface MessageView {
  /** Oldest first. Its elements are replaced, never changed. Local echoes follow the newest message. */
  readonly messages: readonly ChatMessage[];
  /** The server has older messages: call `loadOlder`. */
  readonly hasOlder: boolean;
  /** The newest message is not reached: call `loadNewer`. Always `false` for a conversation. */
  readonly hasNewer: boolean;
  /**
   * Loads up to `limit` older messages (default 50, at most 100) and puts them in front. Resolves with how many came. Waits
   * while offline. Rejects when the server can't give them now.
   */
  loadOlder(limit?: number): Promise<number>;
  /** Loads newer messages in the same way, and puts them at the end. */
  loadNewer(limit?: number): Promise<number>;
  /** The index of the message with this `seq` in `messages`, or -1. Takes no time. */
  indexOf(seq: number): number;
  on(event: "change", listener: (change: ConversationChange) => void): Unsubscribe;
}

/**
 * A part of a conversation, anywhere in it. It holds at most 1,000 messages: when more come at one end, those at the other
 * end leave. `prepended` and `pruned` of its `change` say how many came or left in front.
 *
 * When it reaches the newest messages, it joins them: `hasNewer` is `false`, and from then on `messages` is the array of
 * the conversation, with the messages of the window in it.
 */
export interface MessageWindow extends MessageView {
  /** Ends the window. Closes the conversation too, unless it is open otherwise. */
  close(): void;
}

/** A conversation. Its properties are always up to date, and `change` says when to look. */
export interface Conversation extends MessageView {
  readonly id: string;
  readonly state: ConversationState;
  /** Why the conversation is `gone`. */
  readonly goneReason: "removed" | "not_found" | undefined;
  /** Goes up with every change, for frameworks that compare snapshots. */
  readonly revision: number;
  /** The name, the members and more. `undefined` until known. */
  readonly info: ConversationInfo | undefined;
  /** `info.display_name`, or an empty string. */
  readonly title: string;
  readonly unread: number;
  /** How many of the unread messages mention the user. */
  readonly mentions: number;
  readonly preferences: Preferences;
  /**
   * Changes some of the preferences. They show at once. While offline, the change waits. Resolves when the server has it.
   * When the server refuses it, it is taken back, and this rejects.
   */
  update(changes: PreferenceChanges): Promise<void>;
  /** The newest message, local echoes included. Known also while the conversation is not open. */
  readonly lastMessage: ChatMessage | undefined;

  /**
   * The messages without a gap, oldest first, then the local echoes. The array stays the same and changes in place. Its
   * elements are replaced, never changed.
   */
  readonly messages: readonly ChatMessage[];
  /**
   * The changes of the conversation that came with loaded messages, oldest first. Show those between two loaded messages, by
   * `after_seq`. Windows have no others.
   */
  readonly lines: readonly Line[];
  /** Retention has removed all messages up to this `seq`. 0: none. */
  readonly prunedSeq: number;
  /**
   * Opens a window with the message `seq` in its middle, wherever that is. If there is no such message, the window has the
   * nearest ones, and `indexOf(seq)` is -1. Loaded messages show at once; otherwise it waits while offline. Rejects when
   * you are no member, or the server can't give it now.
   */
  around(seq: number): Promise<MessageWindow>;
  /**
   * Reads the message with this `seq` from the server: it need not be loaded. `undefined`: there is none. Waits while
   * offline. Rejects when the connection breaks or the server can't give it now.
   */
  messageAt(seq: number): Promise<SentMessage | undefined>;

  /** Sends a text, at once or when there is a connection. Throws when the text is blank or the conversation is gone. */
  send(text: string, options?: SendOptions): Outgoing;
  /** Edits your own message, by its key. Shown at once, with `change` until the server confirms it. */
  edit(key: string, text: string): Outgoing;
  /** Deletes your own message, by its key. */
  delete(key: string): Outgoing;
  /** Tries a failed message, edit or deletion again. A message goes behind those that wait. */
  retry(key: string): void;
  /** Forgets a message that has failed or waits to be sent, or an unconfirmed edit or deletion. */
  discard(key: string): void;

  /** Call it at every key stroke. It is sent as rarely as needed. It ends by itself, or with `false`. */
  typing(isTyping?: boolean): void;
  /** The names of the other members who are typing, by user id. */
  readonly typists: ReadonlyMap<number, string>;
  /** Marks all messages up to `seq` as read. Default: the newest one. */
  markRead(seq?: number): void;
  /** The `seq` up to which you have read. */
  readonly readSeq: number;
  /** The `seq` up to which the other members have read, by user id. */
  readonly readPositions: ReadonlyMap<number, number>;

  /** Reads one page of the members, in the order in which they joined. Pass `next` as `after` for the next page. */
  participants(page?: { after?: number; limit?: number }): Promise<People & { next: number | null }>;
  /** Adds people. Resolves with the ids of those who got a request: they join when they accept. */
  addParticipants(userIds: readonly number[]): Promise<number[]>;
  /** Removes you, or, if you are the owner, anybody. */
  removeParticipant(userId: number): Promise<void>;
  leave(): Promise<void>;
  /** Takes a 1-on-1 out of the list until a message comes. */
  hide(): Promise<void>;
  /** Renames a group. `null` removes the name. */
  rename(name: string | null): Promise<void>;

  on<K extends keyof ConversationEvents>(event: K, listener: (...args: ConversationEvents[K]) => void): Unsubscribe;
  /** Ends one `open`. */
  close(): void;
}
