import type {
  AdminConversation,
  AdminUser,
  AdminUserDetail,
  AuditAction,
  AuditEntry,
  AuditTarget,
} from "../../../protocol/admin.ts";
import type { Message } from "../../../protocol/messages.ts";
import type { User } from "../../../protocol/users.ts";
import type { Change } from "../../log/changes.ts";
import type { EndedSession, NewUser } from "../../log/ports.ts";

/** Who does it, as the audit log will tell: a superuser and where they are, or `null`, the command line. */
export type Admin = { userId: number; address: string; network: string } | null;

/** The names of an account's changes, in the audit log and in the security log. */
export type AccountChange = "user_deactivated" | "user_reactivated" | "superuser_granted" | "superuser_revoked";

/** How many there are; not exact: at least so many, and the list does not go on beyond those that were looked at. */
export interface Total {
  total: number;
  isExact: boolean;
}

/**
 * Every call that takes an `Admin` is written to the audit log, in one transaction with what it does, and rejects with
 * Failure("path_not_found") when they are no active superuser at that moment.
 */
export interface AdminUserStore {
  list(query: {
    search: string;
    isActive: boolean | undefined;
    isSuperuser: boolean | undefined;
    limit: number;
    offset: number;
  }): Promise<{ users: AdminUser[] } & Total>;
  detail(id: number): Promise<Omit<AdminUserDetail, "open_sockets"> | undefined>;
  /** Writes down that somebody's sessions and addresses were looked at; once an hour for each admin and user. */
  noteViewing(by: Admin, id: number): Promise<void>;
  /**
   * Rejects where it would cost the admin their own account, or everybody the last active superuser. `changed` names what
   * was not so before.
   */
  change(
    by: Admin,
    id: number,
    wanted: { isActive?: boolean | undefined; isSuperuser?: boolean | undefined },
  ): Promise<{ user: AdminUser; ended: EndedSession[]; changed: AccountChange[] }>;
  /** Deactivated users with greater ids than `after`, by id. */
  deactivated(after: number, limit: number): Promise<number[]>;
  /** One of the user's sessions, or all. */
  endSessions(by: Admin, userId: number, sessionId?: string): Promise<EndedSession[]>;
  /** A new user who is one, for the command line. `undefined`: the e-mail is taken. */
  createSuperuser(user: NewUser): Promise<User | undefined>;
}

export interface AdminConversationStore {
  /** Newest first. `search`: in the name, the people's names and e-mails, or the id itself. */
  list(query: {
    search: string;
    participantId: number | undefined;
    limit: number;
    offset: number;
  }): Promise<{ conversations: AdminConversation[] } & Total>;
  detail(id: string): Promise<AdminConversation | undefined>;
  participants(
    id: string,
    page: { after: number; limit: number },
  ): Promise<{ users: AdminUser[]; next: number | null; total: number }>;
  /** The groups that a user owns. */
  ownedGroups(userId: number): Promise<string[]>;
  /** Gives a group whose owner is deactivated to its longest-standing active member. No `change` when there is nothing to do. */
  passOn(id: string): Promise<{ change: Change | undefined }>;
  /** Writes down that messages were read. Rejects when there is no such conversation. */
  noteReading(by: Admin, id: string, read: { count: number; first_seq: number; last_seq: number }): Promise<void>;
  /** Leaves a tombstone. `change` is undefined when it was one already. */
  removeMessage(
    by: Admin,
    conversationId: string,
    messageId: string,
  ): Promise<{ message: Message; change: Change | undefined }>;
  /** From now on there is no such conversation. A job erases what it held. */
  remove(by: Admin, id: string): Promise<void>;
  /** Adds the job for removed conversations without one: nodes of the release before add none. */
  addMissingEraseJobs(): Promise<void>;
  /**
   * Erases a piece of what a removed conversation held, and tells whether there is more. `elsewhere`: another node does it,
   * or there is no such removed conversation.
   */
  erasePiece(id: string): Promise<"more" | "done" | "elsewhere">;
  /** Forgets a removed conversation of which nothing is left. One that was removed less than so many ms ago stays. */
  forget(id: string, minAgeMs: number): Promise<void>;
  /** Whether there is no such removed conversation any more. */
  isForgotten(id: string): Promise<boolean>;
}

export interface AuditLog {
  /** The newest entry's id, or 0. */
  newest(): Promise<number>;
  /** Entries of the command line after this one, by id, with the user whom each is about. */
  byCommands(after: number): Promise<{ id: number; userId: number }[]>;
  /** Newest first, older than the entry `before`. */
  list(query: {
    actorId: number | undefined;
    action: AuditAction | undefined;
    target: { type: AuditTarget; id: string | undefined } | undefined;
    before: number | undefined;
    limit: number;
  }): Promise<{ entries: AuditEntry[]; next: number | null } & Total>;
}

export interface AdminStores {
  users: AdminUserStore;
  conversations: AdminConversationStore;
  audit: AuditLog;
}
