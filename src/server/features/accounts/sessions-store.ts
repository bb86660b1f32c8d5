import { and, desc, eq, inArray, lt, ne, or, sql } from "drizzle-orm";
import { fullNameOf } from "../../../protocol/names.ts";
import type { SessionInfo } from "../../../protocol/users.ts";
import type { Session } from "../../base/session.ts";
import type { Database, Transaction } from "../../platform/postgres/database.ts";
import { knownNetworks, secrets, sessions, users } from "../../platform/postgres/schema.ts";
import { arrayParam } from "../../platform/postgres/values.ts";
import type { EndedSession } from "./ended-sessions.ts";
import { PROVED_MS } from "./session-times.ts";
import { ALIVE, ENDED, IDLE, LIFETIME, SESSIONS_LISTED, sessionsOf } from "./statements.ts";

const PROVED = sql.raw(`interval '${PROVED_MS / 1000} seconds'`);
/** How many networks of a user's newest logins are remembered, and for how long. */
const NETWORKS_KNOWN = 50;
const NETWORKS_KNOWN_FOR = sql.raw("interval '90 days'");
/** The most sessions that one login ends. The next login ends the rest. */
const PUSHED_OUT_MOST = 1_000;

export interface NewSession {
  id: string;
  key: string;
  userId: number;
  passwordHash: string;
  address: string;
  network: string;
  client: string;
}

export class SessionsStore {
  constructor(private readonly db: Database) {}

  /**
   * A secret that only the nodes of this database share. `session` seals tokens, and `bus` names the bus of the nodes.
   */
  async secret(name: "session" | "bus"): Promise<string> {
    const [row] = await this.db.read((orm) => orm.select().from(secrets).where(eq(secrets.name, name)));
    if (!row) throw new Error(`the database has no ${name} secret`);
    return row.value;
  }

  /**
   * Starts a session. When the user has more than `max`, those that were used longest ago end. From now on the network
   * counts as one that the user has signed in from.
   * @returns `undefined` when `passwordHash` is no longer the user's: the password was changed after it was checked
   */
  create(
    { id, key, userId, passwordHash, address, network, client }: NewSession,
    max: number,
  ): Promise<EndedSession[] | undefined> {
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

  /** The account of an e-mail or an id, and whether its user has signed in from this network before. */
  async standing(
    account: { email: string } | { userId: number },
    { network, address }: { network: string; address: string },
  ) {
    // A session counts too: nodes of earlier releases remember no networks.
    const [row] = await this.db.query<{ id: number; email: string; known: boolean }>(
      `SELECT u.id, u.email, (EXISTS (SELECT FROM known_networks WHERE user_id = u.id AND network = $2)
         OR EXISTS (SELECT FROM sessions WHERE user_id = u.id AND address = $3)) AS known
       FROM users u WHERE ${"email" in account ? "u.email = $1" : "u.id = $1"}`,
      ["email" in account ? account.email : account.userId, network, address],
    );
    return row && { userId: row.id, email: row.email, isKnown: row.known };
  }

  /** Gives a session a new token, after its user has proved their password. */
  async renew(id: string, key: string) {
    await this.db.run((orm) => orm.update(sessions).set({ key, provedAt: sql`now()` }).where(eq(sessions.id, id)));
  }

  /** Notes that the user has proved their password in this session just now. */
  async prove(id: string) {
    await this.db.run((orm) => orm.update(sessions).set({ provedAt: sql`now()` }).where(eq(sessions.id, id)));
  }

  /** The live session of this key, if its user is active. */
  async find(key: string): Promise<Session | undefined> {
    const [row] = await this.db.read((orm) =>
      orm
        .select({
          sessions,
          users,
          // The database's clock decides, because it wrote the moment down.
          isProved: sql<boolean>`${sessions.provedAt} > now() - ${PROVED}`,
        })
        .from(sessions)
        .innerJoin(users, eq(users.id, sessions.userId))
        .where(and(eq(sessions.key, key), eq(users.isActive, true), ALIVE)),
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

  /** Writes down that these sessions are in use, once a minute at most. Returns the ids of those that still live. */
  async touch(ids: string[]): Promise<string[]> {
    if (ids.length === 0) return [];
    const named = sql`${sessions.id} = ANY (${arrayParam(ids)}::uuid[])`;
    const unwritten = sql`${sessions.lastUsedAt} < now() - interval '50 seconds'`;
    await this.db.run((orm) =>
      orm
        .update(sessions)
        .set({ lastUsedAt: sql`now()` })
        .where(and(named, ALIVE, unwritten)),
    );
    const rows = await this.db.read((orm) =>
      orm
        .select({ id: sessions.id })
        .from(sessions)
        .innerJoin(users, eq(users.id, sessions.userId))
        .where(and(named, ALIVE, eq(users.isActive, true))),
    );
    return rows.map((row) => row.id);
  }

  async list(userId: number): Promise<Omit<SessionInfo, "current">[]> {
    return (await sessionsOf(this.db, userId)).slice(0, SESSIONS_LISTED);
  }

  /** Ends one session of the user. Returns `undefined` when they have none of this id. */
  async end(userId: number, id: string): Promise<EndedSession | undefined> {
    const [ended] = await this.db.run((orm) =>
      orm
        .delete(sessions)
        .where(and(eq(sessions.userId, userId), eq(sessions.id, id)))
        .returning(ENDED),
    );
    return ended;
  }

  /** Ends all sessions of the user but one. */
  endOthers(userId: number, keptId: string): Promise<EndedSession[]> {
    return this.db.run((orm) =>
      orm
        .delete(sessions)
        .where(and(eq(sessions.userId, userId), ne(sessions.id, keptId)))
        .returning(ENDED),
    );
  }

  /** Deletes sessions that have ended by age, and networks that were not used for long. */
  async prune(): Promise<void> {
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
