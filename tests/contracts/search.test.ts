import { afterAll, beforeAll, expect, test } from "bun:test";
import pino from "pino";
import type { Message } from "../../src/protocol/messages.ts";
import { OwnTurns } from "../../src/server/base/own-turns.ts";
import { searchFollower } from "../../src/server/features/search/follower.ts";
import { lexemeQuery } from "../../src/server/features/search/lexeme-query.ts";
import { RUN } from "../../src/server/features/search/rows.ts";
import type { Budget } from "../../src/server/features/search/run.ts";
import { Search } from "../../src/server/features/search/service.ts";
import { ALWAYS, type Candidate, type Place, SearchStore } from "../../src/server/features/search/store.ts";
import type { ChangeRange } from "../../src/server/followers/follower.ts";
import { Followers } from "../../src/server/followers/followers.ts";
import { FollowerStore } from "../../src/server/followers/store.ts";
import type { Database } from "../../src/server/platform/postgres/database.ts";
import { matches } from "../../src/text/search-match.ts";
import { parseQuery } from "../../src/text/search-query.ts";
import { inEachDatabase } from "../support/modes.ts";
import { openTestStores, type TestStores } from "../support/stores.ts";

const logger = pino({ level: "silent" });
const WORDS =
  "alpha beta gamma delta qwen3.6 JIRA-77 getUserName Café 東京都 aBc <@12> https://example.com/a the the the".split(
    " ",
  );
/** Each asks for words, phrases, people, times or kinds in another way. */
const QUERIES = [
  ..."the |alpha |alph|be|a|qwen|qwen3.6 |jira-77 |username |userName |cafe |京|東京都|nowhere |m17 |m1".split("|"),
  ..."alpha beta |alpha -beta|-the|the alpha gamma delta |has:link|has:link the|from:me|from:bob the ".split("|"),
  ...'"alpha beta"|"the the"|"the abc"|"abc the"|"user name the"|beta the has:link from:me '.split("|"),
  ...'"café"|after:2020 the|before:2020'.split("|"),
];

inEachDatabase("search", (mode) => {
  let stores: TestStores;
  let ann: number;
  let bob: number;
  let places: string[];
  const messages = new Map<string, Message>();
  const key = ({ conversation_id, seq }: Message) => `${conversation_id} ${seq}`;
  const note = (message: Message) => messages.set(key(message), message);

  /** Numbers that look random, and are the same in each run. */
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  const words = () => Array.from({ length: 1 + random(5) }, () => WORDS[random(WORDS.length)] ?? "").join(" ");

  beforeAll(async () => {
    stores = await openTestStores(mode);
    [ann, bob] = [await stores.user("Ann"), await stores.user("Bob")];
    const cid = await stores.user("Cid");
    places = [];
    for (let i = 0; i < 5; i++) places.push(await stores.conversation([ann, bob, cid]));
    const hidden = await stores.conversation([bob, cid]);
    let said = 0;
    for (let i = 0; i < 180; i++) {
      // One conversation has most of the messages, and one is quiet.
      const place = places[random(3) ? 0 : random(5)] ?? hidden;
      const { message } = await stores.log.append(stores.draft(place, random(2) ? ann : bob, `m${++said} ${words()}`));
      if (!message) throw new Error("nothing was appended");
      note(message);
      if (random(20) === 0) {
        const { threadId } = await stores.threads.start(ann, place, message.id);
        for (let n = random(25); n >= 0; n--) {
          const reply = await stores.log.append(stores.draft(threadId, bob, `m${++said} ${words()}`));
          if (reply.message) note(reply.message);
        }
      }
      await stores.log.append(stores.draft(hidden, bob, `the secret ${words()}`));
    }
  }, 120_000);
  afterAll(() => stores.close());

  const searchOn = (
    database: Database,
    { store = new SearchStore(database), budget }: { store?: SearchStore; budget?: Budget | undefined } = {},
  ) =>
    new Search({
      ...(budget && { budget }),
      store,
      filling: stores.filling,
      access: { requireParticipant: async () => {} },
      turns: new OwnTurns(),
      limiter: undefined,
      stems: undefined,
    });

  /** All pages of a search. */
  async function found(search: Search, q: string, isOldest: boolean, limit: number, conversationId?: string) {
    const hits: Message[] = [];
    let after: Place | undefined;
    for (let pages = 0; pages < 2_000; pages++) {
      const asked = { query: parseQuery(q), conversationId, isOldest, after, limit };
      const { results, next, indexed } = await search.find(ann, asked);
      expect(indexed).toEqual({});
      for (const { message, excerpt } of results) {
        hits.push(message);
        for (const [start, end] of excerpt.matches) expect(excerpt.text.slice(start, end)).not.toBe("");
      }
      if (!next) return hits.map(key);
      after = next;
    }
    throw new Error(`a search does not end: ${JSON.stringify({ q, isOldest, limit, conversationId, after })}`);
  }

  /** The same, by comparing every message. */
  function expected(q: string, isOldest: boolean, conversationId?: string) {
    const query = parseQuery(q);
    const all = [...messages.values()].filter(
      (message) =>
        (conversationId === undefined || message.conversation_id === conversationId) &&
        matches(query, message, { userId: ann }),
    );
    const order = (a: Message, b: Message) =>
      Date.parse(a.created_at) - Date.parse(b.created_at) ||
      (a.conversation_id < b.conversation_id ? -1 : a.conversation_id > b.conversation_id ? 1 : a.seq - b.seq);
    all.sort((a, b) => (isOldest ? order(a, b) : order(b, a)));
    return all.map(key);
  }

  async function expectAll(databases: Database[], queries = QUERIES, budget?: Budget) {
    const [place] = places;
    for (const database of databases) {
      const search = searchOn(database, { budget });
      for (const [i, q] of queries.entries())
        for (const isOldest of [false, true])
          for (const conversationId of [undefined, place]) {
            // Short pages are many, so only some queries have them.
            const limit = i % 6 === 0 ? 7 : 50;
            const where = [q, isOldest, limit, conversationId];
            expect([where, await found(search, q, isOldest, limit, conversationId)]).toEqual([
              where,
              expected(q, isOldest, conversationId),
            ]);
          }
    }
  }

  /** Runs the follower over everything that is there. */
  async function index(database = stores.database) {
    const followers = new Followers(
      [searchFollower(1_000, undefined, 10)],
      new FollowerStore(database),
      stores.log,
      logger,
    );
    await followers.sweep();
    await followers.close();
  }

  const rows = () =>
    stores.query<{ conversation_id: string; seq: number; last_seq: number; v: string }>(
      `SELECT conversation_id, seq::double precision AS seq, last_seq::double precision AS last_seq, v::text AS v
       FROM found ORDER BY conversation_id, seq`,
      [],
    );

  test("finds messages that the index does not have yet", async () => {
    expect(await rows()).toEqual([]);
    await expectAll([stores.database], ["alpha ", "from:bob the ", "m1"]);
  }, 120_000);

  test("finds what a comparison of all messages finds, in any order and in pages of any size", async () => {
    await index();
    const runs = (await rows()).filter(({ seq, last_seq }) => last_seq > seq);
    expect(runs.length).toBeGreaterThan(10);
    await expectAll([stores.database]);
    await expectAll([stores.inPieces(40)], QUERIES.slice(0, 8));
  }, 240_000);

  test("finds the same when its time is over after each piece", async () => {
    const budget = { rows: 1_000_000, messages: 1_000_000, ms: -1 };
    await expectAll([stores.inPieces(100)], QUERIES.slice(0, 8), budget);
  }, 240_000);

  test("looks rare words up in the rows of all and in those of the user, in the order of the search", async () => {
    const store = new SearchStore(stores.database);
    const { terms } = parseQuery("the alpha ");
    const sought = lexemeQuery({ terms, has: [], senders: undefined, stems: undefined });
    for (const isOldest of [false, true]) {
      const look = (isOwn: boolean, most: number, kept: number, span = ALWAYS) =>
        store.rare(places, span, isOldest, sought, { isOwn, most, kept });
      const key = ({ conversationId, seq, positions }: Candidate) => `${conversationId} ${seq} ${positions}`;
      const [all, own] = [await look(false, 1_000, 1_000), await look(true, 1_000, 1_000)];
      expect(own?.found.map(key).sort()).toEqual(all?.found.map(key).sort() ?? []);
      expect(own?.counts.looked ?? 0).toBeLessThanOrEqual(all?.counts.looked ?? 0);
      const times = own?.found.map(({ firstMs, ms }) => (isOldest ? firstMs : -ms)) ?? [];
      expect(times.length).toBeGreaterThan(5);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      expect((await look(true, 1_000, 3))?.found.map(({ firstMs, ms }) => (isOldest ? firstMs : -ms))).toEqual(
        times.slice(0, 3),
      );
      expect([await look(false, 1, 9), await look(true, 1, 9)]).toEqual([undefined, undefined]);
      expect((await look(true, 1_000, 9, { from: 0, to: 1 }))?.found).toEqual([]);
    }
  });

  test("finds an edited message by its new words, and a deleted one no more", async () => {
    const own = [...messages.values()].filter(({ sender_id }) => sender_id === ann);
    for (const [i, message] of own.entries()) {
      if (i % 5 > 1) continue;
      const content = i % 5 === 0 ? `edited ${words()}` : null;
      note((await stores.log.amend(message.conversation_id, ann, message.id, content)).message);
    }
    await index(stores.inPieces(60));
    await expectAll([stores.database]);
    const search = searchOn(stores.database);
    expect((await found(search, "edited ", false, 50)).length).toBeGreaterThan(10);
    const lexemes = (await rows()).map(({ v }) => v).join(" ");
    const gone = own.filter((_, i) => i % 5 === 1).map(({ content }) => content.split(" ")[0] ?? "");
    expect(gone.filter((word) => lexemes.includes(`'${word}'`))).toEqual([]);
  }, 240_000);

  test("finds a message that the follower indexes during the search", async () => {
    const { message } = await stores.log.append(stores.draft(places[1] ?? "", ann, "halfway"));
    if (message) note(message);
    class Slow extends SearchStore {
      override async begin(...asked: Parameters<SearchStore["begin"]>) {
        const beginning = await super.begin(...asked);
        await index();
        return beginning;
      }
    }
    expect(
      await found(searchOn(stores.database, { store: new Slow(stores.database) }), "halfway ", false, 7),
    ).toHaveLength(1);
  });

  test("finds a run across the edge of a window, when other runs end in the same ms", async () => {
    const place = await stores.conversation([bob, await stores.user("Dan")]);
    const { message } = await stores.log.append(stores.draft(place, bob, "first"));
    for (let n = 1; n < 48; n++) await stores.log.append(stores.draft(place, bob, "more"));
    await stores.query("UPDATE messages SET created_at = '2020-01-02' WHERE conversation_id = $1", [place]);
    await stores.query("UPDATE messages SET created_at = '2020-01-01' WHERE conversation_id = $1 AND seq = 1", [place]);
    await index();
    // Its row is written anew, behind those of the others.
    await stores.log.amend(place, bob, message?.id ?? "", "edited");
    await index();
    const [from, to] = [Date.parse("2020-01-01"), Date.parse("2020-01-01T12:00Z")];
    const all = lexemeQuery({ terms: [], has: [], senders: undefined, stems: undefined });
    const { found } = await new SearchStore(stores.database).window([place], { from, to }, all, 100);
    expect(found).toMatchObject([{ seq: 1, lastSeq: 16 }]);
  });

  test("a search during which the database goes away fails, and nothing else does", async () => {
    let asked = 0;
    const away = () => {
      asked++;
      return Promise.reject(new Error("the database is away"));
    };
    class Away extends SearchStore {
      override behind = away;
      override begin = away;
    }
    const search = searchOn(stores.database, { store: new Away(stores.database) });
    const rejections: unknown[] = [];
    const note = (reason: unknown) => rejections.push(reason);
    process.on("unhandledRejection", note);
    try {
      await expect(found(search, "alpha ", false, 7)).rejects.toThrow("away");
      await Bun.sleep(0);
      expect(asked).toBeGreaterThan(0);
      expect(rejections).toEqual([]);
    } finally {
      process.off("unhandledRejection", note);
    }
  });

  test("writes the same rows again, when a follower starts over or dies in the middle", async () => {
    const before = await rows();
    await stores.query("DELETE FROM follower_cursors WHERE follower = 'search'", []);
    // It ends early after a few messages.
    const broken = searchFollower(3, undefined, 10);
    let writes = 0;
    const dying = {
      ...broken,
      write: async (tx: Parameters<typeof broken.write>[0], ranges: readonly ChangeRange[]) => {
        const ended = await broken.write(tx, ranges);
        if (++writes % 2 === 0) throw new Error("the node dies");
        return ended;
      },
    };
    const followers = new Followers([dying], new FollowerStore(stores.inPieces(100)), stores.log, logger);
    await followers.sweep();
    await followers.close();
    expect(writes).toBeGreaterThan(2);
    await index();
    expect(await rows()).toEqual(before);
  }, 120_000);

  test("writes a run of long texts once, and not anew for each of its messages", async () => {
    const place = await stores.conversation([await stores.user(), bob, await stores.user()]);
    const long = "x".repeat(9_000);
    for (let i = 0; i < 3 * RUN; i++) await stores.log.append(stores.draft(place, bob, `${i} ${long}`));
    const follower = searchFollower(1_000);
    let writes = 0;
    const counting = {
      ...follower,
      write: async (...[tx, ranges]: Parameters<typeof follower.write>) => {
        if (ranges.some(({ conversationId }) => conversationId === place)) writes++;
        return follower.write(tx, ranges);
      },
    };
    const followers = new Followers([counting], new FollowerStore(stores.database), stores.log, logger);
    await followers.sweep();
    await followers.close();
    expect(writes).toBe(3);
    expect((await rows()).filter(({ conversation_id }) => conversation_id === place)).toHaveLength(3);
  });

  test("keeps no row of messages that retention has removed", async () => {
    await stores.query("UPDATE messages SET created_at = created_at - interval '1 day' WHERE seq <= 37", []);
    await stores.query("UPDATE conversations SET oldest_at = oldest_at - interval '1 day'", []);
    await stores.log.prune(3_600_000);
    for (const [place, message] of messages) if (message.seq <= 37) messages.delete(place);
    const left = await rows();
    expect(left.filter(({ last_seq }) => last_seq <= 37)).toEqual([]);
    expect(left.length).toBeGreaterThan(10);
    await expectAll([stores.database]);
  }, 120_000);

  test("is not exact while the index is behind in very many conversations", async () => {
    const [dan, eve] = [await stores.user("Dan"), await stores.user("Eve")];
    for (let i = 0; i < 201; i++)
      await stores.log.append(stores.draft(await stores.conversation([dan, eve, bob]), dan, "zzfar away"));
    const asked = { query: parseQuery("zzfar"), conversationId: undefined, isOldest: false, after: undefined };
    const { exact } = await searchOn(stores.database).find(dan, { ...asked, limit: 50 });
    expect(exact).toBe(false);
    const follow = new Followers([searchFollower(1_000)], new FollowerStore(stores.database), stores.log, logger);
    await follow.sweep();
    await follow.close();
    const after = await searchOn(stores.database).find(dan, { ...asked, limit: 50 });
    expect(after.exact).toBe(true);
  });
});
