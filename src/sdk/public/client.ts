import type { Conversation, MessageChangeEvents, People, SentMessage, Unsubscribe } from "./conversation.ts";
import type { PersonalChangeEvents } from "./personal-changes.ts";
import type { KeyValueStorage } from "./storage.ts";
import type { ConversationRequest, MayAddMe, Profile, SessionInfo, User } from "./types.ts";

/** Opens a WebSocket. The second argument is passed only outside browsers, with the session's cookie. */
export type WebSocketConstructor = new (
  url: string,
  // biome-ignore lint/suspicious/noExplicitAny: each platform has its own type for these options
  options?: any,
) => WebSocketLike;

/** The part of a WebSocket that the client uses. Browsers, Bun, Deno, Node ≥ 22 and the package `ws` have it. */
export interface WebSocketLike {
  // biome-ignore-start lint/suspicious/noExplicitAny: each platform has its own event types
  onmessage: ((event: any) => void) | null;
  onclose: ((event: any) => void) | null;
  onerror: ((event: any) => void) | null;
  // biome-ignore-end lint/suspicious/noExplicitAny: see above
  send(text: string): void;
  close(code?: number, reason?: string): void;
}

/** The part of `fetch` that the client uses. */
// biome-ignore lint/suspicious/noExplicitAny: each platform has its own type for these options
export type Fetch = (url: string, init?: any) => Promise<FetchResponse>;

export interface FetchResponse {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: { get(name: string): string | null; getSetCookie?(): string[] };
  json(): Promise<unknown>;
}

export interface ConnectOptions {
  /** The server's address, such as `https://chat.example.com`. Default: the origin of the page. */
  url?: string | { href: string };
  /** Outside browsers: the token of an earlier session, from the cookie `sessionid`. */
  token?: string;
  /** Stores unsent texts and loaded messages. Default: IndexedDB in browsers, memory elsewhere. */
  storage?: KeyValueStorage;
  /** Default: the platform's own. Node before 22 has none, so pass the one of the package `ws`. */
  WebSocket?: WebSocketConstructor;
  fetch?: Fetch;
  /** How many of the most recent conversations are live without being opened. Default: 20. */
  recent?: number;
  /** `true`: the client hears of threads from its first connection on. Set it if you use `confab/client/threads`. */
  threads?: boolean;
  /** `false`: your page knows from its server that nobody is signed in, so the client does not ask. */
  signedIn?: boolean | undefined;
  /** In ms. The defaults suit people on usual networks. */
  timing?: Partial<Timing>;
}

/** All in ms. */
export interface Timing {
  /** The client pings the server after this much silence. Default: 15 s. */
  pingAfter: number;
  /** The connection is dead when a ping has no answer within this time. Default: 7 s. */
  answerWithin: number;
  /** A connection attempt fails after this time. Default: 10 s. */
  connectWithin: number;
  /**
   * The first wait before a reconnect is random, up to this time or up to the server's advice. Each further wait is up to
   * twice as long. Default: 1 s.
   */
  backoff: number;
  /** The longest wait before a reconnect. Default: 30 s. */
  backoffMax: number;
  /**
   * Without Web Locks: a client that gives no sign of life for this long is dead, and another one adopts its unsent texts.
   * Default: 10 s.
   */
  lease: number;
}

/**
 * - `connecting`: the client connects, or asks who is signed in
 * - `online`: connected
 * - `offline`: no connection. The client tries again at `client.retryAt`
 * - `signed-out`: nobody is signed in, or the session has ended. Call `signIn`
 * - `stopped`: the server has sent the client away for good, or you called `close`. `client.reason` says why
 */
export type ClientState = "connecting" | "online" | "offline" | "signed-out" | "stopped";

export interface ClientEvents extends MessageChangeEvents, PersonalChangeEvents {
  /** `client.state` has changed. */
  state: [state: ClientState];
  /** `client.conversations` has changed: the order, unread counts, names or newest messages. */
  conversations: [];
  /**
   * A message is new. Your own messages count, messages of a history page don't. When several came at once in a
   * conversation that was not live, only the newest has an event.
   */
  message: [message: SentMessage, conversation: Conversation];
  /** The text of a message of a live conversation was edited, or the message was deleted. It need not be loaded. */
  amended: [message: SentMessage, conversation: Conversation];
  /** You are a member of a conversation that was not known before: somebody has created it, or has added you. */
  added: [conversation: Conversation];
  /** You are not a member any more, or the conversation is gone. */
  removed: [conversation: Conversation];
  /** You have hidden this 1-on-1, here or on another device. It is not in the list until a message comes. */
  hidden: [conversation: Conversation];
  /** Somebody wants to write to you, or to add you to a group. */
  request: [request: ConversationRequest];
  /** A request was answered, here or on another device, or it is not needed any more. */
  request_ended: [requestId: string];
  /** A watched user came online or went offline. */
  presence: [presence: Presence];
  /** You, or somebody who shares a conversation with you, has a new name or is deactivated. Conversations already show it. */
  user: [user: User];
  /** Personal things may have changed unnoticed: load your lists of them again. */
  me_reset: [];
  /** `client.me` has changed. */
  me: [me: User | undefined];
  /** Worth a log, but you need not do anything: the storage fails, a listener throws, an answer makes no sense. */
  error: [error: Error];
}

export interface Presence {
  user_id: number;
  online: boolean;
  last_seen: string | null;
}

/** The chat of a user. It connects and reconnects by itself. */
export interface ConfabClient {
  readonly state: ClientState;
  /** Why the client is `offline` or `stopped`, for people. */
  readonly reason: string | undefined;
  /** While `offline`: the time of the next attempt, as `Date.now()` counts. */
  readonly retryAt: number | undefined;
  /** The user who is signed in. It is stored over a reload, so it may be known before the server is reached. */
  readonly me: User | undefined;
  /** Outside browsers: the session's token. Keep it secret. */
  readonly token: string | undefined;
  readonly conversations: ConversationList;

  /**
   * Resolves when stored data was read and it is known who is signed in: look at `state` and `me`. Before that, show
   * nothing or a skeleton. When nothing was stored and the server can't be reached, `me` is undefined and `state` is not
   * `signed-out`: who is signed in is known later.
   */
  readonly ready: Promise<void>;

  /** Opens the conversation: it is live and has messages until you call its `close()` as often as `open`. */
  open(id: string): Conversation;
  /**
   * Creates a conversation with these people and opens it. With one person, it opens the 1-on-1 that exists; with more, it
   * creates a group. Rejects with `requested` when the one person got a request instead. In a group, people who got a
   * request join when they accept.
   */
  create(participantIds: readonly number[], name?: string): Promise<Conversation>;

  /** Emits `presence` when these people come online or go offline, until you call `unwatch` as often as `watch`. */
  watch(userIds: readonly number[]): void;
  unwatch(userIds: readonly number[]): void;
  /** The last known presence of a watched user. */
  presence(userId: number): Presence | undefined;

  register(person: NewPerson): Promise<User>;
  /** Ends the current session, if there is one. */
  signIn(email: string, password: string): Promise<User>;
  /**
   * Signs in by another call that begins a session and answers with the user, such as `users/register/` with
   * `sign_in: true`. Ends the current session, if there is one.
   */
  signInBy(path: string, body: object): Promise<User>;
  /**
   * Ends the session and forgets what was loaded, also when the server can't be reached. Unsent texts stay, and go out when
   * the same user signs in again. `discardUnsent` forgets them too.
   */
  signOut(options?: { discardUnsent?: boolean }): Promise<void>;
  /** Counts the unsent messages, edits, deletions and actions of this user in the storage, also while nobody is signed in. */
  unsentOf(userId: number): Promise<number>;
  /** Deletes them. Don't call it while this user is signed in. */
  discardUnsent(userId: number): Promise<void>;
  profile(): Promise<Profile>;
  updateProfile(values: { first_name?: string; last_name?: string; may_add_me?: MayAddMe }): Promise<Profile>;
  /** Reads one page of the requests that wait for your answer, newest first. */
  requests(page?: { limit?: number; offset?: number }): Promise<{ items: ConversationRequest[]; total: number }>;
  /** Creates the 1-on-1, or joins the group, and opens it. */
  acceptRequest(id: string): Promise<Conversation>;
  /** The sender of the request is not told. */
  declineRequest(id: string): Promise<void>;
  /** Ends all other sessions. */
  changePassword(oldPassword: string, newPassword: string): Promise<void>;
  sessions(): Promise<SessionInfo[]>;
  endSession(id: string): Promise<void>;
  /** Reads one page of all other people whose name or e-mail has `search` in it, newest first. */
  people(search?: string, page?: { limit?: number; offset?: number }): Promise<People>;

  /** Makes any other call under `/api/`. Resolves with the `data` and `meta` of the answer, or rejects with a ConfabError. */
  call(method: string, path: string, body?: object): Promise<{ data: unknown; meta: unknown }>;

  on<K extends keyof ClientEvents>(event: K, listener: (...args: ClientEvents[K]) => void): Unsubscribe;
  /** Reconnects now, unless the server has asked to wait. */
  reconnect(): void;
  /**
   * Ends the client for good. Resolves when everything is stored. Unsent texts go out with the next client that has the
   * same storage.
   */
  close(): Promise<void>;
}

export interface NewPerson {
  email: string;
  first_name: string;
  last_name: string;
  password: string;
}

/** A list of conversations that is loaded in pages. */
export interface ConversationPages {
  /** The most recently active first. A new array after each change. */
  readonly items: readonly Conversation[];
  /** The server has more conversations: call `loadMore`. */
  readonly hasMore: boolean;
  /** False until the first page is there, from the server or from the storage. */
  readonly isLoaded: boolean;
  /** Loads one more page. Resolves also when that fails. */
  loadMore(): Promise<void>;
}

/** The user's conversations, without the archived ones. */
export interface ConversationList extends ConversationPages {
  /** The archived ones. Nothing is loaded before you call `loadMore`. */
  readonly archived: ConversationPages;
  /**
   * Unread messages in all conversations that are neither muted nor archived. A conversation without unread messages that is
   * marked as unread counts as one. The server counts those that are not loaded.
   */
  readonly unread: number;
  /** The unread messages among them that mention the user. */
  readonly mentions: number;
  /** Finds conversations by their names and their members' names. `total` counts all that match. */
  search(text: string, page?: { limit?: number; offset?: number }): Promise<{ items: Conversation[]; total: number }>;
}
