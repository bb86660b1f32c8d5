import type { Message } from "../../protocol/messages.ts";
import type { ConversationRequest } from "../../protocol/requests.ts";
import type { MayAddMe, SessionInfo, User } from "../../protocol/users.ts";
import type { PasswordLinkStore } from "../features/accounts/password-links.ts";
import type { AccountChange, AdminStores } from "../features/admin/ports.ts";
import type { InviteStore } from "../features/invites/service.ts";
import type { FirstUserStore } from "../features/server/first-user.ts";
import type { ServerSettingsStore } from "../features/server/settings.ts";
import type { Change } from "./changes.ts";
import type { MessageLog } from "./log.ts";

/**
 * What the domain asks of its store. The statements live in stores/postgres and run on two drivers, PostgreSQL and
 * PGlite; tests/contracts runs one suite on both. Every call may reject with Failure("unavailable").
 */
export interface Stores {
  users: UserStore;
  sessions: SessionStore;
  conversations: ConversationStore;
  requests: RequestStore;
  log: MessageLog;
  admin: AdminStores;
  invites: InviteStore;
  passwordLinks: PasswordLinkStore;
  settings: ServerSettingsStore;
  firstUser: FirstUserStore;
}

/** A user with what only the server may see. */
export interface Account {
  user: User;
  passwordHash: string;
  isSuperuser: boolean;
  isActive: boolean;
  mayAddMe: MayAddMe;
}

export interface NewUser {
  email: string;
  firstName: string;
  lastName: string;
  passwordHash: string;
  isSuperuser: boolean;
}

/** What people change of themselves; what is left out stays. */
export interface ProfileValues {
  firstName?: string;
  lastName?: string;
  mayAddMe?: MayAddMe;
}

export interface UserStore {
  /** `undefined`: the e-mail is taken. */
  create(user: NewUser): Promise<User | undefined>;
  byId(id: number): Promise<Account | undefined>;
  byEmail(email: string): Promise<Account | undefined>;
  change(id: number, values: ProfileValues): Promise<Account | undefined>;
  /** Sets a password and ends all the user's sessions but `keptSession`, both or neither. Returns those that ended. */
  setPassword(id: number, passwordHash: string, keptSession: string): Promise<EndedSession[]>;
  /** Puts another hash of the same password in the place of this one, if it is still there. */
  renewHash(id: number, passwordHash: string, renewed: string): Promise<void>;
  /**
   * Sets the password of an account for the command line, and ends all its sessions and links: all or nothing. With
   * `isSuperuser` it becomes an active superuser too. `undefined`: there is no such account.
   */
  resetPassword(
    email: string,
    passwordHash: string,
    options: { isSuperuser: boolean },
  ): Promise<{ user: User; isActive: boolean; changed: AccountChange[]; ended: EndedSession[] } | undefined>;
  /** Sets `last_seen` to now. */
  seen(id: number): Promise<User | undefined>;
  /**
   * Notes that people were online until so many ms ago, never less than is noted. Returns, as ISO 8601, when who may
   * know of their presence sees them last seen: then, or at their last login. `last_seen` stays as it is.
   */
  wentOffline(people: { id: number; goneMs: number }[]): Promise<Map<number, string>>;
  /**
   * Of the people whom each watcher asks for, those whose presence they may know of now: themselves, and people with
   * whom they share a conversation. By watcher, each with when they were last online or logged in.
   */
  visible(watched: ReadonlyMap<number, Iterable<number>>): Promise<Map<number, Map<number, string | null>>>;
  /** Everyone but the caller, newest first. `shared`: only people with whom the caller shares a conversation. */
  list(query: {
    callerId: number;
    shared: boolean;
    search: string;
    limit: number;
    offset: number;
  }): Promise<{ users: User[]; total: number }>;
}

/** A live session and whose it is. */
export interface Session {
  id: string;
  /** The hash of its token: what the store and the caches know it by. */
  key: string;
  userId: number;
  fullName: string;
  isSuperuser: boolean;
  lastUsedAt: number;
  /** The password was shown in it within PROVED_MS before it was read. */
  isProved: boolean;
}

/** A session that is no more; `key` is what the caches know it by. */
export interface EndedSession {
  id: string;
  key: string;
}

export interface NewSession {
  id: string;
  key: string;
  userId: number;
  passwordHash: string;
  address: string;
  network: string;
  client: string;
}

export interface SessionStore {
  /** What the nodes of this database share and nobody else knows: what seals tokens, and what names their bus. */
  secret(name: "session" | "bus"): Promise<string>;
  /**
   * Starts a session; of more than `max` of the user, those used longest ago end. From then on the network is one that they
   * have signed in from. `undefined` when `passwordHash` is no longer the user's: it has been changed since it was checked.
   */
  create(session: NewSession, max: number): Promise<EndedSession[] | undefined>;
  /** The account of an e-mail or an id, and whether its user has signed in from there before. */
  standing(
    account: { email: string } | { userId: number },
    from: { network: string; address: string },
  ): Promise<{ userId: number; email: string; isKnown: boolean } | undefined>;
  /** Notes that the password was shown in this session just now. */
  prove(id: string): Promise<void>;
  /** Gives a session a new token, its password having been shown just now. */
  renew(id: string, key: string): Promise<void>;
  /** The live session of this key, its user active. */
  find(key: string): Promise<Session | undefined>;
  /** Counts as use, written down once a minute at most. Returns the ids of those that still live. */
  touch(ids: string[]): Promise<string[]>;
  list(userId: number): Promise<Omit<SessionInfo, "current">[]>;
  /** Ends one session of the user. `undefined`: they have none of this id. */
  end(userId: number, id: string): Promise<EndedSession | undefined>;
  /** Ends all sessions of the user but one. */
  endOthers(userId: number, keptId: string): Promise<EndedSession[]>;
  /** Forgets sessions whose time is over, and networks that nobody has signed in from for long. */
  prune(): Promise<void>;
}

/** A conversation as the store has it: nothing in it depends on who looks. */
export interface ConversationRecord {
  id: string;
  name: string | null;
  isGroup: boolean;
  ownerId: number | null;
  /** The first 50 by joining. */
  participants: User[];
  participantCount: number;
  createdAt: string;
  updatedAt: string;
}

/** What one participant's list shows beside the conversation itself. */
export interface SummaryRecord extends ConversationRecord {
  /** This participant has hidden it, and no message has come since. */
  isHidden: boolean;
  messageCount: number;
  prunedSeq: number;
  unreadCount: number;
  lastMessage: Message | null;
}

/** Conversations with something unread, and the unread messages in them. */
export interface UnreadCounts {
  conversations: number;
  messages: number;
}

/** Where one participant stands in a conversation, and where the conversation stands. */
export interface Standing {
  readSeq: number;
  lastSeq: number;
  lastVersion: number;
  prunedSeq: number;
  prunedVersion: number;
  participantCount: number;
  epoch: string;
  /** The tag at the version that was asked for; null when it is not known, or none was. */
  tagThere: string | null;
}

export interface ConversationStore {
  /** People among `ids` who exist and are active. */
  known(ids: number[]): Promise<{ id: number; mayAddMe: MayAddMe }[]>;
  /** People among `ids` who share a conversation with the user. Its cost does not tell which ids exist. */
  sharing(userId: number, ids: number[]): Promise<Set<number>>;
  /** For two people: the one that is there, or a new one; it is unique. */
  create(conversation: NewConversation): Promise<CreateOutcome>;
  /** Hides a 1-on-1 until a message comes after the `seq` that is returned. `undefined`: it is none, or the user is not in it. */
  hide(conversationId: string, userId: number): Promise<number | undefined>;
  membership(conversationId: string, userId: number): Promise<"participant" | "outsider" | "unknown">;
  /**
   * `undefined`: no participant, or no such conversation.
   * @param version whose tag is wanted
   */
  standing(conversationId: string, userId: number, version?: number): Promise<Standing | undefined>;
  record(conversationId: string): Promise<ConversationRecord | undefined>;
  /** Whether the person was removed from the group, or left it. */
  wasRemoved(conversationId: string, userId: number): Promise<boolean>;
  /**
   * With a `search`, those whose name has it in it, or the name or e-mail of somebody else who takes part. `unread`
   * counts over all conversations of the user, whatever is asked for.
   */
  summaries(
    userId: number,
    page: { limit: number; offset: number; search?: string },
  ): Promise<{ rows: SummaryRecord[]; total: number; unread: UnreadCounts; epoch: string }>;
  summary(userId: number, conversationId: string): Promise<SummaryRecord | undefined>;
  /** All conversations of these users, and the version that each is at. */
  ofUsers(userIds: number[]): Promise<{ userId: number; id: string; lastVersion: number; lastSeq: number }[]>;
  /** The ids of all the user's conversations. */
  idsOf(userId: number): Promise<string[]>;
  /** How far the first 50 participants have read. */
  readPositions(conversationId: string): Promise<{ user_id: number; seq: number }[]>;
  /** By joining; `after` is the cursor that the page before gave. */
  participants(
    conversationId: string,
    page: { after: number; limit: number },
  ): Promise<{ users: User[]; next: number | null; total: number }>;
  /**
   * Renames a group, adds people, or removes one: one change of the log. `change` is undefined when nothing had to
   * change. Rejects with a Failure where the contract refuses it.
   */
  alter(conversationId: string, actorId: number, alteration: Alteration): Promise<AlterOutcome>;
  /** Moves the read position forward, to `seq` or the newest; never back. `moved` tells whether it did. */
  markRead(
    conversationId: string,
    userId: number,
    seq: number | undefined,
  ): Promise<{ seq: number; moved: boolean; participantCount: number } | undefined>;
}

export type Alteration =
  | { kind: "rename"; name: string | null }
  /** `toAsk`: those of `userIds` who decide themselves. So do people who left by themselves. */
  | { kind: "add"; userIds: number[]; toAsk?: ReadonlySet<number>; max: number }
  | { kind: "remove"; userId: number }
  /** A person agrees to a request of the actor. */
  | { kind: "accept"; userId: number; requestId: string; max: number };

export interface AlterOutcome {
  change: Change | undefined;
  asked: Asked[];
  /** Requests that nobody need answer any longer. */
  ended: EndedRequest[];
}

export interface NewConversation {
  id: string;
  ownerId: number;
  /** All who are wanted, the owner among them. More than two make a group, however many of them must be asked. */
  participantIds: number[];
  /** A group with fewer of them. */
  isGroup?: true;
  /** Those of them who decide themselves. */
  toAsk?: ReadonlySet<number>;
  name: string | null;
  /** The request that the 1-on-1 answers. */
  accepts?: string;
}

export interface CreateOutcome {
  /** `undefined`: a 1-on-1 whose other person is asked. */
  conversation: ConversationRecord | undefined;
  /** False: the 1-on-1 was there. */
  created: boolean;
  /** The owner had hidden it. */
  unhidden: boolean;
  asked: Asked[];
  ended: EndedRequest[];
}

/** A person who was asked. `isNew` is false when the same had been asked before, whatever the answer was. */
export interface Asked {
  /** The request's. */
  id: string;
  userId: number;
  isNew: boolean;
}

/** A request to this user that waited and is over. */
export interface EndedRequest {
  id: string;
  userId: number;
}

/** `conversationId` is null for a 1-on-1. */
export interface OpenRequest {
  fromId: number;
  conversationId: string | null;
}

/** Requests are made where conversations are made and altered, in one transaction with that. */
export interface RequestStore {
  /** Those that wait for the user's answer, newest first. */
  list(
    userId: number,
    page: { limit: number; offset: number },
  ): Promise<{ requests: ConversationRequest[]; total: number }>;
  /** These requests as their people see them, answered or not. */
  read(ids: string[]): Promise<ConversationRequest[]>;
  /** One that waits for the user's answer. */
  find(userId: number, id: string): Promise<OpenRequest | undefined>;
  /** False: none of that id waits for the user's answer. */
  decline(userId: number, id: string): Promise<boolean>;
}
