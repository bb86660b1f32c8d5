import postgres from "postgres";
import { Failure } from "../../base/failure.ts";
import { deadline, errorCode, TimeoutError } from "./database.ts";

/** PostgreSQL 15 is the oldest that has everything that the statements use. */
const OLDEST_VERSION = 150_000;
/** Where the migrations make the tables. */
export const DEFAULT_SCHEMA = "public";
/** How often two connections are asked in turn. Behind a pooler that shares them, one round has been enough so far. */
const ROUNDS = 5;
const ANSWER_WITHIN_MS = 5_000;

/** The database can't be served, and waiting does not help. The text says what to do. */
class DatabaseRefusal extends Error {}

/** The properties of a server and a database that matter here. */
export interface DatabaseFacts {
  version: number;
  versionName: string;
  database: string;
  encoding: string;
  ctype: string;
  isStandby: boolean;
  synchronousCommit: string;
  fsync: string;
  /** Where the tables are, if they are anywhere. */
  tablesIn: string | null;
  /** Where the role's search_path would put new ones. */
  newTablesIn: string | null;
}

/**
 * Examines the database before anything else uses it, on connections that set nothing and leave nothing behind.
 * @returns the schema in which the tables are, or will be
 * @throws DatabaseRefusal when it can't be served
 */
export async function examineDatabase(url: string, onWarning: (text: string) => void): Promise<string> {
  const first = connect(url);
  const second = connect(url);
  try {
    const facts = await factsOf(first);
    const refusal = refusalOf(facts);
    if (refusal !== undefined) throw new DatabaseRefusal(refusal);
    if (facts.isStandby) throw new Failure("unavailable", { message: IS_STANDBY });
    if (await sharesSessions(first, second)) throw new DatabaseRefusal(SHARES_SESSIONS);
    for (const text of warningsOf(facts)) onWarning(text);
    return facts.tablesIn ?? DEFAULT_SCHEMA;
  } catch (error) {
    throw explained(error);
  } finally {
    await Promise.all([first.end(), second.end()]);
  }
}

/** The reason why a database with these properties can't be served. `undefined`: it can. */
export function refusalOf(facts: DatabaseFacts): string | undefined {
  const { database } = facts;
  if (facts.version < OLDEST_VERSION)
    return `The database server is PostgreSQL ${facts.versionName}; Confab needs 15 or newer. Upgrade it, or use another server.`;
  if (facts.encoding !== "UTF8")
    return `The database "${database}" has the encoding ${facts.encoding}, which can't store every text; Confab needs UTF8. Make a new one: CREATE DATABASE confab ENCODING 'UTF8' TEMPLATE template0, with LC_COLLATE 'C' LC_CTYPE 'C' where the server's own locale does not fit.`;
  if (facts.tablesIn === null && facts.newTablesIn !== null && facts.newTablesIn !== DEFAULT_SCHEMA)
    return `The role's search_path puts new tables into the schema "${facts.newTablesIn}"; Confab makes its own in "${DEFAULT_SCHEMA}". Take search_path out of DATABASE_URL, or reset it: ALTER ROLE … RESET search_path, ALTER DATABASE … RESET search_path. To have Confab by itself, give it a database of its own.`;
  return undefined;
}

const IS_STANDBY =
  "The database is a standby: recovery is in progress, and nothing can be written. Point DATABASE_URL at the primary, or promote this standby.";

const SHARES_SESSIONS =
  "DATABASE_URL leads to a pooler that gives each transaction, or each statement, another connection. Confab keeps a lock, settings and prepared statements for as long as a connection lives. Give it the address of PostgreSQL itself, or a pool in session mode (PgBouncer: pool_mode = session).";

export function warningsOf(facts: DatabaseFacts): string[] {
  const warnings: string[] = [];
  if (facts.synchronousCommit === "off")
    warnings.push(
      "synchronous_commit is off for this database or role: a crash of the database server may lose messages that were acked. Where that is not wanted: ALTER DATABASE … RESET synchronous_commit.",
    );
  if (facts.fsync === "off")
    warnings.push(
      "fsync is off on the database server: a crash of its machine may lose messages that were acked, and damage the database.",
    );
  if (/^(C|POSIX)$/.test(facts.ctype))
    warnings.push(
      `The database's LC_CTYPE is ${facts.ctype}: its own functions know letters of ASCII only. Confab's searches do not use them; other programs on this database may miss Łukasz when they look for łukasz.`,
    );
  return warnings;
}

/** One connection that knows whether it was closed meanwhile. */
function connect(url: string) {
  let closed = 0;
  const client = postgres(url, {
    max: 1,
    connect_timeout: ANSWER_WITHIN_MS / 1000,
    fetch_types: false,
    onnotice: () => {},
    onclose: () => void closed++,
    connection: { application_name: "confab" },
  });
  return {
    wasClosed: () => closed > 0,
    async row<Row>(text: string): Promise<Row | undefined> {
      const [row] = await deadline(client.unsafe<Row[]>(text), ANSWER_WITHIN_MS);
      return row;
    },
    end: () => client.end({ timeout: 0 }).catch(() => {}),
  };
}

type Connection = ReturnType<typeof connect>;

async function factsOf(connection: Connection): Promise<DatabaseFacts> {
  const facts = await connection.row<DatabaseFacts>(FACTS);
  if (!facts) throw new Failure("unavailable");
  return facts;
}

/**
 * This statement works from PostgreSQL 9.6 on, so that an old server gets a refusal with its version instead of a
 * failure. Every release has `confab_grams`.
 */
const FACTS = `SELECT current_setting('server_version_num')::integer AS version, current_setting('server_version') AS "versionName",
    datname AS database, pg_encoding_to_char(encoding) AS encoding, datctype AS ctype, pg_is_in_recovery() AS "isStandby",
    current_setting('synchronous_commit') AS "synchronousCommit", current_setting('fsync') AS fsync,
    current_schema() AS "newTablesIn", (
      SELECT nspname FROM pg_catalog.pg_proc JOIN pg_catalog.pg_namespace ON pg_namespace.oid = pronamespace
      WHERE proname = 'confab_grams'
      ORDER BY array_position(current_schemas(false), nspname), nspname <> '${DEFAULT_SCHEMA}' LIMIT 1
    ) AS "tablesIn"
  FROM pg_catalog.pg_database WHERE datname = current_database()`;

/**
 * Whether a pooler gives PostgreSQL's connections to others while ours are open. Then the first one gets another backend
 * than before, or the second one gets the backend of the first. A pid can come back, but not with the same start time.
 */
async function sharesSessions(first: Connection, second: Connection): Promise<boolean> {
  const own = await backendOf(first);
  const others = await secondBackend(second);
  if (own === others) return true;
  for (let round = 0; round < ROUNDS; round++)
    if ((await backendOf(first)) !== own || (await backendOf(second)) !== others) {
      // A connection that broke and was made again has another backend, although nothing is shared.
      if (first.wasClosed() || second.wasClosed()) throw new TimeoutError("the database closed a connection");
      return true;
    }
  return false;
}

/** Without a pooler, a second connection is opened or refused at once. */
const secondBackend = (second: Connection) =>
  backendOf(second).catch((error: unknown) => {
    if (!(error instanceof TimeoutError)) throw error;
    throw new Failure("unavailable", { message: NO_SECOND });
  });

const NO_SECOND = `The database answers on one connection, and gave no second one within ${ANSWER_WITHIN_MS} ms. A pool in front of it is too small: each node needs DATABASE_POOL_SIZE and ten more.`;

async function backendOf(connection: Connection): Promise<string | undefined> {
  const row = await connection.row<{ backend: string }>(
    `SELECT pg_catalog.concat(pid, ' ', extract(epoch FROM backend_start)) AS backend
     FROM pg_catalog.pg_stat_activity WHERE pid = pg_catalog.pg_backend_pid()`,
  );
  return row?.backend;
}

/** A pooler that refuses a parameter in the URL does not say what to do. This text does. */
function explained(error: unknown): unknown {
  const parameter = /unsupported startup parameter(?: in options)?: (\S+)/.exec(
    error instanceof Error ? error.message : "",
  )?.[1];
  if (parameter === undefined || errorCode(error) !== "08P01") return error;
  return new DatabaseRefusal(
    `The pooler at DATABASE_URL refuses the start-up parameter ${parameter}. Take it out of DATABASE_URL; Confab sets what it needs by itself, once it is connected. Or name it in PgBouncer's ignore_startup_parameters.`,
    { cause: error },
  );
}
