import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import postgres from "postgres";
import { SQL_FUNCTIONS } from "../../src/server/node/sql-functions.ts";
import { openPostgres } from "../../src/server/platform/postgres/connection.ts";
import type { Driver } from "../../src/server/platform/postgres/database.ts";
import { DEFAULT_SCHEMA } from "../../src/server/platform/postgres/examine.ts";
import { Migrations } from "../../src/server/platform/postgres/migrations.ts";
import { modes } from "../support/modes.ts";
import { sharedPostgres } from "../support/postgres.ts";
import { startProxy, type TcpProxy } from "../support/proxy.ts";

const STRESS_MS = 4_000;
const STRESS_MORE_MS = 40_000;
const ANSWERED_LEAST = 100;
const BROKEN_LEAST = 10;
const migrations = new Migrations(SQL_FUNCTIONS);

/** patches/ mends the driver; what it mends is seen here. */
describe.skipIf(!modes.includes("postgres"))("connections to PostgreSQL that break off", () => {
  let network: TcpProxy;
  let url: string;
  let driver: Driver;

  beforeAll(async () => {
    const direct = new URL(await (await sharedPostgres()).createDatabase());
    network = await startProxy(Number(direct.port));
    direct.port = String(network.port);
    url = direct.href;
    driver = openPostgres({ url, poolSize: 1, schema: DEFAULT_SCHEMA, migrations });
  });
  afterAll(async () => {
    await driver.close();
    await network.stop();
  });

  const numbers = (upTo: number) => driver.query<{ n: number }>("SELECT n FROM generate_series(1, $1) n", [upTo]);

  test("in the middle of an answer leave nothing of it for the next one, and the next statement is answered", async () => {
    let cut = 0;
    for (let i = 0; i < 20; i++) {
      const long = numbers(100_000).then(
        () => {},
        () => void cut++,
      );
      await Bun.sleep(i);
      network.cut();
      await long;
      // The first may find that the connection has broken, and the second that it is not closed yet. Both are told so.
      const next = await numbers(3)
        .catch(() => numbers(3))
        .catch(() => numbers(3));
      expect(next).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    }
    expect(cut).toBeGreaterThan(0);
  });

  test("give each statement its own answer or none, whenever they break", async () => {
    const pool = openPostgres({ url, poolSize: 4, schema: DEFAULT_SCHEMA, migrations });
    const until = performance.now() + STRESS_MS;
    let answered = 0;
    let broken = 0;
    let asked = 0;
    // A busy machine needs longer for as many.
    const isEnough = () => answered > ANSWERED_LEAST && broken > BROKEN_LEAST;
    const latest = until + STRESS_MORE_MS;
    const goesOn = () => performance.now() < until || (performance.now() < latest && !isEnough());
    const ask = async () => {
      while (goesOn()) {
        const question = ++asked;
        // At once again after a failure: on a connection that is about to be found broken.
        const rows = await pool
          .query<{ question: number; n: number }>("SELECT $1::int AS question, n FROM generate_series(1, $2) n", [
            question,
            question % 5 === 0 ? 2_000 : question % 3,
          ])
          .catch(() => undefined);
        if (rows) {
          answered++;
          expect(rows.length).toBe(question % 5 === 0 ? 2_000 : question % 3);
          for (const row of rows) expect(row.question).toBe(question);
        } else {
          broken++;
          await Promise.resolve();
        }
      }
    };
    const cutting = (async () => {
      while (goesOn()) {
        // A connection needs two answers before it is of use: there must be time for it.
        await Bun.sleep(Math.random() * 80);
        if (Math.random() < 0.5) network.cut(() => Math.random() < 0.5);
        else network.loseAnswers = { left: 2, match: () => Math.random() < 0.3 };
      }
    })();
    await Promise.all([...Array.from({ length: 12 }, ask), cutting]);
    network.loseAnswers = undefined;
    expect(answered).toBeGreaterThan(ANSWERED_LEAST);
    expect(broken).toBeGreaterThan(BROKEN_LEAST);
    await pool.close();
  });

  test("in the middle of a transaction end it, and the next statement is served", async () => {
    for (let i = 0; i < 3; i++) {
      const admin = postgres(url, { max: 1, onnotice: () => {} });
      const ended = driver.orm.transaction((tx) => tx.execute("SELECT pg_sleep(20)")).catch((error: unknown) => error);
      const others = () => admin<{ pid: number }[]>`SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_sleep%'
        AND pid <> pg_backend_pid() AND state = 'active'`;
      let [sleeper] = await others();
      for (; !sleeper; [sleeper] = await others()) await Bun.sleep(5);
      await admin`SELECT pg_terminate_backend(${sleeper.pid})`;
      expect(await ended).toBeInstanceOf(Error);
      await Bun.sleep(50);
      expect(await numbers(2)).toEqual([{ n: 1 }, { n: 2 }]);
      await admin.end();
    }
  });

  test("before they are ready fail in time", async () => {
    const server = createServer((socket) => void socket.end()).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const nowhere = openPostgres({
      url: `postgres://confab@127.0.0.1:${port}/none`,
      poolSize: 1,
      schema: DEFAULT_SCHEMA,
      migrations,
    });
    await expect(nowhere.query("SELECT 1", [])).rejects.toThrow();
    await nowhere.close();
    server.close();
  });

  test("a row that fails in the middle leaves nothing for the next answer", async () => {
    await expect(driver.query("SELECT 1 / (500 - n) FROM generate_series(1, $1) n", [600])).rejects.toThrow("division");
    expect(await numbers(3)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  });
});
