import postgres, { type Sql } from "postgres";
import type { Client } from "../../support/client.ts";
import { startPostgres } from "../../support/postgres.ts";
import { type ServerProcess, spawnServer } from "../../support/process.ts";
import { startRedis } from "../../support/redis.ts";
import { cpuMs } from "./cpu.ts";
import { COUNTING, PageAccesses } from "./page-accesses.ts";
import { Seeder } from "./seed.ts";

/** A node with PostgreSQL and Redis of its own, on which growth is measured. */
export interface BenchNode {
  seeder: Seeder;
  accesses: PageAccesses;
  /** Two people who are logged in. */
  ann: Client;
  bob: Client;
  /** People who are in no conversation. */
  strangers: number[];
  sql: Sql;
  /** Adds people. */
  addUsers(count: number): Promise<number[]>;
  /** Returns the same people each time: they are not the thing that grows. */
  crowd(count: number): Promise<number[]>;
  /** CPU time that the node, PostgreSQL and Redis have used so far, in ms. */
  cpu(): Promise<number>;
  stop(): Promise<void>;
}

export async function startBenchNode(strangers: number): Promise<BenchNode> {
  const database = await startPostgres({ ...COUNTING, shared_buffers: "512MB", max_wal_size: "4GB", fsync: "on" });
  const redis = await startRedis();
  const url = await database.createDatabase();
  const server: ServerProcess = await spawnServer({
    DATABASE_URL: url,
    REDIS_URL: redis.url,
    LOG_DIR: "off",
    LOG_LEVEL: "warn",
    // Few enough that all of them have their statements planned before anything is measured.
    DATABASE_POOL_SIZE: "2",
    MAX_PARTICIPANTS: "100000",
  });
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  const [ann, bob] = [await server.visitor().signUp("Ann"), await server.visitor().signUp("Bob")];
  const seeder = await Seeder.on(sql);
  const addUsers = async (count: number) => {
    const [row] = await sql<{ count: number }[]>`SELECT count(*)::int AS count FROM users`;
    return seeder.users((row?.count ?? 0) + count);
  };
  const crowd: number[] = [];
  return {
    seeder,
    strangers: await addUsers(strangers),
    addUsers,
    async crowd(count) {
      if (count > crowd.length) crowd.push(...(await addUsers(count - crowd.length)));
      return crowd.slice(0, count);
    },
    accesses: await PageAccesses.on(sql),
    ann,
    bob,
    sql,
    async cpu() {
      const backends = await sql<{ pid: number }[]>`SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()`;
      return cpuMs([server.pid, redis.pid(), ...backends.map((row) => row.pid)]);
    },
    async stop() {
      await sql.end();
      server.kill("SIGTERM");
      await server.exited;
      await redis.stop();
      await database.stop();
    },
  };
}
