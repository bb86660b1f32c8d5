import { and, count, desc, eq, exists, ne, type SQL, sql } from "drizzle-orm";
import { alias, type PgUpdateSetSource } from "drizzle-orm/pg-core";
import type { Account, NewUser, UserStore } from "../../domain/ports.ts";
import type { Database } from "./database.ts";
import { userOf } from "./rows.ts";
import { participants, sessions, users } from "./schema.ts";

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
    return this.shutOut(id, { passwordHash }, ne(sessions.id, keptSession));
  }

  deactivate(id: number) {
    return this.shutOut(id, { isActive: false });
  }

  async setSuperuser(id: number, isSuperuser: boolean) {
    await this.update(id, { isSuperuser });
  }

  seen(id: number) {
    return this.update(id, { lastSeen: sql`now()` });
  }

  /** The user's row first: a login that runs beside it has its session by then, or is refused. */
  private shutOut(id: number, values: PgUpdateSetSource<typeof users>, which?: SQL) {
    return this.db.transaction(async (tx) => {
      await tx.update(users).set(values).where(eq(users.id, id));
      return tx
        .delete(sessions)
        .where(and(eq(sessions.userId, id), which))
        .returning({ id: sessions.id, key: sessions.key });
    });
  }

  private async update(id: number, values: PgUpdateSetSource<typeof users>) {
    const rows = await this.db.run((orm) => orm.update(users).set(values).where(eq(users.id, id)).returning());
    return rows[0] && userOf(rows[0]);
  }

  async list(query: { callerId: number; shared: boolean; search: string; limit: number; offset: number }) {
    const pattern = `%${query.search.replace(/[\\%_]/g, "\\$&")}%`;
    const mine = alias(participants, "mine");
    const theirs = alias(participants, "theirs");
    return this.db.read(async (orm) => {
      const shown = and(
        ne(users.id, query.callerId),
        eq(users.isActive, true),
        query.search === ""
          ? undefined
          : sql`(${users.firstName} || ' ' || ${users.lastName} || ' ' || ${users.email}) ILIKE ${pattern}`,
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
}

const accountOf = (row: typeof users.$inferSelect): Account => ({
  user: userOf(row),
  passwordHash: row.passwordHash,
  isSuperuser: row.isSuperuser,
  isActive: row.isActive,
});
