import { drizzle } from "drizzle-orm/postgres-js";
import { migrate } from "drizzle-orm/postgres-js/migrator";
import postgres from "postgres";
import { type Driver, type Query, STATEMENT_TIMEOUT_MS } from "./database.ts";
import { MIGRATIONS, requireMigrated } from "./migrations.ts";
import * as schema from "./schema.ts";

type Client = ReturnType<typeof connect>;

/** How long a row lock is waited for, in ms. */
const LOCK_TIMEOUT_MS = 1_500;
/** Two: one for the batch being written, one for a conversation whose row somebody else holds. */
const LOG_CONNECTIONS = 2;
/** Any number that no other program on this database uses; names the lock under which migrations run. */
const MIGRATION_LOCK = 7_163_001;

function connect(url: string, max: number) {
  return postgres(url, {
    max,
    connect_timeout: 2,
    idle_timeout: 0,
    max_lifetime: null,
    backoff: (retries: number) => Math.min(0.05 * 2 ** retries, 1),
    onnotice: () => {},
    // int8 as a number: the counters stay far below 2^53.
    types: { int8: { to: 20, from: [20], serialize: String, parse: Number } },
    connection: {
      application_name: "confab",
      statement_timeout: STATEMENT_TIMEOUT_MS,
      lock_timeout: LOCK_TIMEOUT_MS,
      idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
    },
  });
}

/** The PostgreSQL driver. Connects when first used; a server that is away is tried again by each call. */
export function openPostgres(options: { url: string; poolSize: number }): Driver {
  const pool = connect(options.url, options.poolSize);
  const log = connect(options.url, LOG_CONNECTIONS);
  return {
    orm: drizzle(pool, { schema }),
    query: queryOn(pool),
    logQuery: queryOn(log),
    migrate: (apply) => migratePostgres(options.url, apply),
    async close() {
      await Promise.all([pool.end({ timeout: 2 }), log.end({ timeout: 2 })]);
    },
  };
}

function queryOn(client: Client): Query {
  return async <Row>(text: string, parameters: Parameters<Query>[1]) => {
    const rows = await client.unsafe(text, parameters.map(mutable), { prepare: true });
    // The statement's text says which columns a row has; this is where that promise enters the types.
    return [...rows] as Row[];
  };
}

const mutable = (parameter: Parameters<Query>[1][number]) =>
  typeof parameter === "object" && parameter !== null ? [...parameter] : parameter;

/** On a connection of its own, without time-outs: a migration may take its time. */
async function migratePostgres(url: string, apply: boolean) {
  const client = postgres(url, { max: 1, connect_timeout: 5, onnotice: () => {} });
  try {
    const orm = drizzle(client);
    // drizzle takes no lock: two nodes that start together would both create the tables.
    await client`SELECT pg_advisory_lock(${MIGRATION_LOCK})`;
    if (apply) await migrate(orm, { migrationsFolder: MIGRATIONS });
    await requireMigrated(async (text) => [...(await client.unsafe(text))]);
  } finally {
    await client.end({ timeout: 2 });
  }
}
