import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import pino from "pino";
import postgres, { type Sql } from "postgres";
import { readConfig } from "../../src/server/config.ts";
import { openDriver } from "../../src/server/node/drivers.ts";
import { type Stores, storesOn } from "../../src/server/node/stores.ts";
import { Database, type Driver } from "../../src/server/platform/postgres/database.ts";
import { COUNTING, canCount, PageAccesses } from "../bench/growth/page-accesses.ts";
import { Seeder } from "../bench/growth/seed.ts";
import { type PostgresServer, startPostgres } from "../support/postgres.ts";

const SMALL = 100;
const LARGE = 20_000;
/** Fewer pages than any of the large tables has: who touches no more has not looked one through. */
const FEW = 150;
/** From 100 to 20,000 an index gets one or two levels higher, and more of a page's rows lie on pages of their own. */
const GROWTH_MAX = 3;
/** People who wait to be added to the group. */
const STRANGERS = 100;
/** Each connection prepares a statement and plans it for good within its first calls of it. */
const WARM_UP = 8;
const CALLS = 4;

if (!canCount())
  process.stderr.write("SKIPPED: what grows with the data, as PostgreSQL's pg_stat_statements is not installed\n");

describe.skipIf(!canCount())("pages that PostgreSQL touches, from 100 to 20,000 rows of everything", () => {
  let server: PostgresServer;
  let driver: Driver;
  let stores: Stores;
  let sql: Sql;
  let seeder: Seeder;
  let accesses: PageAccesses;
  let [ann, bob] = [0, 0];
  let group = "";
  let strangers: number[] = [];

  const operations: Record<string, () => Promise<unknown>> = {
    send: () => stores.log.append(draft("Hello")),
    "ten sends at once": () => Promise.all(Array.from({ length: 10 }, (_, i) => stores.log.append(draft(`${i}`)))),
    "newest page": () => stores.log.page(group, { limit: 50 }),
    "page before a message": async () => stores.log.page(group, { limit: 50, beforeSeq: (await lastSeq()) >> 1 }),
    "page by offset": async () => stores.log.page(group, { limit: 50, offset: (await lastSeq()) >> 1 }),
    list: () => stores.conversations.summaries(ann, { limit: 20, offset: 0 }),
    detail: async () => [
      await stores.conversations.summary(ann, group),
      await stores.conversations.readPositions(group),
    ],
    "participants page": () => stores.conversations.participants(group, { after: 40, limit: 50 }),
    "mark read": async () => {
      await sql`UPDATE participants SET read_seq = 0 WHERE conversation_id = ${group} AND user_id = ${bob}`;
      return stores.memberships.markRead(group, bob, undefined);
    },
    "right to read": () => stores.memberships.membership(group, bob),
    head: () => stores.log.head(group),
    "where one stands": () => stores.memberships.standing(group, bob),
    "where one stands, with a cursor": async () => stores.memberships.standing(group, bob, (await lastVersion()) >> 1),
    "the tags of a room": async () => {
      const to = await lastVersion();
      return stores.log.places([{ conversationId: group, from: to - 31, to }]);
    },
    replay: async () => {
      const { lastVersion = 0 } = (await stores.log.head(group)) ?? {};
      const changes = await stores.log.changes(group, lastVersion - 50, lastVersion, 50);
      expect(changes).toHaveLength(50);
    },
    edit: async () => {
      const [message] = (await stores.log.page(group, { limit: 1, beforeSeq: 50 })).messages;
      await stores.log.amend(group, ann, message?.id ?? "", `changed ${crypto.randomUUID()}`);
    },
    "search for a person": async () => {
      const asked = { callerId: ann, shared: false, search: "owd77@EXAMPLE", limit: 20, offset: 0 };
      expect(await stores.users.list(asked)).toMatchObject({ users: { length: 1 }, total: 1 });
    },
    "add a member": () =>
      stores.conversations.alter(group, ann, { kind: "add", userIds: strangers.splice(0, 1), max: 100_000 }),
  };
  const lastVersion = async () => (await stores.log.head(group))?.lastVersion ?? 0;
  const lastSeq = async () => (await stores.log.head(group))?.lastSeq ?? 0;

  const draft = (content: string) => ({
    id: Bun.randomUUIDv7(),
    conversationId: group,
    senderId: ann,
    content,
    clientId: crypto.randomUUID(),
  });

  /** Pages touched by one call of each. */
  async function count(): Promise<Record<string, number>> {
    const counted: Record<string, number> = {};
    for (const [name, run] of Object.entries(operations)) {
      for (let i = 0; i < WARM_UP; i++) await run();
      await accesses.reset();
      for (let i = 0; i < CALLS; i++) await run();
      counted[name] = (await accesses.read()).pages / CALLS;
    }
    return counted;
  }

  async function grow(to: number) {
    const crowd = await seeder.users(2 + STRANGERS + to);
    await seeder.members(group, crowd);
    await seeder.messages(group, ann, to);
    await seeder.groups(to, [], crowd.slice(0, 100), 1);
  }

  /** Operations that touch more than so many times the pages that they touched on small tables. */
  const grown = (small: Record<string, number>, large: Record<string, number>) =>
    Object.entries(large)
      .filter(([name, pages]) => pages > FEW && pages > GROWTH_MAX * (small[name] ?? 0))
      .map(([name, pages]) => `${name}: ${small[name]} → ${pages}`);

  beforeAll(async () => {
    server = await startPostgres(COUNTING);
  });
  afterAll(() => server.stop());

  beforeEach(async () => {
    const url = await server.createDatabase();
    // One connection: what is planned once is planned for all calls.
    const config = readConfig({ DATABASE_URL: url, DATABASE_POOL_SIZE: "1" });
    driver = await openDriver(config, pino({ level: "silent" }));
    await driver.migrate(true);
    stores = storesOn(new Database(driver));
    sql = postgres(url, { max: 1, onnotice: () => {} });
    accesses = await PageAccesses.on(sql);
    seeder = await Seeder.on(sql);
    [ann = 0, bob = 0] = await seeder.users(2);
    strangers = await seeder.users(2 + STRANGERS);
    group = await seeder.group([ann, bob]);
    // As on a new server: the first batches are planned when there is next to nothing.
    for (let i = 0; i < WARM_UP; i++) await operations["ten sends at once"]?.();
    await seeder.groups(20, [ann, bob], strangers, 10);
  });
  afterEach(async () => {
    await driver.close();
    await sql.end();
  });

  test("hardly grow when the planner has current statistics", async () => {
    await grow(SMALL);
    await seeder.analyze();
    const small = await count();
    await grow(LARGE);
    await seeder.analyze();
    expect(grown(small, await count())).toEqual([]);
  }, 60_000);

  test("hardly grow when the planner has no statistics", async () => {
    await grow(SMALL);
    const small = await count();
    await grow(LARGE);
    expect(grown(small, await count())).toEqual([]);
  }, 60_000);

  test("hardly grow when the statistics are from small tables", async () => {
    await grow(SMALL);
    await seeder.analyze();
    const small = await count();
    await grow(LARGE);
    expect(grown(small, await count())).toEqual([]);
  }, 60_000);
});
