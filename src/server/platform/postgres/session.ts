/**
 * Settings that change what statements mean or what they answer. Each connection sets them itself, because the defaults of a
 * server, a database, a role or a URL can be anything.
 */
const MEANING = {
  client_encoding: "UTF8",
  // drizzle reads a moment as text. With 'SQL, DMY' day and month come back swapped.
  DateStyle: "ISO, MDY",
  IntervalStyle: "postgres",
  TimeZone: "UTC",
  bytea_output: "hex",
  // With less, moments that are selected as numbers lose their milliseconds.
  extra_float_digits: "1",
  standard_conforming_strings: "on",
  // With "off", NULL in an array's text is the word "NULL", and every send would have the same client_id.
  array_nulls: "on",
  transform_null_equals: "off",
  // An error where a policy would hide rows, because a chat with gaps is worse than none.
  row_security: "off",
  // Numbering relies on every statement seeing what was committed before it began.
  default_transaction_isolation: "read committed",
  default_transaction_read_only: "off",
  default_transaction_deferrable: "off",
  // With `replica` no foreign key is checked and nothing cascades.
  session_replication_role: "origin",
  // Above 0 an index of words returns a random part of its results.
  gin_fuzzy_search_limit: "0",
  exit_on_error: "off",
  "plpgsql.variable_conflict": "error",
  "plpgsql.extra_errors": "none",
};

/** No limits, for a migration, which can take long, and for the node lock, whose connection is idle for months. */
export const NO_LIMITS = {
  statement_timeout: "0",
  lock_timeout: "0",
  idle_in_transaction_session_timeout: "0",
  idle_session_timeout: "0",
  transaction_timeout: "0",
};

/**
 * Every statement reads rows by key. A connection keeps the plans of its first calls. Plans for tables of a page or two
 * would read whole tables later, and sort a group of thousands to find its first people.
 */
export const PLANS_BY_KEY = {
  enable_seqscan: "off",
  enable_bitmapscan: "off",
  enable_indexscan: "on",
  enable_indexonlyscan: "on",
  enable_nestloop: "on",
  plan_cache_mode: "auto",
  // These settings make the needed scans look so expensive that PostgreSQL would compile them first.
  jit: "off",
};

/**
 * The statement that each connection runs before any other. Start-up parameters would not work: PgBouncer refuses those that
 * it does not know, or ignores them silently. Settings that this server lacks are left out. A setting that has its value
 * already is not set again, because some are only for superusers.
 * @param schema where the tables are; temporary tables come after it, so none of them hides a table
 */
export function sessionPrelude(schema: string, settings: Record<string, string>): string {
  const searchPath = `${quoted(schema, '"')}, pg_temp`;
  const wanted = Object.entries({ ...MEANING, search_path: searchPath, ...settings });
  const rows = wanted.map(([name, value]) => `(${literal(name)}, ${literal(value)})`);
  return `SELECT pg_catalog.set_config(name, value, false) FROM (VALUES ${rows.join(", ")}) AS wanted (name, value)
    WHERE pg_catalog.current_setting(name, true) OPERATOR(pg_catalog.<>) value`;
}

/** The names of all these settings, for the test that sets each of them to something else. */
export const SESSION_SETTINGS = Object.keys({ ...MEANING, ...NO_LIMITS, ...PLANS_BY_KEY, search_path: "" });

const quoted = (text: string, mark: string) => mark + text.replaceAll(mark, mark + mark) + mark;

/** E'…' reads the same whatever `standard_conforming_strings` is. */
const literal = (text: string) => `E${quoted(text.replaceAll("\\", "\\\\"), "'")}`;
