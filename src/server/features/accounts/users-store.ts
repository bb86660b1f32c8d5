import { and, eq, ne, sql } from "drizzle-orm";
import type { PgUpdateSetSource } from "drizzle-orm/pg-core";
import type { User } from "../../../protocol/users.ts";
import { USER_COLUMNS, type UserRow, userOf, userOfRow } from "../../log/rows.ts";
import type { Database } from "../../platform/postgres/database.ts";
import { sessions, users } from "../../platform/postgres/schema.ts";
import { BEYOND_ALL, foundUsers, has } from "../../platform/postgres/search.ts";
import { auditedAlone } from "../audit/audited.ts";
import type { Entry } from "../audit/entry.ts";
import type { Account, AccountChange, NewUser, ProfileValues } from "./account.ts";
import type { EndedSession } from "./ended-sessions.ts";
import { deleteSessions, voidLinksOf } from "./statements.ts";

/** An account whose password the command line has set. */
interface Reset {
  user: User;
  isActive: boolean;
  changed: AccountChange[];
  ended: EndedSession[];
}

export class UsersStore {
  constructor(private readonly db: Database) {}

  /** Returns `undefined` when the e-mail is taken. */
  async create(user: NewUser) {
    const rows = await this.db.run((orm) =>
      orm.insert(users).values(user).onConflictDoNothing({ target: users.email }).returning(),
    );
    return rows[0] && userOf(rows[0]);
  }

  async byId(id: number) {
    const rows = await this.db.read((orm) => orm.select().from(users).where(eq(users.id, id)));
    return rows[0] && accountOf(rows[0]);
  }

  async byEmail(email: string) {
    const rows = await this.db.read((orm) => orm.select().from(users).where(eq(users.email, email)));
    return rows[0] && accountOf(rows[0]);
  }

  async change(id: number, values: ProfileValues) {
    if (Object.keys(values).length === 0) return this.byId(id);
    const row = await this.update(id, values);
    return row && accountOf(row);
  }

  /** Sets a password and ends all the user's sessions but `keptSession`: both or neither. Returns the sessions that ended. */
  setPassword(id: number, passwordHash: string, keptSession: string) {
    return this.db.transaction(async (tx) => {
      // Change the user's row first. A login at the same time has made its session by then, or is refused.
      await tx.update(users).set({ passwordHash }).where(eq(users.id, id));
      await voidLinksOf(tx, id);
      return tx
        .delete(sessions)
        .where(and(eq(sessions.userId, id), ne(sessions.id, keptSession)))
        .returning({ id: sessions.id, key: sessions.key });
    });
  }

  /**
   * Sets the password of an account for the command line, and ends all its sessions and links: all or nothing. With
   * `isSuperuser` the user becomes an active superuser too. Returns `undefined` when there is no such account.
   */
  resetPassword(email: string, passwordHash: string, { isSuperuser }: { isSuperuser: boolean }) {
    return auditedAlone<Reset | undefined>(this.db, null, async (tx) => {
      const [before] = await tx.select().from(users).where(eq(users.email, email)).for("no key update");
      if (!before) return { outcome: undefined, entries: [] };
      const { id } = before;
      const target = { type: "user", id } as const;
      const details = { email };
      const rights = isSuperuser ? { isSuperuser: true, isActive: true } : {};
      const changed: AccountChange[] = [];
      // The command line is the only way back in, so a deactivated superuser is activated too.
      if (isSuperuser && !before.isActive) changed.push("user_reactivated");
      if (isSuperuser && !before.isSuperuser) changed.push("superuser_granted");
      const entries = ["password_set" as const, ...changed].map((action): Entry => ({ action, target, details }));
      const [row = before] = await tx
        .update(users)
        .set({ passwordHash, ...rights })
        .where(eq(users.id, id))
        .returning();
      await voidLinksOf(tx, id);
      const ended = await deleteSessions(tx, id);
      return { outcome: { user: userOf(row), isActive: row.isActive, changed, ended }, entries };
    });
  }

  /** Makes a superuser for the command line. Returns `undefined` when the e-mail is taken. */
  createSuperuser(user: NewUser) {
    return auditedAlone<User | undefined>(this.db, null, async (tx) => {
      const [row] = await tx.insert(users).values(user).onConflictDoNothing({ target: users.email }).returning();
      if (!row) return { outcome: undefined, entries: [] };
      const target = { type: "user", id: row.id } as const;
      const entry: Entry = { action: "superuser_created", target, details: { email: row.email } };
      return { outcome: userOf(row), entries: [entry] };
    });
  }

  /** Replaces a hash by another one of the same password, unless the stored hash is another one by now. */
  async renewHash(id: number, passwordHash: string, renewed: string) {
    const isThere = and(eq(users.id, id), eq(users.passwordHash, passwordHash));
    await this.db.run((orm) => orm.update(users).set({ passwordHash: renewed }).where(isThere));
  }

  /** Sets `last_seen` to now. */
  async seen(id: number) {
    const row = await this.update(id, { lastSeen: sql`now()` });
    return row && userOf(row);
  }

  private async update(id: number, values: PgUpdateSetSource<typeof users>) {
    const rows = await this.db.run((orm) => orm.update(users).set(values).where(eq(users.id, id)).returning());
    return rows[0];
  }

  /** Everybody but the caller, newest first. `shared`: only people with whom the caller shares a conversation. */
  async list(query: { callerId: number; shared: boolean; search: string; limit: number; offset: number }) {
    const { callerId, shared, search, limit, offset } = query;
    // Where searches may not use the index, the pieces of this list search by themselves.
    const found = this.db.searchesByIndex ? await foundUsers(this.db, search) : undefined;
    const list = walkOf({ isSearched: search !== "" && !found, isOfFound: found !== undefined, isShared: shared });
    const shown: User[] = [];
    let total = 0;
    let before = BEYOND_ALL;
    for (;;) {
      const rows = await this.db.bulk<WalkedRow>(list, [
        before,
        this.db.pieceRows,
        Math.max(0, offset - total),
        limit - shown.length,
        callerId,
        ...(found ? [found] : []),
        ...(search !== "" && !found ? [search] : []),
      ]);
      const [first] = rows;
      for (const row of rows) if (isUser(row)) shown.push(userOfRow(row));
      total += first?.shown ?? 0;
      if (!first || first.looked < this.db.pieceRows || first.oldest === null) return { users: shown, total };
      before = first.oldest;
    }
  }
}

/** The counts of a piece, and one shown user of it, if there is one. */
type WalkedRow = Partial<UserRow> & { looked: number; shown: number; oldest: number | null };

const isUser = (row: Partial<UserRow>): row is UserRow => row.user_id != null;

/**
 * One piece of a list, newest first. It reads $2 users whose id is below $1, leaves out the first $3 that match, and
 * shows the next $4. $5 is the caller, $6 the text or the ids that were found.
 */
function walkOf({ isSearched, isOfFound, isShared }: { isSearched: boolean; isOfFound: boolean; isShared: boolean }) {
  const conditions = ["u.is_active", "u.id <> $5"];
  if (isSearched) conditions.push(has("u.folded", "$6"));
  // IS TRUE keeps the planner from a join. The planner then hashes the caller's conversations once.
  if (isShared)
    conditions.push(`EXISTS (
      SELECT FROM (SELECT conversation_id AS id FROM participants WHERE user_id = u.id OFFSET 0) theirs
      WHERE (theirs.id IN (SELECT conversation_id FROM participants WHERE user_id = $5)) IS TRUE
    )`);
  return `WITH piece AS MATERIALIZED (
      SELECT u.id, ${conditions.join(" AND ")} AS is_shown FROM (
        SELECT * FROM users WHERE id < $1::bigint${isOfFound ? " AND id = ANY ($6::integer[])" : ""} ORDER BY id DESC LIMIT $2
      ) u
    ), page AS MATERIALIZED (
      SELECT id FROM piece WHERE is_shown ORDER BY id DESC OFFSET $3 LIMIT $4
    )
    SELECT counted.*, found.* FROM (
      SELECT count(*)::int AS looked, count(*) FILTER (WHERE is_shown)::int AS shown, min(id) AS oldest FROM piece
    ) counted LEFT JOIN LATERAL (
      SELECT ${USER_COLUMNS} FROM page CROSS JOIN LATERAL (SELECT * FROM users WHERE id = page.id OFFSET 0) u
    ) found ON true
    ORDER BY found.user_id DESC`;
}

export const accountOf = (row: typeof users.$inferSelect): Account => ({
  user: userOf(row),
  passwordHash: row.passwordHash,
  isSuperuser: row.isSuperuser,
  isActive: row.isActive,
  mayAddMe: row.mayAddMe,
});
