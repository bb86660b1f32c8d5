import { and, desc, eq, sql } from "drizzle-orm";
import { LISTED_MOST } from "../../../protocol/admin.ts";
import type { User } from "../../../protocol/users.ts";
import { Failure } from "../../base/failure.ts";
import type { EndedSession, NewUser } from "../../log/ports.ts";
import { userOf } from "../../log/rows.ts";
import type { Database, Transaction } from "../../platform/postgres/database.ts";
import { auditLog, users } from "../../platform/postgres/schema.ts";
import { deleteSessions, SESSIONS_LISTED, sessionsOf, voidLinksOf } from "../accounts/sessions-store.ts";
import { revokeInvitesOf } from "../invites/store.ts";
import { audited, auditedAlone, type Entry, lockRight } from "./audited.ts";
import { type Counted, totalOf } from "./listed.ts";
import type { AccountChange, Admin, AdminUserStore } from "./ports.ts";
import { type AdminUserRow, adminUserOf, adminUserOfRow, isUser } from "./rows.ts";
import { findUsers, USERS_OF, userListOf } from "./user-lists.ts";

/** Any number that nothing else uses, before a user's id: looks at one user are written down one after the other. */
const VIEW_LOCK = 7_163_005;

/** Messages that are looked at to count those that somebody sent. */
const COUNTED_MOST = 10_000;

export class PostgresAdminUsers implements AdminUserStore {
  constructor(private readonly db: Database) {}

  async list({ search, isActive, isSuperuser, limit, offset }: Parameters<AdminUserStore["list"]>[0]) {
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

  async detail(id: number) {
    const [row] = await this.db.read((orm) => orm.select().from(users).where(eq(users.id, id)));
    if (!row) return undefined;
    const sessions = await sessionsOf(this.db, id);
    const [counts] = await this.db.query<{ conversations: number; sent: number; looked: number }>(COUNTS, [
      id,
      COUNTED_MOST + 1,
      LISTED_MOST + 1,
    ]);
    const { conversations = 0, sent = 0, looked = 0 } = counts ?? {};
    return {
      ...adminUserOf(row),
      conversation_count: Math.min(conversations, LISTED_MOST),
      conversation_count_exact: conversations <= LISTED_MOST,
      messages_sent: sent,
      messages_sent_exact: looked <= COUNTED_MOST && conversations <= LISTED_MOST,
      sessions: sessions.slice(0, SESSIONS_LISTED),
      sessions_exact: sessions.length <= SESSIONS_LISTED,
    };
  }

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

  change(by: Admin, id: number, wanted: Parameters<AdminUserStore["change"]>[2]) {
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
      // The user's row first: a login that runs beside it has its session by then, or is refused.
      const ended = isActive ? [] : await deleteSessions(tx, id);
      if (!isActive) await voidLinksOf(tx, id);
      if (!isActive || isLoss) await revokeInvitesOf(tx, id, { all: !isActive });
      return { outcome: { user: adminUserOf(row), ended, changed }, entries };
    });
  }

  async deactivated(after: number, limit: number) {
    const rows = await this.db.query<{ id: number }>(
      "SELECT id FROM users WHERE NOT is_active AND id > $1 ORDER BY id LIMIT $2",
      [after, limit],
    );
    return rows.map(({ id }) => id);
  }

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

  createSuperuser(user: NewUser) {
    return auditedAlone<User | undefined>(this.db, null, async (tx) => {
      const [row] = await tx.insert(users).values(user).onConflictDoNothing({ target: users.email }).returning();
      if (!row) return { outcome: undefined, entries: [] };
      const target = { type: "user", id: row.id } as const;
      const entry: Entry = { action: "superuser_created", target, details: { email: row.email } };
      return { outcome: userOf(row), entries: [entry] };
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

/** $2: messages that are looked at, the newest of each conversation first; $3: conversations. */
const COUNTS = `WITH own AS MATERIALIZED (SELECT conversation_id AS id FROM participants WHERE user_id = $1 LIMIT $3)
  SELECT (SELECT count(*)::int FROM own) AS conversations,
    count(*) FILTER (WHERE s.sender_id = $1)::int AS sent, count(*)::int AS looked
  FROM (
    SELECT m.sender_id FROM own CROSS JOIN LATERAL (
      SELECT sender_id FROM messages WHERE conversation_id = own.id ORDER BY seq DESC OFFSET 0
    ) m LIMIT $2
  ) s`;
