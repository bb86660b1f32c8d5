import type { ServerFrame } from "../../protocol/frames.ts";
import type { ClientEvents, ClientState, ConfabClient, ConversationList, Presence } from "../public/client.ts";
import type { PreferenceChanges } from "../public/conversation.ts";
import type { ConversationInfo, MayAddMe, Profile, User } from "../public/types.ts";
import type { LiveConversation, Pages } from "./conversation.ts";
import type { PersonalFrame, Summary } from "./frames.ts";
import type { Cache, OutboxOwner } from "./offline.ts";
import type { LateStore } from "./store.ts";
import type { Connection, Http } from "./transport.ts";

// The interfaces by which the parts of the client know each other. No part imports another one: `client.ts` makes them all
// and passes each of them the `Core`. This folder imports nothing but public types and types of the wire.

/** The state of the client, and all of its parts. */
export interface Core {
  state: ClientState;
  me: User | undefined;
  isClosed: boolean;
  /** Names the history of the server's database, as the server last said. In another history, counters may fall. */
  epoch: string | undefined;
  /** The cursor in the stream of personal settings. Undefined: it is not known where the stream stands. */
  meVersion: number | undefined;
  accepts: string;
  readonly http: Http;
  readonly store: LateStore;
  readonly connection: Connection;
  readonly conversations: Conversations;
  readonly presences: Presences;
  readonly session: Session;
  /** Undefined until their module is loaded. */
  cache?: Cache;
  outboxOwner?: OutboxOwner;
  settingsSender?: SettingsSender;
  isOnline(): boolean;
  /** Resolves when the client is online. Rejects with `offline` when it is signed out or stopped. */
  whenOnline(): Promise<void>;
  /** Resolves when stored data was read. */
  readonly ready: Promise<void>;
  setState(state: ClientState, reason?: string, retryAt?: number): void;
  /** Applies a frame of the server: passes it on to the parts that it concerns. */
  applyFrame(frame: ServerFrame): void;
  /** The socket is gone. `setState` tells what comes next. */
  connectionLost(): void;
  readonly on: ConfabClient["on"];
  emit<K extends keyof ClientEvents>(event: K, ...args: ClientEvents[K]): void;
  /** Emits an event whose name is the kind of a change. */
  emitNamed(kind: string, event: object): void;
  /** Emits `error`, except for a ConnectionLost. */
  reportError(error: unknown): undefined;
}

/** Changes personal settings of conversations: shows a change at once, and sends it when it can. */
export interface SettingsSender {
  /** Goes on with the changes of this user that an earlier client has left. */
  start(userId: number): Promise<void>;
  send(conversation: LiveConversation, changes: PreferenceChanges): Promise<void>;
}

/** The user who is signed in. */
export interface Session {
  /** Reads the stored session, and starts the connection when there is a user. */
  start(): Promise<void>;
  /** Ends what `start` began. Unsent messages stay in the storage. */
  close(): Promise<unknown>;
  signInBy(path: string, body: object): Promise<User>;
  signOut(options?: { discardUnsent?: boolean }): Promise<void>;
  updateProfile(values: { first_name?: string; last_name?: string; may_add_me?: MayAddMe }): Promise<Profile>;
  /**
   * Asks the server who is signed in, and updates `me`.
   * @returns the ms to wait before asking again, or `undefined` when nobody is signed in
   */
  loadMe(): Promise<number | undefined>;
  /** Applies a `user` frame about the user who is signed in. */
  applyUser(user: User): void;
  /** The server has ended the session: forgets the user. */
  sessionEnded(): void;
  /** Signs out here when another tab has begun to sign out. */
  checkSignedOutElsewhere(): void;
}

/** All conversations that the client knows, and the list of them. */
export interface Conversations extends ConversationList {
  readonly main: Pages;
  readonly archived: Pages;
  /** All conversations, also those that are not in the list. */
  readonly known: LiveConversation[];
  find(id: string): LiveConversation | undefined;
  /** Finds the conversation, or makes one that is not in the list. */
  get(id: string): LiveConversation;
  /** Adds a conversation to the list: the server has said that the user is a member. */
  add(info: ConversationInfo & Partial<Summary>): LiveConversation;
  /** Applies a `conversation` frame. Emits `added` when it is new, unless this client is creating it. */
  applyConversation(info: ConversationInfo): void;
  /** Applies a `me` frame: the user has changed something personal, here or on another device. */
  applyMe(frame: PersonalFrame): void;
  /** This client creates a conversation: its frame, which may come before the answer, emits no `added`. */
  trackCreation(answer: Promise<ConversationInfo | undefined>): void;
  /** Applies an `activity` frame about a conversation without a subscription. `lastSeq` is its newest message. */
  applyActivity(id: string, lastSeq: number): void;
  /** Emits `conversations` soon, once for all changes of this turn. */
  notifyChanged(): void;
  /** A new connection is open: subscribes, and loads the list again. */
  connectionOpened(): void;
  /** The epoch has changed while the connection stayed open: loads everything again. */
  epochChanged(): void;
  /** Forgets all conversations. */
  clear(): void;
  /** Loads the first page again if it is old: the socket does not tell what other devices have read. */
  reloadIfOld(): void;
  /** Asks the server for the number of unread messages, unless the client has counted all of them itself. */
  recountUnread(): void;
  /** Reads the conversation from the server again. One request at a time: there may be many to read. */
  refresh(conversation: LiveConversation): void;
}

/** The online state of watched users. */
export interface Presences {
  get(userId: number): Presence | undefined;
  watch(userIds: readonly number[]): void;
  unwatch(userIds: readonly number[]): void;
  /** Watches all of them again: a new connection knows of none. */
  rewatchAll(): void;
  /** Watches those of these people again who are watched: the server tells nothing of people without a common conversation. */
  rewatch(people: readonly User[]): void;
  applyPresence(presence: Presence): void;
  clear(): void;
}
