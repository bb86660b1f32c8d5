import { and, count, desc, eq, exists, ne, sql } from "drizzle-orm";
import { alias, type PgUpdateSetSource } from "drizzle-orm/pg-core";
import type { Account, NewUser, UserStore } from "../../domain/ports.ts";
import { codePoints } from "../../protocol/content.ts";
import type { Database } from "./database.ts";
import { isOneOf, iso, ms, userOf } from "./rows.ts";
import { participants, sessions, users } from "./schema.ts";
import { containing } from "./search.ts";

/** Of a search that fits more people than these the newest are found soon enough by looking through all. */
const FOUND_MOST = 10_000;

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

  async rename(id: number, names: { firstName?: string; lastName?: string }) {
    if (names.firstName === undefined && names.lastName === undefined) return (await this.byId(id))?.user;
    return this.update(id, names);
  }

  setPassword(id: number, passwordHash: string, keptSession: string) {
    return this.db.transaction(async (tx) => {
      // The user's row first: a login that runs beside it has its session by then, or is refused.
      await tx.update(users).set({ passwordHash }).where(eq(users.id, id));
      return tx
        .delete(sessions)
        .where(and(eq(sessions.userId, id), ne(sessions.id, keptSession)))
        .returning({ id: sessions.id, key: sessions.key });
    });
  }

  seen(id: number) {
    return this.update(id, { lastSeen: sql`now()` });
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
    const rows = await this.db.query<{ watcher: number; id: number; seen_ms: number | null }>(VISIBLE, [
      pairs.map(([watcher]) => watcher),
      pairs.map(([, id]) => id),
      [...watched.keys()],
    ]);
    const visible = new Map(Array.from(watched.keys(), (watcher) => [watcher, new Map<number, string | null>()]));
    for (const row of rows) visible.get(row.watcher)?.set(row.id, row.seen_ms === null ? null : iso(row.seen_ms));
    return visible;
  }

  private async update(id: number, values: PgUpdateSetSource<typeof users>) {
    const rows = await this.db.run((orm) => orm.update(users).set(values).where(eq(users.id, id)).returning());
    return rows[0] && userOf(rows[0]);
  }

  async list(query: { callerId: number; shared: boolean; search: string; limit: number; offset: number }) {
    const found = await this.found(query.search);
    const mine = alias(participants, "mine");
    const theirs = alias(participants, "theirs");
    return this.db.read(async (orm) => {
      const shown = and(
        ne(users.id, query.callerId),
        eq(users.isActive, true),
        found && isOneOf(users.id, found),
        query.search === "" || found
          ? undefined
          : sql`(${users.firstName} || ' ' || ${users.lastName} || ' ' || ${users.email}) ILIKE ${containing(query.search)}`,
        query.shared
          ? exists(
              orm
                .select({ one: sql`1` })
                .from(mine)
                .innerJoin(theirs, eq(theirs.conversationId, mine.conversationId))
                .where(and(eq(mine.userId, query.callerId), eq(theirs.userId, users.id))),
            )
          : undefined,
      );
      const rows = await orm
        .select()
        .from(users)
        .where(shown)
        .orderBy(desc(users.id))
        .limit(query.limit)
        .offset(query.offset);
      const [counted] = await orm.select({ total: count() }).from(users).where(shown);
      return { users: rows.map(userOf), total: counted?.total ?? 0 };
    });
  }

  /** All who have the text in their name or e-mail, by the index; undefined where they are too many for it. */
  private async found(search: string): Promise<number[] | undefined> {
    // What is shorter it finds only where a word begins.
    if (codePoints(search) < 3) return undefined;
    const rows = await this.db.query<{ id: number }>("SELECT id FROM confab_found_users($1, $2) AS id", [
      search,
      FOUND_MOST + 1,
    ]);
    return rows.length > FOUND_MOST ? undefined : rows.map(({ id }) => id);
  }
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

const accountOf = (row: typeof users.$inferSelect): Account => ({
  user: userOf(row),
  passwordHash: row.passwordHash,
  isSuperuser: row.isSuperuser,
  isActive: row.isActive,
});
