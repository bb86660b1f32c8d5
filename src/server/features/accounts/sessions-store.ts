import { and, desc, eq, inArray, lt, ne, or, sql } from "drizzle-orm";
import { fullNameOf } from "../../../protocol/names.ts";
import type { NewSession, SessionStore } from "../../log/ports.ts";
import type { Database, Transaction } from "../../platform/postgres/database.ts";
import { knownNetworks, passwordLinks, secrets, sessions, users } from "../../platform/postgres/schema.ts";
import { arrayParam } from "../../platform/postgres/values.ts";
import { PROVED_MS, SESSION_IDLE_MS, SESSION_LIFETIME_MS } from "./sessions.ts";

const IDLE = sql.raw(`interval '${SESSION_IDLE_MS / 1000} seconds'`);
const LIFETIME = sql.raw(`interval '${SESSION_LIFETIME_MS / 1000} seconds'`);
const PROVED = sql.raw(`interval '${PROVED_MS / 1000} seconds'`);
/** Sessions of a user that a list shows. */
export const SESSIONS_LISTED = 200;
/** Networks that are remembered of a user, those they signed in from last; and until when. */
const NETWORKS_KNOWN = 50;
const NETWORKS_KNOWN_FOR = sql.raw("interval '90 days'");
/** Sessions that one login ends at most; where a user has yet more, the next one goes on. */
const PUSHED_OUT_MOST = 1_000;
const ENDED = { id: sessions.id, key: sessions.key };
const alive = sql`${sessions.lastUsedAt} > now() - ${IDLE} AND ${sessions.createdAt} > now() - ${LIFETIME}`;

export class PostgresSessions implements SessionStore {
  constructor(private readonly db: Database) {}

  async secret(name: "session" | "bus") {
    const [row] = await this.db.read((orm) => orm.select().from(secrets).where(eq(secrets.name, name)));
    if (!row) throw new Error(`the database has no ${name} secret`);
    return row.value;
  }

  create({ id, key, userId, passwordHash, address, network, client }: NewSession, max: number) {
    return this.db.transaction(async (tx) => {
      // Logins of one user go one after the other, so that each counts the sessions of all before it.
      const [user] = await tx
        .select({ id: users.id })
        .from(users)
        .where(and(eq(users.id, userId), eq(users.passwordHash, passwordHash), eq(users.isActive, true)))
        .for("no key update");
      if (!user) return undefined;
      await tx.insert(sessions).values({ id, key, userId, address, client });
      await rememberNetwork(tx, userId, network);
      const pushedOut = tx
        .select({ id: sessions.id })
        .from(sessions)
        .where(and(eq(sessions.userId, userId), ne(sessions.id, id)))
        .orderBy(desc(sessions.lastUsedAt), desc(sessions.id))
        .limit(PUSHED_OUT_MOST)
        .offset(max - 1);
      return tx.delete(sessions).where(inArray(sessions.id, pushedOut)).returning(ENDED);
    });
  }

  async standing(
    account: { email: string } | { userId: number },
    { network, address }: { network: string; address: string },
  ) {
    // A session tells it too, of nodes that remember no networks.
    const [row] = await this.db.query<{ id: number; email: string; known: boolean }>(
      `SELECT u.id, u.email, (EXISTS (SELECT FROM known_networks WHERE user_id = u.id AND network = $2)
         OR EXISTS (SELECT FROM sessions WHERE user_id = u.id AND address = $3)) AS known
       FROM users u WHERE ${"email" in account ? "u.email = $1" : "u.id = $1"}`,
      ["email" in account ? account.email : account.userId, network, address],
    );
    return row && { userId: row.id, email: row.email, isKnown: row.known };
  }

  async renew(id: string, key: string) {
    await this.db.run((orm) => orm.update(sessions).set({ key, provedAt: sql`now()` }).where(eq(sessions.id, id)));
  }

  async prove(id: string) {
    await this.db.run((orm) => orm.update(sessions).set({ provedAt: sql`now()` }).where(eq(sessions.id, id)));
  }

  async find(key: string) {
    const [row] = await this.db.read((orm) =>
      orm
        .select({
          sessions,
          users,
          // By the database's clock, which wrote the moment down.
          isProved: sql<boolean>`${sessions.provedAt} > now() - ${PROVED}`,
        })
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
      isProved: row.isProved,
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
        .returning(ENDED),
    );
    return ended;
  }

  endOthers(userId: number, keptId: string) {
    return this.db.run((orm) =>
      orm
        .delete(sessions)
        .where(and(eq(sessions.userId, userId), ne(sessions.id, keptId)))
        .returning(ENDED),
    );
  }

  async prune() {
    await this.db.run((orm) =>
      orm
        .delete(sessions)
        .where(or(lt(sessions.lastUsedAt, sql`now() - ${IDLE}`), lt(sessions.createdAt, sql`now() - ${LIFETIME}`))),
    );
    await this.db.run((orm) =>
      orm.delete(knownNetworks).where(lt(knownNetworks.lastAt, sql`now() - ${NETWORKS_KNOWN_FOR}`)),
    );
  }
}

async function rememberNetwork(tx: Transaction, userId: number, network: string) {
  await tx
    .insert(knownNetworks)
    .values({ userId, network })
    .onConflictDoUpdate({ target: [knownNetworks.userId, knownNetworks.network], set: { lastAt: sql`now()` } });
  const forgotten = tx
    .select({ network: knownNetworks.network })
    .from(knownNetworks)
    .where(eq(knownNetworks.userId, userId))
    .orderBy(desc(knownNetworks.lastAt), knownNetworks.network)
    .offset(NETWORKS_KNOWN);
  await tx
    .delete(knownNetworks)
    .where(and(eq(knownNetworks.userId, userId), inArray(knownNetworks.network, forgotten)));
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
    .returning(ENDED);
}

/** A link that was made for a user before opens nothing any more: it may be in other hands. */
export async function voidLinksOf(tx: Transaction, userId: number): Promise<void> {
  await tx.delete(passwordLinks).where(eq(passwordLinks.userId, userId));
}
