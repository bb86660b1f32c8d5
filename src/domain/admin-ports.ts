import type {
  AdminConversation,
  AdminUser,
  AdminUserDetail,
  AuditAction,
  AuditEntry,
  AuditTarget,
} from "../protocol/admin.ts";
import type { Message } from "../protocol/messages.ts";
import type { User } from "../protocol/users.ts";
import type { Change } from "./changes.ts";
import type { EndedSession, NewUser } from "./ports.ts";

/** Who does it, as the audit log will tell: a superuser and where they are, or `null`, the command line. */
export type Admin = { userId: number; address: string } | null;

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
  }): Promise<{ users: AdminUser[]; total: number }>;
  detail(id: number): Promise<Omit<AdminUserDetail, "open_sockets"> | undefined>;
  /** Rejects where it would cost the admin their own account, or everybody the last active superuser. */
  change(
    by: Admin,
    id: number,
    wanted: { isActive?: boolean | undefined; isSuperuser?: boolean | undefined },
  ): Promise<{ user: AdminUser; isChanged: boolean; ended: EndedSession[] }>;
  /** One of the user's sessions, or all. */
  endSessions(by: Admin, userId: number, sessionId?: string): Promise<EndedSession[]>;
  /** A new user who is one, or makes the user of this e-mail one. `user` is undefined when the e-mail was taken just now. */
  createSuperuser(user: NewUser | { email: string }): Promise<{ user: User | undefined; isCreated: boolean }>;
}

export interface AdminConversationStore {
  /** Newest first. `search`: in the name, the people's names and e-mails, or the id itself. */
  list(query: {
    search: string;
    participantId: number | undefined;
    limit: number;
    offset: number;
  }): Promise<{ conversations: AdminConversation[]; total: number }>;
  detail(id: string): Promise<AdminConversation | undefined>;
  participants(
    id: string,
    page: { after: number; limit: number },
  ): Promise<{ users: AdminUser[]; next: number | null; total: number }>;
  /** Writes down that messages were read. Rejects when there is no such conversation. */
  noteReading(by: Admin, id: string, read: { count: number; first_seq: number; last_seq: number }): Promise<void>;
  /** Leaves a tombstone. `change` is undefined when it was one already. */
  removeMessage(
    by: Admin,
    conversationId: string,
    messageId: string,
  ): Promise<{ message: Message; change: Change | undefined }>;
  /** From now on there is no such conversation. What it held is left to `erase`. */
  remove(by: Admin, id: string): Promise<void>;
  /** Erases what removed conversations held, piece by piece. */
  erase(): Promise<void>;
}

export interface AuditLog {
  /** Newest first, older than the entry `before`. */
  list(query: {
    actorId: number | undefined;
    action: AuditAction | undefined;
    target: { type: AuditTarget; id: string | undefined } | undefined;
    before: number | undefined;
    limit: number;
  }): Promise<{ entries: AuditEntry[]; next: number | null; total: number }>;
}

export interface AdminStores {
  users: AdminUserStore;
  conversations: AdminConversationStore;
  audit: AuditLog;
}
