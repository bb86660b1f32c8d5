import type { Conversation, People, SentMessage, Unsubscribe } from "./conversation.ts";
import type { KeyValueStorage } from "./storage.ts";
import type { ConversationRequest, MayAddMe, Profile, SessionInfo, User } from "./types.ts";

/** Opens a WebSocket. The second argument is passed only outside browsers, with the session's cookie. */
export type WebSocketConstructor = new (
  url: string,
  // biome-ignore lint/suspicious/noExplicitAny: each platform has a type of its own for what it takes here
  options?: any,
) => WebSocketLike;

/** What is used of a WebSocket: that of browsers, Bun, Deno, Node ≥ 22, or the package `ws`. */
export interface WebSocketLike {
  // biome-ignore-start lint/suspicious/noExplicitAny: each platform has its own event types
  onmessage: ((event: any) => void) | null;
  onclose: ((event: any) => void) | null;
  onerror: ((event: any) => void) | null;
  // biome-ignore-end lint/suspicious/noExplicitAny: see above
  send(text: string): void;
  close(code?: number, reason?: string): void;
}

/** The part of `fetch` that is used. */
// biome-ignore lint/suspicious/noExplicitAny: each platform has a type of its own for it
export type Fetch = (url: string, init?: any) => Promise<FetchResponse>;

export interface FetchResponse {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: { get(name: string): string | null; getSetCookie?(): string[] };
  json(): Promise<unknown>;
}

export interface ConnectOptions {
  /** Where the server is: `https://chat.example.com`. Default: where the page came from. */
  url?: string | { href: string };
  /** Outside browsers: a session's token (the cookie `sessionid`), when there is one from earlier. */
  token?: string;
  /** Where unsent texts and what was loaded are kept. Default: IndexedDB in browsers, memory elsewhere. */
  storage?: KeyValueStorage;
  /** Default: the platform's own. Node before 22 has none: pass that of the package `ws`. */
  WebSocket?: WebSocketConstructor;
  fetch?: Fetch;
  /** So many of the most recent conversations are live though nobody opened them. Default 20. */
  recent?: number;
  /** `false`: the server has said that nobody is signed in here, so it is not asked again. */
  signedIn?: boolean | undefined;
  /** In ms; the defaults suit people and networks as they are. */
  timing?: Partial<Timing>;
}

/** All in ms. */
export interface Timing {
  /** Silence after which the server is pinged: 15 s. */
  pingAfter: number;
  /** An answer must come within this, or the connection is dead: 7 s. */
  answerWithin: number;
  /** A connection must be up within this: 10 s. */
  connectWithin: number;
  /** The first wait before a reconnect is random up to this (or the server's advice), then up to twice as much …: 1 s. */
  backoff: number;
  /** … up to this: 30 s. */
  backoffMax: number;
  /** Without Web Locks: a client that has not been heard of for this long is dead, and its unsent texts are adopted: 10 s. */
  lease: number;
}

/**
 * - `connecting`: looking for the server, or who is signed in
 * - `online`: live
 * - `offline`: no connection; tried again by itself, at `client.retryAt`
 * - `signed-out`: nobody is signed in, or the session has ended: `signIn`
 * - `stopped`: the server sent us away for good, or `close` was called; `client.reason` says why
 */
export type ClientState = "connecting" | "online" | "offline" | "signed-out" | "stopped";

export interface ClientEvents {
  /** `client.state` has changed. */
  state: [state: ClientState];
  /** Something of `client.conversations` has changed: order, unread counts, names, newest messages. */
  conversations: [];
  /**
   * A message is new, one's own too, but none that a history page brought. Of a conversation that was not live, several
   * that came at once are told by the newest.
   */
  message: [message: SentMessage, conversation: Conversation];
  /** One takes part in a conversation that was not known before: somebody has made it, or has added you to it. */
  added: [conversation: Conversation];
  /** One takes no part any more, or the conversation is gone. */
  removed: [conversation: Conversation];
  /** You have hidden this 1-on-1, here or on another device: it is not in the list until a message comes. */
  hidden: [conversation: Conversation];
  /** Somebody wants to write to you, or to add you to a group. */
  request: [request: ConversationRequest];
  /** A request was answered, here or on another device, or there is no need for it any more. */
  request_ended: [requestId: string];
  /** Somebody who is watched came or went. */
  presence: [presence: Presence];
  /** You, or somebody who shares a conversation with you, has a new name or is deactivated. Conversations already show it. */
  user: [user: User];
  /** `client.me` has changed. */
  me: [me: User | undefined];
  /** Nothing to be done, but worth a log: storage that fails, a listener that throws, an answer that makes no sense. */
  error: [error: Error];
}

export interface Presence {
  user_id: number;
  online: boolean;
  last_seen: string | null;
}

/** A signed-in person's chat. It connects, and stays connected, by itself. */
export interface ConfabClient {
  readonly state: ClientState;
  /** Why it is `offline` or `stopped`, for people who look closer. */
  readonly reason: string | undefined;
  /** While `offline`: when it is tried again, as `Date.now()` counts. */
  readonly retryAt: number | undefined;
  /** Who is signed in; kept over a reload, so it may be known before the server is reached. */
  readonly me: User | undefined;
  /** Outside browsers: the session's token. Keep it secret. */
  readonly token: string | undefined;
  readonly conversations: ConversationList;

  /**
   * Resolves when it is known who is signed in and what was kept has been read: `state` and `me` say so. Before that,
   * show nothing or a skeleton. When nothing was kept and the server can't be reached, there is no `me`, and the `state`
   * is not `signed-out`: that is known later.
   */
  readonly ready: Promise<void>;

  /** The conversation, live and with messages, until its `close()` was called as often. */
  open(id: string): Conversation;
  /**
   * Makes a conversation with these people (or finds the 1-on-1 there is) and opens it. More than one make a group. Rejects
   * with `requested` where the one person got a request instead; of a group such people join when they accept.
   */
  create(participantIds: readonly number[], name?: string): Promise<Conversation>;

  /** Tells, by `presence` events, whether these people are online, until `unwatch` was called as often. */
  watch(userIds: readonly number[]): void;
  unwatch(userIds: readonly number[]): void;
  /** What is known of somebody who is watched. */
  presence(userId: number): Presence | undefined;

  register(person: NewPerson): Promise<User>;
  /** Ends the session there was. */
  signIn(email: string, password: string): Promise<User>;
  /**
   * Signs in by another call that does so and answers with the person: `users/register/` with `sign_in: true`. Ends the
   * session there was.
   */
  signInBy(path: string, body: object): Promise<User>;
  /**
   * Ends the session and forgets what was loaded, also when the server can't be reached. Unsent texts are kept and go out
   * when the same person signs in again; `discardUnsent` forgets them too.
   */
  signOut(options?: { discardUnsent?: boolean }): Promise<void>;
  /** How many messages and changes of this person wait in the storage, also while nobody is signed in. */
  unsentOf(userId: number): Promise<number>;
  /** Throws them away. Not while this person is signed in. */
  discardUnsent(userId: number): Promise<void>;
  profile(): Promise<Profile>;
  updateProfile(values: { first_name?: string; last_name?: string; may_add_me?: MayAddMe }): Promise<Profile>;
  /** One page of the requests that wait for your answer, newest first. */
  requests(page?: { limit?: number; offset?: number }): Promise<{ items: ConversationRequest[]; total: number }>;
  /** Makes the 1-on-1, or joins the group, and opens it. */
  acceptRequest(id: string): Promise<Conversation>;
  /** Its sender is not told. */
  declineRequest(id: string): Promise<void>;
  /** Ends all other sessions. */
  changePassword(oldPassword: string, newPassword: string): Promise<void>;
  sessions(): Promise<SessionInfo[]>;
  endSession(id: string): Promise<void>;
  /** Everybody else, newest first, whose name or e-mail has `search` in it. */
  people(search?: string, page?: { limit?: number; offset?: number }): Promise<People>;

  /** Any other call under `/api/`: the answer's `data` and `meta`, or a ConfabError. */
  call(method: string, path: string, body?: object): Promise<{ data: unknown; meta: unknown }>;

  on<K extends keyof ClientEvents>(event: K, listener: (...args: ClientEvents[K]) => void): Unsubscribe;
  /** Does not wait any longer before the next try. */
  reconnect(): void;
  /** Ends it for good; resolves when all is kept. Unsent texts go out with the next client that has the same storage. */
  close(): Promise<void>;
}

export interface NewPerson {
  email: string;
  first_name: string;
  last_name: string;
  password: string;
}

/** One's conversations, the most recently active first. The array is a new one after each change. */
export interface ConversationList {
  readonly items: readonly Conversation[];
  /** There is more on the server: `loadMore`. */
  readonly hasMore: boolean;
  /** False until the first page is there, from the server or kept from earlier. */
  readonly isLoaded: boolean;
  /** Unread messages in all conversations, also in those that are not loaded: these the server counts. */
  readonly unread: number;
  /** Resolves when one more page is there, or none could be had. */
  loadMore(): Promise<void>;
  /** Those whose name, or whose people's names, have `text` in them; `total` counts all that match. */
  search(text: string, page?: { limit?: number; offset?: number }): Promise<{ items: Conversation[]; total: number }>;
}
