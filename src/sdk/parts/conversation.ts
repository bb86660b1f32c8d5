import type { ServerFrame } from "../../protocol/frames.ts";
import type { Action, PendingAction } from "../public/actions.ts";
import type { ConfabClient, ConversationPages } from "../public/client.ts";
import type {
  ChatMessage,
  Conversation,
  ConversationChange,
  Outgoing,
  Preferences,
  SentMessage,
} from "../public/conversation.ts";
import type { SendOptions } from "../public/message-fields.ts";
import type { ConversationInfo, Message, User } from "../public/types.ts";
import type { Change, Frame, StoredState, Summary } from "./frames.ts";
import type { Lines } from "./lines.ts";
import type { LateStore } from "./store.ts";
import type { ActionEntry, OutboxEntry } from "./stored.ts";
import type { Connection, Http } from "./transport.ts";

/** The messages of a conversation as they are shown: those of the server, without a gap, then the local echoes. */
export interface Timeline {
  /** The array stays the same. Its elements are replaced, never changed. */
  readonly items: ChatMessage[];
  /** The newest message that is known. `items` may be empty or older. */
  readonly newest: SentMessage | undefined;
  /** The first and the last message of `items` that the server has. */
  readonly first: SentMessage | undefined;
  readonly last: SentMessage | undefined;
  /** The newest message, local echoes included. */
  readonly lastMessage: ChatMessage | undefined;
  /** The index of the message in `items`, or -1. */
  indexOf(seq: number): number;
  /** The server's version of the message with this key. */
  find(key: string): Message | undefined;
  /** Returns the message with the user's unconfirmed edit or deletion applied. */
  toShown(message: Message): SentMessage;
  /** The last `count` messages, as the server has them. */
  serverMessages(count: number): Message[];
  /** Sets `newest`, unless the known one is newer. */
  updateNewest(message: Message): void;
  /** Puts a message at its place. Returns false when messages before it are missing. */
  put(message: Message, mayAppend?: boolean): boolean;
  /** Applies an edit or a deletion that the server has confirmed, before its frame comes. */
  applyConfirmed(key: string, content: string, kind: OutboxEntry["kind"]): void;
  /** Replaces all messages of the server by this page. */
  replaceAll(page: readonly Message[]): void;
  /** Puts older messages in front. Returns how many fit. */
  prepend(page: readonly Message[]): number;
  /** Sets `newest` to the last loaded message: a newer one is from another history. */
  resetNewest(): void;
  /** Removes all messages up to `seq`. Returns how many were removed from `items`. */
  prune(seq: number): number;
  /** Removes all but the last `count` messages of the server, or the first ones if the surplus is at the end. */
  trim(count: number, isAtEnd?: boolean): void;
  /** Replaces the messages of the server for which `change` returns another object. Returns whether there were any. */
  update(change: (message: Message) => Message): boolean;
  /** Shows the entries of the outbox: local echoes, edits and deletions. */
  showOutbox(entries: readonly OutboxEntry[], me: User | undefined): void;
}

/** The counters of a conversation, and how far it was read. In one history, all of them only rise. */
export interface ReadState {
  /** The newest `seq` that the server has sent. */
  head: number;
  /** Retention has removed all messages up to this `seq`. */
  pruned: number;
  /** The user has read up to this `seq`. */
  seq: number;
  /** How far the other members have read, by user id. */
  readonly positions: Map<number, number>;
  /** Whether the user's own position is known. */
  isKnown: boolean;
  readonly unread: number;
  /** The unread messages that mention the user. */
  readonly mentions: number;
  /** Sets the server's count of the messages up to `seq`. */
  setMentions(count: number | undefined, seq: number): void;
  /** Counts a new message. Returns whether only the server knows if it mentions the user. */
  countMention(message: Message, userId: number | undefined): boolean;
  /** Raises the counters. */
  update(counters: { head?: number; pruned?: number; seq?: number }): void;
  updatePosition(userId: number, seq: number): void;
  /** Applies the server's counters. Sends the user's own position when the server does not have it. */
  applyServerState(head: number, seq: number): void;
  /** Forgets counters of another history. */
  reset(): void;
  /** Marks messages as read. Returns whether that changed anything. */
  markRead(seq: number): boolean;
  /** Sends a position now that would be sent a little later. */
  flush(): void;
}

/** Sends that the user types, and knows which other members do. */
export interface Typing {
  /** The names of the other members who are typing, by user id. */
  readonly typists: Map<number, string>;
  /** The user types, or has stopped. Sent as rarely as needed, and ended after a while without a call. */
  setTyping(isTyping?: boolean): void;
  setTypist(userId: number, name: string, isTyping: boolean): void;
  rename(userId: number, name: string): void;
  /** Removes all typists: without a connection, nothing would end them. */
  clear(): void;
}

/** Subscribes to a conversation, applies each change once and in order, and loads pages of messages. */
export interface Sync {
  /** The last change that was applied, and its tag. */
  version: number;
  tag: string | undefined;
  /** Messages are loaded, as of `version`. */
  isLoaded: boolean;
  /** The newest page is on its way. */
  readonly isLoading: boolean;
  readonly isSubscribed: boolean;
  /** The server has confirmed the subscription. */
  readonly isLive: boolean;
  /** Every change up to now was applied. */
  readonly isUpToDate: boolean;
  /** Whether the server will still send the message with this `seq`. */
  isAwaited(seq: number): boolean;
  /** Subscribes, and resumes after the last change that was applied. */
  subscribe(): void;
  unsubscribe(): void;
  /** The subscription has ended: the connection is gone, or the user is no member any longer. */
  subscriptionEnded(): void;
  /** Loads the messages of a conversation that is opened. */
  ensureLoaded(): void;
  /** Messages of another history go when the conversation is closed before others have come. */
  closed(): void;
  loadOlder(limit?: number): Promise<number>;
  /**
   * Reads a page, and gives it to `apply` with the changes that came since the request. `undefined`: the page is not
   * valid any more. Ask again.
   */
  tryPage<T>(page: Record<string, number>, apply: (messages: Message[]) => T): Promise<T | undefined>;
  /** Resolves when the server sends every change from now on. */
  whenLive(): Promise<void>;
  /** Resolves at the next change of the conversation. */
  whenChanged(): Promise<void>;
  messageAt(seq: number): Promise<SentMessage | undefined>;
  applySubscribed(frame: Frame<"subscribed">): void;
  /** The server can't resume from `version`. Subscribes again, and loads the newest page. */
  applyReset(): void;
  /** Moves the cursor. Returns whether this change is the next one, so that it is to be applied. */
  advanceCursor(change: Change): boolean;
  /** Puts a message at its place. Loads the newest page again when messages before it are missing. */
  putMessage(message: Message): void;
  /** Forgets the loaded messages. An open conversation shows them until others replace them. */
  discardMessages(): void;
}

/** An entry of the outbox, and whether the server has it. */
export interface OutboxItem {
  entry: OutboxEntry;
  /** The server has it. Its message may still be on its way. */
  confirmation?: { id: string; seq: number; version: number };
  readonly done: { readonly promise: Promise<unknown> };
}

/** The parts of the client that the actions of a conversation need. */
export interface ActionHost {
  readonly me: User | undefined;
  readonly connection: Connection;
  readonly http: Http;
  readonly store: LateStore;
  readonly outboxOwner?: { saveEntry(entry: ActionEntry): void; deleteEntry(entry: ActionEntry): void };
  /** The kinds of frames that the socket asks for, as a list with commas. */
  accepts: string;
  readonly isClosed: boolean;
  readonly on: ConfabClient["on"];
  isOnline(): boolean;
  /** Rejects with `offline` when nobody is signed in. */
  whenOnline(): Promise<void>;
  reportError(error: unknown): void;
}

/** The uploads of the messages of a conversation. */
export interface Uploads {
  /** Goes on with the files of the messages that wait for them. */
  run(): void;
}

/** The actions of a conversation that the server has not confirmed. */
export interface Actions {
  act(action: Action): PendingAction;
  /** Returns the message as it is with the actions on it. */
  show<T extends ChatMessage>(message: T): T;
  /** Sends all that need not wait, and forgets what the conversation shows by itself. */
  run(): void;
  /** The server has got the message with this key. */
  messageConfirmed(key: string, id: string): void;
  /** Takes over an entry that another client has left. */
  adopt(entry: ActionEntry): void;
}

/** The messages, edits and deletions of a conversation that the server has not confirmed. It sends one at a time. */
export interface Outbox {
  /** In the order in which they go out. Confirmed ones stay until the timeline shows them. */
  readonly items: readonly OutboxItem[];
  /** Whether an entry waits to be sent. */
  hasUnsent(): boolean;
  send(text: string, options?: SendOptions): Outgoing;
  edit(key: string, text: string): Outgoing;
  delete(key: string): Outgoing;
  retry(key: string): void;
  discard(key: string): void;
  /** Changes an entry that has not gone out. With an `error` it fails. Returns whether there is one. */
  update(id: string, changes: Partial<OutboxEntry>): void;
  /** Messages have come from the server: removes their entries. */
  confirm(messages: readonly Message[]): void;
  /** Removes entries that the server has confirmed and that the timeline shows, then sends the next one. */
  removeConfirmed(): void;
  /** Takes over an entry that another client has left. */
  adopt(entry: OutboxEntry): void;
  /** Forgets all entries. They stay in the storage. */
  clear(): void;
}

/** The user's personal settings of a conversation, as the server and this client know them. */
export interface Settings {
  /** The place in the user's own stream up to which the server's state is known. -1: it is not known. */
  version: number;
  /** The server's state. */
  state: StoredState;
  /** The changes that wait for the server, in their order. */
  readonly pending: Partial<StoredState>[];
  /** The settings as they are shown: the changes that wait count already. */
  readonly preferences: Preferences;
  /** Applies the server's state, unless a newer one is known. */
  apply(state: StoredState, version: number): void;
}

/** One of the two lists of conversations, as the rest of the client sees it. */
export interface Pages extends ConversationPages {
  hasMore: boolean;
  isLoaded: boolean;
  readonly items: readonly LiveConversation[];
  /** Sets the items: those of the sorted conversations that belong to this list. */
  show(sorted: readonly LiveConversation[]): void;
  /** Loads the page at this offset. Resolves with `undefined` when that fails. */
  load(offset: number): Promise<LiveConversation[] | undefined>;
}

/** A window of messages, as long as it has not joined the conversation's own messages. */
export interface WindowPart {
  readonly timeline: Timeline;
  /** Its messages may have missed changes: loads them again. */
  reload(): void;
}

/** A conversation, as its parts and the rest of the client see it. */
export interface LiveConversation extends Conversation {
  info: ConversationInfo | undefined;
  goneReason: "removed" | "not_found" | undefined;
  revision: number;
  /** The list is ordered by this: ms of the server's clock. */
  activeAt: number;
  /** Messages up to this `seq` had their `message` event, or were there before the conversation became known. */
  announcedSeq: number;
  /** The list includes it. Other conversations were only opened by their id. */
  isListed: boolean;
  /** A message after this `seq` shows a hidden conversation again. -1: it is not hidden. */
  hiddenSeq: number;
  readonly isHidden: boolean;
  /** Another user is signed in, or none, so nothing may change any more. */
  isDetached: boolean;
  /** The epoch in which the counters are known. `null`: they can't be trusted. */
  epoch: string | null | undefined;
  readonly isOpen: boolean;
  readonly timeline: Timeline;
  readonly windows: Set<WindowPart>;
  readonly shownLines: Lines;
  /** The timelines of the conversation and of its windows. */
  readonly timelines: readonly Timeline[];
  readonly readState: ReadState;
  readonly settings: Settings;
  readonly sync: Sync;
  readonly outbox: Outbox;
  readonly host: ActionHost;
  /** Undefined until their module is loaded. */
  actions?: Actions;
  uploads?: Uploads;

  open(): void;
  connectionLost(): void;
  /** Applies a frame of the server about this conversation. */
  applyFrame(frame: ServerFrame): void;
  /** Applies what HTTP says: an entry of the list, or the conversation itself. Newer values that are known stay. */
  applySummary(summary: ConversationInfo & Partial<Summary>): void;
  /** A user was renamed, deactivated or activated. */
  applyUser(user: User): void;
  /** Takes over the current epoch. Returns true when counters may fall, because they are of another history. */
  updateEpoch(): boolean;
  /** Replaces messages wherever they are shown. */
  updateMessages(change: (message: Message) => Message): void;
  /** Retention has removed all messages up to `seq`. */
  prune(seq: number): void;
  /** Updates the newest message and the place in the list. */
  updateNewest(message: Message): void;
  /** Keeps only the newest messages in memory. */
  trimMessages(): void;
  /** Does so when there are too many that nobody may be looking at. */
  limitMessages(): void;
  /**
   * Emits `message`, once for each message. Waits while the newest page is on its way.
   * @param isOwnEcho confirms a local echo: emitted even if a newer message was emitted before
   */
  announce(message: Message, isOwnEcho?: boolean): void;
  /** Emits the messages that waited for the newest page, in order. */
  announceHeld(): void;
  /** The user is no member, or the conversation does not exist. */
  markGone(reason?: "removed" | "not_found"): void;
  /** The user is a member again. */
  markJoined(): void;
  /** Emits `change` soon, once for all changes of this turn. */
  notifyChanged(change?: Partial<ConversationChange>): void;
}
