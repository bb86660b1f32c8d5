import { and, desc, eq, lt, or, sql } from "drizzle-orm";
import type { NewSession, SessionStore } from "../../domain/ports.ts";
import { SESSION_IDLE_MS, SESSION_LIFETIME_MS } from "../../domain/sessions.ts";
import { fullNameOf } from "../../protocol/names.ts";
import type { Database, Transaction } from "./database.ts";
import { arrayParam } from "./rows.ts";
import { secrets, sessions, users } from "./schema.ts";

const IDLE = sql.raw(`interval '${SESSION_IDLE_MS / 1000} seconds'`);
const LIFETIME = sql.raw(`interval '${SESSION_LIFETIME_MS / 1000} seconds'`);
/** Sessions of a user that a list shows. */
export const SESSIONS_LISTED = 200;
const alive = sql`${sessions.lastUsedAt} > now() - ${IDLE} AND ${sessions.createdAt} > now() - ${LIFETIME}`;

export class PostgresSessions implements SessionStore {
  constructor(private readonly db: Database) {}

  async secret(name: "session" | "bus") {
    const [row] = await this.db.read((orm) => orm.select().from(secrets).where(eq(secrets.name, name)));
    if (!row) throw new Error(`the database has no ${name} secret`);
    return row.value;
  }

  async create({ id, key, userId, passwordHash, address, client }: NewSession) {
    const rows = await this.db.write<{ id: string }>(
      `INSERT INTO sessions (id, key, user_id, address, client)
       SELECT $1, $2, u.id, $5, $6 FROM users u WHERE u.id = $3 AND u.password_hash = $4 AND u.is_active FOR SHARE
       RETURNING id`,
      [id, key, userId, passwordHash, address, client],
    );
    return rows.length > 0;
  }

  async prove(id: string) {
    await this.db.run((orm) => orm.update(sessions).set({ provedAt: sql`now()` }).where(eq(sessions.id, id)));
  }

  async renew(id: string, key: string) {
    await this.db.run((orm) => orm.update(sessions).set({ key, provedAt: sql`now()` }).where(eq(sessions.id, id)));
  }

  async find(key: string) {
    const [row] = await this.db.read((orm) =>
      orm
        .select()
        .from(sessions)
        .innerJoin(users, eq(users.id, sessions.userId))
        .where(and(eq(sessions.key, key), eq(users.isActive, true), alive)),
    );
    if (!row) return undefined;
    return {
      id: row.sessions.id,
      key,
      userId: row.users.id,
      fullName: fullNameOf(row.users.firstName, row.users.lastName),
      isSuperuser: row.users.isSuperuser,
      lastUsedAt: row.sessions.lastUsedAt.getTime(),
    };
  }

  async touch(ids: string[]) {
    if (ids.length === 0) return [];
    const named = sql`${sessions.id} = ANY (${arrayParam(ids)}::uuid[])`;
    const unwritten = sql`${sessions.lastUsedAt} < now() - interval '50 seconds'`;
    await this.db.run((orm) =>
      orm
        .update(sessions)
        .set({ lastUsedAt: sql`now()` })
        .where(and(named, alive, unwritten)),
    );
    const rows = await this.db.read((orm) =>
      orm
        .select({ id: sessions.id })
        .from(sessions)
        .innerJoin(users, eq(users.id, sessions.userId))
        .where(and(named, alive, eq(users.isActive, true))),
    );
    return rows.map((row) => row.id);
  }

  async list(userId: number) {
    return (await sessionsOf(this.db, userId)).slice(0, SESSIONS_LISTED);
  }

  async end(userId: number, id: string) {
    const [ended] = await this.db.run((orm) =>
      orm
        .delete(sessions)
        .where(and(eq(sessions.userId, userId), eq(sessions.id, id)))
        .returning({ id: sessions.id, key: sessions.key }),
    );
    return ended;
  }

  async prune() {
    await this.db.run((orm) =>
      orm
        .delete(sessions)
        .where(or(lt(sessions.lastUsedAt, sql`now() - ${IDLE}`), lt(sessions.createdAt, sql`now() - ${LIFETIME}`))),
    );
  }
}

/** The live sessions of a user, last used first; one more than is shown tells that there are more. */
export async function sessionsOf(db: Database, userId: number) {
  const rows = await db.read((orm) =>
    orm
      .select()
      .from(sessions)
      .where(and(eq(sessions.userId, userId), alive))
      .orderBy(desc(sessions.lastUsedAt), desc(sessions.id))
      .limit(SESSIONS_LISTED + 1),
  );
  return rows.map((row) => ({
    id: row.id,
    created_at: row.createdAt.toISOString(),
    last_used_at: row.lastUsedAt.toISOString(),
    address: row.address,
    client: row.client,
  }));
}

/** Ends one session of a user, or all. */
export function deleteSessions(tx: Transaction, userId: number, id?: string) {
  return tx
    .delete(sessions)
    .where(and(eq(sessions.userId, userId), id === undefined ? undefined : eq(sessions.id, id)))
    .returning({ id: sessions.id, key: sessions.key });
}
