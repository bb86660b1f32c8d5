import { and, desc, eq, sql } from "drizzle-orm";
import type { AdminUser, AdminUserDetail } from "../../../protocol/admin.ts";
import { LISTED_MOST } from "../../../protocol/admin.ts";
import { Failure } from "../../base/failure.ts";
import type { Database, Transaction } from "../../platform/postgres/database.ts";
import { auditLog, users } from "../../platform/postgres/schema.ts";
import { type Counted, type Total, totalOf } from "../../platform/postgres/totals.ts";
import type { AccountChange } from "../accounts/account.ts";
import type { EndedSession } from "../accounts/ended-sessions.ts";
import { deleteSessions, SESSIONS_LISTED, sessionsOf, voidLinksOf } from "../accounts/statements.ts";
import { audited, auditedAlone, lockRight } from "../audit/audited.ts";
import type { Admin, Entry } from "../audit/entry.ts";
import { revokeInvitesOf } from "../invites/statements.ts";
import { type AdminUserRow, adminUserOf, adminUserOfRow, isUser } from "./rows.ts";
import { findUsers, USERS_OF, userListOf } from "./users-sql.ts";

/**
 * The first number of an advisory lock; nothing else uses it. The second number is a user's id. Views of one user are
 * written down one after the other.
 */
const VIEW_LOCK = 7_163_005;

/** The most messages that are read to count those that a user sent. */
const COUNTED_MOST = 10_000;

/** Selects the users of a list. */
export interface UsersQuery {
  /** The text to find in names and e-mails. */
  search: string;
  isActive: boolean | undefined;
  isSuperuser: boolean | undefined;
  limit: number;
  offset: number;
}

/** The rights that an admin wants a user to have. A right that is left out stays as it is. */
export interface WantedRights {
  isActive?: boolean | undefined;
  isSuperuser?: boolean | undefined;
}

/**
 * Users as superusers see them. Each call that takes an `Admin` is written to the audit log in the transaction of the
 * act itself. It rejects with Failure("path_not_found") when the admin is no active superuser at that moment.
 */
export class AdminUsersStore {
  constructor(private readonly db: Database) {}

  /** Newest first. */
  async list({ search, isActive, isSuperuser, limit, offset }: UsersQuery): Promise<{ users: AdminUser[] } & Total> {
    const flags = { isActive, isSuperuser };
    if (search === "") {
      const rows = await this.db.bulk<Partial<AdminUserRow> & Counted>(userListOf(flags), [limit, offset]);
      return { users: rows.flatMap((row) => (isUser(row) ? adminUserOfRow(row) : [])), ...totalOf(rows[0]) };
    }
    const { ids, isCut } = await findUsers(this.db, search, flags);
    const shown = ids.slice(offset, Math.min(offset + limit, LISTED_MOST));
    const rows = await this.db.bulk<AdminUserRow>(USERS_OF, [shown]);
    return { users: rows.map(adminUserOfRow), ...totalOf({ found: ids.length, is_cut: isCut }) };
  }

  async detail(id: number): Promise<Omit<AdminUserDetail, "open_sockets"> | undefined> {
    const [row] = await this.db.read((orm) => orm.select().from(users).where(eq(users.id, id)));
    if (!row) return undefined;
    const sessions = await sessionsOf(this.db, id);
    const [counts] = await this.db.query<{ own: number; conversations: number; sent: number; looked: number }>(COUNTS, [
      id,
      COUNTED_MOST + 1,
      LISTED_MOST + 1,
    ]);
    const { own = 0, conversations = 0, sent = 0, looked = 0 } = counts ?? {};
    return {
      ...adminUserOf(row),
      conversation_count: Math.min(conversations, LISTED_MOST),
      conversation_count_exact: own <= LISTED_MOST,
      messages_sent: sent,
      messages_sent_exact: looked <= COUNTED_MOST && own <= LISTED_MOST,
      sessions: sessions.slice(0, SESSIONS_LISTED),
      sessions_exact: sessions.length <= SESSIONS_LISTED,
    };
  }

  /** Writes down that an admin saw a user's sessions and addresses: once an hour for each admin and user. */
  noteViewing(by: Admin, id: number) {
    return audited<void>(this.db, by, async (tx) => {
      await tx.execute(sql`SELECT pg_advisory_xact_lock(${sql.raw(String(VIEW_LOCK))}, ${id})`);
      const [user] = await tx.select({ email: users.email }).from(users).where(eq(users.id, id));
      const [last] = await tx
        .select({ isRecent: sql<boolean>`${auditLog.at} > now() - interval '1 hour'` })
        .from(auditLog)
        .where(
          and(
            by ? eq(auditLog.actorId, by.userId) : sql`${auditLog.actorId} IS NULL`,
            eq(auditLog.action, "user_viewed"),
            eq(auditLog.targetType, "user"),
            eq(auditLog.targetId, String(id)),
          ),
        )
        .orderBy(desc(auditLog.id))
        .limit(1);
      const target = { type: "user", id } as const;
      const entry: Entry = { action: "user_viewed", target, details: { email: user?.email ?? "" } };
      return { outcome: undefined, entries: last?.isRecent ? [] : [entry] };
    });
  }

  /**
   * Changes a user's rights. `changed` names the ones that were different before. Rejects a change that would take the
   * admin's own account, or the server's last active superuser.
   */
  change(by: Admin, id: number, wanted: WantedRights) {
    return auditedAlone(this.db, by, async (tx) => {
      await lockRight(tx, id);
      const before = await lockUser(tx, id);
      const isActive = wanted.isActive ?? before.isActive;
      const isSuperuser = wanted.isSuperuser ?? before.isSuperuser;
      const changed: AccountChange[] = [];
      if (isActive !== before.isActive) changed.push(isActive ? "user_reactivated" : "user_deactivated");
      if (isSuperuser !== before.isSuperuser) changed.push(isSuperuser ? "superuser_granted" : "superuser_revoked");
      const target = { type: "user", id } as const;
      const entries = changed.map((action): Entry => ({ action, target, details: { email: before.email } }));
      if (changed.length === 0) return { outcome: { user: adminUserOf(before), ended: [], changed }, entries };

      const isLoss = before.isActive && before.isSuperuser && !(isActive && isSuperuser);
      if (by?.userId === id && isLoss) throw new Failure("own_account");
      const [row = before] = await tx.update(users).set({ isActive, isSuperuser }).where(eq(users.id, id)).returning();
      if (isLoss) await requireSuperuser(tx);
      // Change the user's row first. A login at the same time has made its session by then, or is refused.
      const ended = isActive ? [] : await deleteSessions(tx, id);
      if (!isActive) await voidLinksOf(tx, id);
      if (!isActive || isLoss) await revokeInvitesOf(tx, id, { all: !isActive });
      return { outcome: { user: adminUserOf(row), ended, changed }, entries };
    });
  }

  /** Deactivated users whose ids are greater than `after`, in the order of their ids. */
  async deactivated(after: number, limit: number): Promise<number[]> {
    const rows = await this.db.query<{ id: number }>(
      "SELECT id FROM users WHERE NOT is_active AND id > $1 ORDER BY id LIMIT $2",
      [after, limit],
    );
    return rows.map(({ id }) => id);
  }

  /** Ends one of the user's sessions, or all. */
  endSessions(by: Admin, userId: number, sessionId?: string) {
    return audited<EndedSession[]>(this.db, by, async (tx) => {
      const [user] = await tx.select({ email: users.email }).from(users).where(eq(users.id, userId));
      if (!user) throw new Failure("user_not_found");
      const { email } = user;
      const ended = await deleteSessions(tx, userId, sessionId);
      if (sessionId !== undefined && ended.length === 0) throw new Failure("session_not_found");
      const target = { type: "user", id: userId } as const;
      const entry: Entry =
        sessionId === undefined
          ? { action: "sessions_ended", target, details: { email, count: ended.length } }
          : { action: "session_ended", target, details: { email, session: sessionId } };
      return { outcome: ended, entries: ended.length === 0 ? [] : [entry] };
    });
  }
}

async function lockUser(tx: Transaction, id: number) {
  const [row] = await tx.select().from(users).where(eq(users.id, id)).for("no key update");
  if (!row) throw new Failure("user_not_found");
  return row;
}

async function requireSuperuser(tx: Transaction) {
  const [left] = await tx
    .select({ id: users.id })
    .from(users)
    .where(sql`${users.isSuperuser} AND ${users.isActive}`)
    .limit(1);
  if (!left) throw new Failure("last_superuser");
}

/** Reads at most $3 conversations and threads and $2 of their messages, the newest of each conversation first. */
const COUNTS = `WITH own AS MATERIALIZED (SELECT conversation_id AS id FROM participants WHERE user_id = $1 LIMIT $3)
  SELECT (SELECT count(*)::int FROM own) AS own, (
      SELECT count(*)::int FROM own CROSS JOIN LATERAL (
        SELECT FROM conversations WHERE id = own.id AND parent_id IS NULL OFFSET 0
      ) c
    ) AS conversations,
    count(*) FILTER (WHERE s.sender_id = $1)::int AS sent, count(*)::int AS looked
  FROM (
    SELECT m.sender_id FROM own CROSS JOIN LATERAL (
      SELECT sender_id FROM messages WHERE conversation_id = own.id ORDER BY seq DESC OFFSET 0
    ) m LIMIT $2
  ) s`;
