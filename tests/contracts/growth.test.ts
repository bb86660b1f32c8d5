import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import pino from "pino";
import postgres, { type Sql } from "postgres";
import { readConfig } from "../../src/server/config.ts";
import { FileAccess } from "../../src/server/features/files/access.ts";
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
/** The message to which everybody reacts. */
const POPULAR = 60;
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
  let thread = "";
  let file = "";
  let fileAccess: FileAccess;
  let strangers: number[] = [];

  const operations: Record<string, () => Promise<unknown>> = {
    send: () => stores.log.append(draft("Hello")),
    "ten sends at once": () => Promise.all(Array.from({ length: 10 }, (_, i) => stores.log.append(draft(`${i}`)))),
    "newest page": () => stores.log.page(group, { limit: 50 }),
    "page before a message": async () => stores.log.page(group, { limit: 50, beforeSeq: (await lastSeq()) >> 1 }),
    "lines of a page": async () => {
      const head = await stores.log.head(group);
      if (!head) throw new Error("the group is gone");
      const { lines } = await stores.log.lines(group, head, Math.max(1, head.lastSeq - 999), head.lastSeq);
      expect(lines.length).toBeGreaterThan(0);
    },
    "names of a page": async () => {
      stores.filling.names.clear();
      await stores.filling.names.of(new Set([ann, bob, ...strangers.slice(0, 20)]));
    },
    "quotes of a page": async () => {
      const { messages } = await stores.log.page(group, { limit: 20, beforeSeq: 50 });
      const replies = messages.map((message) => ({ ...message, reply_to: { id: message.id, seq: message.seq } }));
      expect((await stores.filling.fill(replies))[0]?.reply_to).toHaveProperty("excerpt");
    },
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
    "right to read a file": async () => expect(await fileAccess.mayRead(bob, file)).toBe(true),
    head: () => stores.log.head(group),
    "all conversations of a user": async () => {
      expect((await stores.memberships.ofUser(bob, undefined)).own?.length).toBeGreaterThan(20);
    },
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
    "replay of runs": async () => {
      const { lastVersion = 0 } = (await stores.log.head(group)) ?? {};
      expect(await stores.log.runs(group, lastVersion - 200, lastVersion)).toBeArray();
    },
    "page with a popular message": () => stores.log.page(group, { limit: 50, beforeSeq: POPULAR + 1 }),
    "a late reaction to a popular message": () => react(bob, "👍", turn()),
    "an early reaction taken back": () => react(fans[early++] ?? 0, "👍", false),
    "another emoji on a popular message": () => react(bob, "🎉", turn()),
    "who reacted, from the middle": async () => {
      const after = { emoji: "👍", at: 0, userId: 0 };
      const { people } = await stores.reactions.reacted(group, await popularId(), { emoji: "👍", after, limit: 20 });
      expect(people).toHaveLength(20);
    },
    "own reactions": () => stores.reactions.mine(group, bob, { afterSeq: 0, beforeSeq: undefined, limit: 100 }),
    edit: async () => {
      const [message] = (await stores.log.page(group, { limit: 1, beforeSeq: 50 })).messages;
      await stores.log.amend(group, ann, message?.id ?? "", `changed ${crypto.randomUUID()}`);
    },
    "search for a person": async () => {
      const asked = { callerId: ann, shared: false, search: "owd77@EXAMPLE", limit: 20, offset: 0 };
      expect(await stores.users.list(asked)).toMatchObject({ users: { length: 1 }, total: 1 });
    },
    "newest page of a thread": () => stores.log.page(thread, { limit: 50 }),
    "detail of a thread": () => stores.conversations.summary(ann, thread),
    "right to read a thread": () => stores.memberships.find(thread, bob),
    "where one stands in a thread": () => stores.memberships.standing(thread, bob),
    "reply in a thread": () => stores.log.append({ ...draft("Hello"), conversationId: thread }),
    "reply to both places": () => stores.log.append({ ...draft("Hello"), conversationId: thread, alsoInParent: true }),
    "summary of a thread": () => stores.threads.summary(thread),
    "list of threads": async () => {
      expect((await stores.conversations.summaries(ann, { limit: 20, offset: 0, threads: true })).rows).toHaveLength(1);
    },
    "add a member": () =>
      stores.conversations.alter(group, ann, { kind: "add", userIds: strangers.splice(0, 1), max: 100_000 }),
  };
  /** The people who reacted to a popular message, in the order in which they did. */
  let fans: number[] = [];
  let early = 0;
  let turns = 0;
  /** True and false in turn. */
  const turn = () => turns++ % 2 === 0;
  const popularId = async () =>
    (await stores.log.page(group, { limit: 1, beforeSeq: POPULAR + 1 })).messages[0]?.id ?? "";
  const react = async (userId: number, emoji: string, on: boolean) =>
    stores.log.mark({
      conversationId: group,
      messageId: await popularId(),
      userId,
      kind: "reaction",
      value: { emoji, on },
    });
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

  /** Reactions after the newest message, which a page's lines are among. */
  async function addChanges(total: number) {
    await stores.conversations.alter(group, ann, { kind: "rename", name: `Name ${total}` });
    const { lastVersion = 0 } = (await stores.log.head(group)) ?? {};
    await sql`INSERT INTO changes (conversation_id, version, last_seq, message_seq, kind, payload)
      SELECT id, ${lastVersion}::bigint + n, last_seq, last_seq, 'message_edited', '{"kind": "reaction", "on": true}'
      FROM conversations, generate_series(1, ${total}::int) n WHERE id = ${group}`;
    await sql`UPDATE conversations SET last_version = last_version + ${total} WHERE id = ${group}`;
  }

  async function grow(to: number) {
    const crowd = await seeder.users(2 + STRANGERS + to);
    await seeder.members(group, crowd);
    await seeder.messages(group, ann, to);
    file = await seeder.files(group, ann, to);
    await addChanges(to);
    await seeder.reactions(group, POPULAR, "👍", crowd);
    if (fans.length === 0) fans = crowd;
    await seeder.messages(thread, ann, to);
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
    const database = new Database(driver);
    stores = storesOn(database);
    fileAccess = new FileAccess(database);
    sql = postgres(url, { max: 1, onnotice: () => {} });
    accesses = await PageAccesses.on(sql);
    seeder = await Seeder.on(sql);
    [fans, early] = [[], 0];
    [ann = 0, bob = 0] = await seeder.users(2);
    strangers = await seeder.users(2 + STRANGERS);
    group = await seeder.group([ann, bob]);
    // As on a new server: the first batches are planned when there is next to nothing.
    for (let i = 0; i < WARM_UP; i++) await operations["ten sends at once"]?.();
    await seeder.groups(20, [ann, bob], strangers, 10);
    const { message } = await stores.log.append(draft("Root"));
    ({ threadId: thread } = await stores.threads.start(bob, group, message.id));
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
