import { and, eq, ne, sql } from "drizzle-orm";
import type { PgUpdateSetSource } from "drizzle-orm/pg-core";
import type { User } from "../../../protocol/users.ts";
import type { Account, NewUser, ProfileValues, UserStore } from "../../log/ports.ts";
import { USER_COLUMNS, type UserRow, userOf, userOfRow } from "../../log/rows.ts";
import type { Database } from "../../platform/postgres/database.ts";
import { sessions, users } from "../../platform/postgres/schema.ts";
import { BEYOND_ALL, foundUsers, has } from "../../platform/postgres/search.ts";
import { iso, ms } from "../../platform/postgres/values.ts";
import { auditedAlone, type Entry } from "../admin/audited.ts";
import type { AccountChange } from "../admin/ports.ts";
import { deleteSessions, voidLinksOf } from "./sessions-store.ts";

/** Conversations that are looked at for one person, more or less. */
const PLACES_A_PERSON = 5;

export class PostgresUsers implements UserStore {
  constructor(private readonly db: Database) {}

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

  setPassword(id: number, passwordHash: string, keptSession: string) {
    return this.db.transaction(async (tx) => {
      // The user's row first: a login that runs beside it has its session by then, or is refused.
      await tx.update(users).set({ passwordHash }).where(eq(users.id, id));
      await voidLinksOf(tx, id);
      return tx
        .delete(sessions)
        .where(and(eq(sessions.userId, id), ne(sessions.id, keptSession)))
        .returning({ id: sessions.id, key: sessions.key });
    });
  }

  resetPassword(email: string, passwordHash: string, { isSuperuser }: { isSuperuser: boolean }) {
    return auditedAlone<Awaited<ReturnType<UserStore["resetPassword"]>>>(this.db, null, async (tx) => {
      const [before] = await tx.select().from(users).where(eq(users.email, email)).for("no key update");
      if (!before) return { outcome: undefined, entries: [] };
      const { id } = before;
      const target = { type: "user", id } as const;
      const details = { email };
      const rights = isSuperuser ? { isSuperuser: true, isActive: true } : {};
      const changed: AccountChange[] = [];
      // It is the one way back in: a superuser who can't log in would be none.
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

  async renewHash(id: number, passwordHash: string, renewed: string) {
    const isThere = and(eq(users.id, id), eq(users.passwordHash, passwordHash));
    await this.db.run((orm) => orm.update(users).set({ passwordHash: renewed }).where(isThere));
  }

  async seen(id: number) {
    const row = await this.update(id, { lastSeen: sql`now()` });
    return row && userOf(row);
  }

  async wentOffline(people: { id: number; goneMs: number }[]) {
    const rows = await this.db.query<{ id: number; seen_ms: number }>(WENT_OFFLINE, [
      people.map(({ id }) => id),
      people.map(({ goneMs }) => Math.round(goneMs)),
    ]);
    return new Map(rows.map((row) => [row.id, iso(row.seen_ms)]));
  }

  async visible(watched: ReadonlyMap<number, Iterable<number>>) {
    const pairs = [...watched].flatMap(([watcher, ids]) => Array.from(ids, (id) => [watcher, id] as const));
    const visible = new Map(Array.from(watched.keys(), (watcher) => [watcher, new Map<number, string | null>()]));
    const atOnce = Math.ceil(this.db.pieceRows / PLACES_A_PERSON);
    for (let i = 0; i < pairs.length; i += atOnce) {
      const some = pairs.slice(i, i + atOnce);
      const watchers = some.map(([watcher]) => watcher);
      const ids = some.map(([, id]) => id);
      const rows = await this.db.query<{ watcher: number; id: number; seen_ms: number | null }>(VISIBLE, [
        watchers,
        ids,
        [...new Set(watchers)],
      ]);
      for (const row of rows) visible.get(row.watcher)?.set(row.id, row.seen_ms === null ? null : iso(row.seen_ms));
    }
    return visible;
  }

  private async update(id: number, values: PgUpdateSetSource<typeof users>) {
    const rows = await this.db.run((orm) => orm.update(users).set(values).where(eq(users.id, id)).returning());
    return rows[0];
  }

  async list(query: { callerId: number; shared: boolean; search: string; limit: number; offset: number }) {
    const { callerId, shared, search, limit, offset } = query;
    // Where the index may not be asked, this list's own pieces find them.
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

/** The counts of a piece, and a user of it who is shown, if there is one. */
type WalkedRow = Partial<UserRow> & { looked: number; shown: number; oldest: number | null };

const isUser = (row: Partial<UserRow>): row is UserRow => row.user_id != null;

/**
 * One piece of a list, newest first: $2 users from before the id $1 on are looked at. Of those who are listed the first
 * $3 are left out and $4 shown. $5 is the caller, $6 the text or the ids that were found.
 */
function walkOf({ isSearched, isOfFound, isShared }: { isSearched: boolean; isOfFound: boolean; isShared: boolean }) {
  const conditions = ["u.is_active", "u.id <> $5"];
  if (isSearched) conditions.push(has("u.folded", "$6"));
  // The caller's conversations are hashed once, as in VISIBLE.
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

/** For those who may know of a presence; everybody else sees `last_seen` alone. */
const SEEN = ms("greatest(u.last_seen, u.last_online)");

const WENT_OFFLINE = `UPDATE users u SET last_online = greatest(u.last_online, now() - gone.ms * interval '1 millisecond')
  FROM unnest($1::integer[], $2::bigint[]) AS gone (id, ms) WHERE u.id = gone.id
  RETURNING u.id, ${SEEN} AS seen_ms`;

/**
 * The watchers' conversations are hashed once (IS TRUE keeps them from being joined), and each person's looked through until one
 * is found there. MUST be asked for some hundred watchers at most: what is too much for a hash is searched from end to end.
 */
const VISIBLE = `SELECT asked.watcher, u.id, ${SEEN} AS seen_ms
  FROM unnest($1::integer[], $2::integer[]) AS asked (watcher, id)
  CROSS JOIN LATERAL (SELECT * FROM users WHERE id = asked.id OFFSET 0) u
  WHERE u.id = asked.watcher OR EXISTS (
    SELECT FROM (SELECT conversation_id AS id FROM participants WHERE user_id = u.id OFFSET 0) theirs
    WHERE ((asked.watcher, theirs.id) IN (SELECT user_id, conversation_id FROM participants WHERE user_id = ANY ($3::integer[]))) IS TRUE
  )`;

export const accountOf = (row: typeof users.$inferSelect): Account => ({
  user: userOf(row),
  passwordHash: row.passwordHash,
  isSuperuser: row.isSuperuser,
  isActive: row.isActive,
  mayAddMe: row.mayAddMe,
});
