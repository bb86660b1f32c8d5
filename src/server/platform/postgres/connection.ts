import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import {
  type Driver,
  deadline,
  isRolledBack,
  LOG_TIMEOUT_MS,
  type Parameter,
  type Query,
  STATEMENT_TIMEOUT_MS,
  Texts,
  type TimedQuery,
  TimeoutError,
  WAITING_AT_ONCE,
} from "./database.ts";
import type { Migrations, Run } from "./migrations.ts";
import * as tables from "./schema.ts";
import { NO_LIMITS, PLANS_BY_KEY, sessionPrelude } from "./session.ts";
import { arrayLiteral, TEXT_ARRAY, textArrayBytes } from "./values.ts";

type Client = ReturnType<typeof connect>;

/** How long a statement waits for a row lock, in ms. */
const LOCK_TIMEOUT_MS = 1_500;
/** The rows that a piece of a search reads. They take one core of the server some ms. */
const PIECE_ROWS = 10_000;
/** The number of the advisory lock under which migrations run. No other program on this database may use it. */
const MIGRATION_LOCK = 7_163_001;
const APPLICATION = "confab";

function connect(url: string, max: number, prelude: string) {
  return postgres(url, {
    max,
    connect_timeout: 2,
    idle_timeout: 0,
    max_lifetime: null,
    backoff: (retries: number) => Math.min(0.05 * 2 ** retries, 1),
    onnotice: () => {},
    // The driver would ask for types at a connection's start, and never again if that breaks. So arrays go as literals.
    fetch_types: false,
    // int8 as a number, because the counters stay far below 2^53.
    types: {
      int8: { to: 20, from: [20], serialize: String, parse: Number },
      // Only texts that may be long are an array here. Every other array is a literal by now.
      texts: {
        to: TEXT_ARRAY,
        from: [],
        serialize: (value: string | readonly string[]) => (typeof value === "string" ? value : textArrayBytes(value)),
        parse: String,
      },
    },
    connection: { application_name: APPLICATION },
    prelude,
  });
}

/** @param statementTimeoutMs the most that a statement takes */
const servingPrelude = (schema: string, statementTimeoutMs: number) =>
  sessionPrelude(schema, {
    application_name: APPLICATION,
    ...NO_LIMITS,
    statement_timeout: String(statementTimeoutMs),
    lock_timeout: String(LOCK_TIMEOUT_MS),
    idle_in_transaction_session_timeout: String(STATEMENT_TIMEOUT_MS),
    ...PLANS_BY_KEY,
  });

/**
 * The PostgreSQL driver. It connects when it is first used, and while the server is away each call tries again.
 * @param options.schema where the tables are; `examineDatabase` finds it
 */
export function openPostgres(options: {
  url: string;
  poolSize: number;
  schema: string;
  migrations: Migrations;
}): Driver {
  const { url, poolSize, schema, migrations } = options;
  const pool = connect(url, poolSize, servingPrelude(schema, STATEMENT_TIMEOUT_MS));
  const logPrelude = servingPrelude(schema, LOG_TIMEOUT_MS);
  const log = new LogClient(() => connect(url, 1, logPrelude));
  // A client of its own: without a free connection, postgres.js queues a statement behind one that waits for a lock.
  const waiting = new LogClient(() => connect(url, WAITING_AT_ONCE, logPrelude));
  const query = queryOn(pool);
  return {
    concurrency: poolSize,
    bulkConcurrency: Math.max(1, poolSize >> 2),
    pieceRows: PIECE_ROWS,
    searchesByIndex: true,
    commitsLater: true,
    orm: drizzle(pool, { schema: tables }),
    query,
    bulkQuery: query,
    logQuery: log.query,
    waitingLogQuery: waiting.query,
    migrate: (apply) => migratePostgres({ url, schema, migrations, apply }),
    async close() {
      await Promise.all([pool.end({ timeout: 2 }), log.end(), waiting.end()]);
    },
  };
}

/**
 * Connections of the log. When a statement is given up, the client closes its connections too. A statement that is not
 * sent yet must not be sent later, because its senders got the answer that nothing was done.
 */
class LogClient {
  private client: Client;

  constructor(private readonly open: () => Client) {
    this.client = open();
  }

  query: TimedQuery = async (text, parameters, timeoutMs) => {
    const used = this.client;
    try {
      return await deadline(queryOn(used)(text, parameters), timeoutMs);
    } catch (error) {
      if (error instanceof TimeoutError && this.client === used) {
        this.client = this.open();
        used.end({ timeout: 0 }).catch(() => {});
      }
      throw error;
    }
  };

  end() {
    return this.client.end({ timeout: 2 });
  }
}

function queryOn(client: Client): Query {
  return async <Row>(text: string, parameters: Parameters<Query>[1]) => {
    const rows = await client.unsafe(text, parameters.map(parameterOf), { prepare: true });
    // The statement's text says which columns a row has; this is where that promise enters the types.
    return [...rows] as Row[];
  };
}

function parameterOf(parameter: Parameter) {
  if (typeof parameter !== "object" || parameter === null) return parameter;
  return parameter instanceof Texts ? parameter.values : arrayLiteral(parameter);
}

/**
 * How often a migration is tried again after PostgreSQL has rolled it back, as in a deadlock with calls of serving
 * nodes.
 */
const MIGRATION_TRIES = 10;

interface MigrationJob {
  url: string;
  schema: string;
  migrations: Migrations;
  apply: boolean;
}

/** On a connection of its own without time-outs, because a migration may take long. */
async function migratePostgres({ url, schema, migrations, apply }: MigrationJob) {
  const client = postgres(url, {
    max: 1,
    connect_timeout: 5,
    fetch_types: false,
    onnotice: () => {},
    connection: { application_name: APPLICATION },
    prelude: sessionPrelude(schema, { application_name: APPLICATION, ...NO_LIMITS }),
  });
  try {
    // Two nodes that start together would both create the tables.
    await client`SELECT pg_advisory_lock(${MIGRATION_LOCK})`;
    for (let left = apply ? MIGRATION_TRIES : 0; left > 0; left--)
      try {
        await client.begin((transaction) => migrations.apply(runOn(transaction)));
        break;
      } catch (error) {
        if (!isRolledBack(error) || left === 1) throw error;
      }
    await migrations.require(runOn(client));
  } finally {
    await client.end({ timeout: 2 });
  }
}

const runOn =
  (connection: Pick<Client, "unsafe">): Run =>
  async <Row>(text: string, parameters: Parameters<Run>[1] = []) => {
    const rows = await connection.unsafe(text, [...parameters]);
    // The statement's text says which columns a row has; this is where that promise enters the types.
    return [...rows] as Row[];
  };
