import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import pino from "pino";
import postgres, { type Sql } from "postgres";
import { readConfig } from "../../src/server/config.ts";
import { acquaintances } from "../../src/server/features/conversations/acquaintances.ts";
import type { Stores } from "../../src/server/log/ports.ts";
import { openDriver, storesOn } from "../../src/server/node/compose.ts";
import { Database } from "../../src/server/platform/postgres/database.ts";
import { COUNTING, canCount, PageAccesses } from "../bench/growth/page-accesses.ts";
import { Seeder } from "../bench/growth/seed.ts";
import { modes } from "../support/modes.ts";
import { type PostgresServer, startPostgres } from "../support/postgres.ts";
import { openTestStores, type TestStores } from "../support/stores.ts";

// Redis has no part in it.
describe.each(modes.filter((mode) => mode !== "redis"))("people who share a conversation (%s)", (mode) => {
  let stores: TestStores;
  beforeAll(async () => {
    stores = await openTestStores(mode);
  });
  afterAll(() => stores.close());

  test("are found in any number of conversations and ids, and in pieces of any size", async () => {
    const people = await Promise.all(Array.from({ length: 40 }, () => stores.user()));
    const [ann = 0, ...others] = people;
    const [far, near] = [others.slice(0, 10), others.slice(10)];
    await Promise.all(near.map((id) => stores.conversation([ann, id])));
    await stores.conversation([ann, ...near]);
    await stores.conversation([...far, ...near]);
    const asked = [...others, ann, 2 ** 31 - 1];
    for (const pieceRows of [1, 3, 7, 10_000]) {
      const bulk = <Row>(text: string, parameters: Parameters<TestStores["query"]>[1]) =>
        stores.query<Row>(text, parameters);
      // Only these two are asked for.
      const db = Object.assign(Object.create(Database.prototype), { bulk });
      Object.defineProperty(db, "pieceRows", { value: pieceRows });
      const found = await acquaintances(db, ann, asked);
      expect([...found].sort((a, b) => a - b)).toEqual([...near, ann].sort((a, b) => a - b));
      for (const id of far) expect(await acquaintances(db, ann, [id])).toEqual(new Set());
      for (const id of near) expect(await acquaintances(db, ann, [id])).toEqual(new Set([id]));
    }
    expect(await stores.conversations.sharing(ann, [])).toEqual(new Set());
  });
});

if (!canCount())
  process.stderr.write("SKIPPED: what strangers cost, as PostgreSQL's pg_stat_statements is not installed\n");

describe.skipIf(!canCount())("PostgreSQL", () => {
  let server: PostgresServer;
  let sql: Sql;
  let stores: Stores;
  let close: () => Promise<void>;
  let accesses: PageAccesses;
  let [ann, stranger]: number[] = [];
  const nobody = 2 ** 31 - 1;

  beforeAll(async () => {
    server = await startPostgres(COUNTING);
    const url = await server.createDatabase();
    const driver = await openDriver(
      readConfig({ DATABASE_URL: url, DATABASE_POOL_SIZE: "1" }),
      pino({ level: "silent" }),
    );
    await driver.migrate(true);
    stores = storesOn(new Database(driver));
    sql = postgres(url, { max: 1, onnotice: () => {} });
    close = () => driver.close();
    accesses = await PageAccesses.on(sql);
    const seeder = await Seeder.on(sql);
    [ann, stranger] = await seeder.users(2);
    const crowd = await seeder.users(200);
    await seeder.groups(2_000, [ann ?? 0], crowd.slice(0, 100), 0);
    await seeder.groups(20, [stranger ?? 0], crowd.slice(100), 0);
    await seeder.analyze();
  });
  afterAll(async () => {
    await close();
    await sql.end();
    await server.stop();
  });

  async function pagesOf(run: () => Promise<unknown>): Promise<number> {
    for (let i = 0; i < 8; i++) await run();
    await accesses.reset();
    await run();
    return (await accesses.read()).pages;
  }

  test("a look-up reads as many pages for a stranger as for an unused id", async () => {
    const pages = (id: number | undefined) => pagesOf(() => stores.conversations.sharing(ann ?? 0, [id ?? 0]));
    const [forNobody, forStranger] = [await pages(nobody), await pages(stranger)];
    expect(Math.abs(forStranger - forNobody)).toBeLessThan(forNobody / 50);
  });
});
