/**
 * Measures searches beside PostgreSQL's own text search over the same messages with the same filter, in turn, and the cost of
 * the index. `bun tests/bench/search/main.ts [messages]`
 */
import { readFileSync } from "node:fs";
import pino from "pino";
import postgres, { type Sql } from "postgres";
import { OwnTurns } from "../../../src/server/base/own-turns.ts";
import { readConfig } from "../../../src/server/config.ts";
import { writeRows } from "../../../src/server/features/search/index-store.ts";
import { Search } from "../../../src/server/features/search/service.ts";
import { SearchStore } from "../../../src/server/features/search/store.ts";
import { openDriver } from "../../../src/server/node/drivers.ts";
import { storesOn } from "../../../src/server/node/stores.ts";
import { Database } from "../../../src/server/platform/postgres/database.ts";
import { postgresPrograms, startPostgres } from "../../support/postgres.ts";
import { Corpus, type Filled, fill } from "./corpus.ts";
import { queriesOf } from "./queries.ts";
import { measureSends } from "./sends.ts";
import { at } from "./spread.ts";

const MESSAGES = Number(process.argv[2] ?? 1_000_000);
const OWN = 200;
const OTHERS = 200;
const ROUNDS = 60;
const WARM_UP = 10;
/** The goals. */
const P95_MS = 25;
const TIMES_FASTER = 5;
const SIZE = 0.6;

const say = (line: string) => void process.stdout.write(`${line}\n`);
if (!postgresPrograms()) {
  say("SKIPPED: PostgreSQL is not installed");
  process.exit(0);
}
async function measure(url: string) {
  const driver = await openDriver(readConfig({ DATABASE_URL: url }), pino({ level: "silent" }));
  await driver.migrate(true);
  const database = new Database(driver);
  const stores = storesOn(database);
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  const corpus = new Corpus();
  const filled = await fill(sql, MESSAGES, OWN, OTHERS, corpus);
  const own = filled.own.reduce((sum, id) => sum + (filled.lengths.get(id) ?? 0), 0);
  say(`${MESSAGES} messages: ${own} in ${OWN} conversations of the user, the others in ${OTHERS}`);
  await index(sql, database, filled);
  const search = new Search({
    store: new SearchStore(database),
    filling: stores.filling,
    access: { requireParticipant: async () => {} },
    turns: new OwnTurns(),
    limiter: undefined,
    stems: undefined,
  });
  await measureSearches(sql, search, filled, corpus);
  // The rival's index would be no part of a send.
  await sql`DROP TABLE rival`;
  await measureSends({ database, stores, search, filled, corpus, postgresPid: server.pid(), say });
  await sql.end();
  await driver.close();
}

/** Writes both indexes, and says how large they are. */
async function index(sql: Sql, database: Database, { lengths }: Filled) {
  let started = performance.now();
  for (const [conversationId, length] of lengths)
    for (let after = 0; after < length; after += 2_000) {
      const range = {
        conversationId,
        epoch: "",
        after,
        upTo: Math.min(length, after + 2_000),
        changes: async () => [],
      };
      await database.transaction((tx) => writeRows(tx, [range]));
    }
  say(`index by the follower's writes: ${seconds(started)}`);
  await sql`INSERT INTO follower_cursors (follower, conversation_id, epoch, version)
    SELECT 'search', id, (SELECT epoch FROM history), last_version FROM conversations`;
  started = performance.now();
  await sql.unsafe(`CREATE TABLE rival (conversation_id uuid, seq bigint, at timestamptz, v tsvector);
    INSERT INTO rival SELECT conversation_id, seq, created_at, to_tsvector('simple', content) FROM messages;
    CREATE INDEX rival_v ON rival USING gin (v);
    CREATE INDEX rival_place ON rival (conversation_id, at)`);
  say(`to_tsvector('simple') with its index: ${seconds(started)}`);
  for (const table of ["messages", "conversations", "participants", "follower_cursors", "found", "rival"])
    await sql.unsafe(`VACUUM ANALYZE ${table}`);
  const size = async (what: string) => {
    const [row] = await sql.unsafe(`SELECT (${what})::double precision AS bytes`);
    return Number(row?.["bytes"]);
  };
  const messages = await size("pg_total_relation_size('messages')");
  for (const [name, what] of [
    ["messages, all", "pg_total_relation_size('messages')"],
    ["their texts alone", "(SELECT sum(octet_length(content)) FROM messages)"],
    ["found, rows", "pg_table_size('found')"],
    ["found, index of lexemes", "pg_relation_size('found_lexemes')"],
    ["found, all", "pg_total_relation_size('found')"],
    ["to_tsvector('simple'), all", "pg_total_relation_size('rival')"],
  ] as const) {
    const bytes = await size(what);
    const goal = name === "found, all" ? `, goal ≤ ${SIZE}: ${verdict(bytes / messages <= SIZE)}` : "";
    say(`size of ${name}: ${(bytes / 1e6).toFixed(1)} MB, ${(bytes / messages).toFixed(2)} × of the messages${goal}`);
  }
}

async function measureSearches(sql: Sql, search: Search, filled: Filled, corpus: Corpus) {
  const { userId } = filled;
  const rival = async (tsquery: string) => {
    const mine = await sql<{ id: string }[]>`SELECT conversation_id AS id FROM participants WHERE user_id = ${userId}`;
    return sql`SELECT m.* FROM (
        SELECT conversation_id, seq, at FROM rival
        WHERE v @@ ${tsquery}::tsquery AND conversation_id = ANY (${mine.map(({ id }) => id)}::uuid[])
        ORDER BY at DESC LIMIT 20
      ) r JOIN messages m USING (conversation_id, seq) ORDER BY r.at DESC`;
  };
  const [self] = await sql<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`;
  say("each: ms p50 / p95 / max, and ms of CPU p50 / p95 (of ours: node and PostgreSQL; of the other: PostgreSQL)");
  for (const [kind, make] of Object.entries(queriesOf(filled, corpus))) {
    const ours: Taken = { ms: [], cpu: [] };
    const theirs: Taken = { ms: [], cpu: [] };
    for (let i = 0; i < ROUNDS + WARM_UP; i++) {
      const { search: asked, q, tsquery } = make();
      const backends = await sql<{ pid: number }[]>`SELECT pid FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()`;
      const pids = [process.pid, ...backends.map(({ pid }) => pid)];
      const { results, exact } = await take(ours, i, pids, () => search.find(userId, asked));
      if (!exact) say(`${kind}: ${q} ended early`);
      if (tsquery === undefined) continue;
      const rows = await take(theirs, i, [self?.pid ?? 0], () => rival(tsquery));
      if (rows.length !== results.length) say(`${kind}: ${q} has ${results.length} results, the other ${rows.length}`);
    }
    const [fast, slow] = [at(ours.ms, 0.95), at(theirs.ms, 0.95)];
    const times = (of: (taken: Taken) => number) => (of(theirs) / of(ours)).toFixed(1);
    const beside =
      theirs.ms.length === 0
        ? ""
        : `; to_tsvector ${shown(theirs)}; × faster: ${times(({ ms }) => at(ms, 0.5))} / ${times(({ ms }) => at(ms, 0.95))} by the clock, ${times(({ cpu }) => at(cpu, 0.5))} / ${times(({ cpu }) => at(cpu, 0.95))} by CPU, goal ${TIMES_FASTER}: ${verdict(slow / fast >= TIMES_FASTER)}`;
    say(`${kind}: ${shown(ours)}, goal ≤ ${P95_MS}: ${verdict(fast <= P95_MS)}${beside}`);
  }
}

interface Taken {
  ms: number[];
  cpu: number[];
}

/** Other programs move the clock more than CPU time. */
async function take<T>(taken: Taken, round: number, pids: readonly number[], work: () => Promise<T>): Promise<T> {
  const before = cpuOf(pids);
  const began = performance.now();
  const result = await work();
  const ms = performance.now() - began;
  if (round >= WARM_UP) {
    taken.ms.push(ms);
    taken.cpu.push(cpuOf(pids) - before);
  }
  return result;
}

/** In ms. Only Linux tells it, and then for the first thread of a process. */
function cpuOf(pids: readonly number[]): number {
  let sum = 0;
  for (const pid of pids)
    try {
      sum += Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[0]) / 1e6;
    } catch {}
  return sum;
}

const shown = ({ ms, cpu }: Taken) =>
  `${at(ms, 0.5).toFixed(1)} / ${at(ms, 0.95).toFixed(1)} / ${Math.max(...ms).toFixed(0)} (CPU ${at(cpu, 0.5).toFixed(1)} / ${at(cpu, 0.95).toFixed(1)})`;
const verdict = (isMet: boolean) => (isMet ? "met" : "missed");
const seconds = (since: number) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

const server = await startPostgres({ shared_buffers: "1GB", max_wal_size: "8GB", maintenance_work_mem: "256MB" });
try {
  await measure(await server.createDatabase());
} finally {
  await server.stop();
}
process.exit(0);
