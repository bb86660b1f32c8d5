import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import postgres from "postgres";
import { OwnTurns } from "../../src/server/base/own-turns.ts";
import { readConfig } from "../../src/server/config.ts";
import { searchFollower } from "../../src/server/features/search/follower.ts";
import { Search } from "../../src/server/features/search/service.ts";
import { SearchStore } from "../../src/server/features/search/store.ts";
import { Followers } from "../../src/server/followers/followers.ts";
import { FollowerStore } from "../../src/server/followers/store.ts";
import { openDriver } from "../../src/server/node/drivers.ts";
import { type Stores, storesOn } from "../../src/server/node/stores.ts";
import { Database, type Driver } from "../../src/server/platform/postgres/database.ts";
import { parseQuery } from "../../src/text/search-query.ts";
import { ALIKE, APART } from "../support/alike.ts";
import { makePlace, modes } from "../support/modes.ts";
import { type PostgresServer, startPostgres } from "../support/postgres.ts";

const LIBC = ["C", "C.utf8", "tr_TR.UTF-8"];
const ICU = ["tr-TR", "en-US"];

if (!Bun.which("localedef")) process.stderr.write("SKIPPED: searches under a Turkish libc locale (Debian: locales)\n");

/** A locale that most machines lack, made for the server that is started next. */
function makeLocales(): string {
  const folder = mkdtempSync(join(tmpdir(), "confab-locales-"));
  if (Bun.which("localedef"))
    Bun.spawnSync(["localedef", "--no-archive", "-i", "tr_TR", "-f", "UTF-8", join(folder, "tr_TR.UTF-8")]);
  Bun.spawnSync(["chmod", "-R", "a+rX", folder]);
  return folder;
}

describe("searches are the same in every locale", () => {
  const opened: { name: string; driver: Driver; stores: Stores; url: string | undefined }[] = [];
  const endings: (() => unknown)[] = [];
  let server: PostgresServer | undefined;

  async function open(name: string, environment: Record<string, string>) {
    const driver = await openDriver(readConfig(environment), pino({ level: "silent" }));
    await driver.migrate(true);
    opened.push({ name, driver, stores: storesOn(new Database(driver)), url: environment["DATABASE_URL"] });
    endings.push(() => driver.close());
  }

  beforeAll(async () => {
    const embedded = await makePlace("embedded");
    endings.push(embedded.remove);
    await open("embedded", embedded.environment);
    if (!modes.includes("postgres")) return;
    const locales = makeLocales();
    server = await startPostgres({}, { LOCPATH: locales });
    const admin = postgres(server.url("postgres"), { max: 1, onnotice: () => {} });
    const make = async (name: string, options: string) => {
      const database = `fold_${opened.length}`;
      try {
        await admin.unsafe(`CREATE DATABASE ${database} TEMPLATE template0 ENCODING 'UTF8' ${options}`);
      } catch (error) {
        process.stderr.write(`SKIPPED: searches under ${name}: ${error instanceof Error ? error.message : error}\n`);
        return;
      }
      await open(name, { DATABASE_URL: server?.url(database) ?? "" });
    };
    for (const name of LIBC) await make(name, `LC_COLLATE '${name}' LC_CTYPE '${name}'`);
    for (const name of ICU) await make(`ICU ${name}`, `LOCALE_PROVIDER icu ICU_LOCALE '${name}'`);
    await admin.end();
    endings.push(
      () => server?.stop(),
      () => rmSync(locales, { recursive: true, force: true }),
    );
  }, 60_000);
  afterAll(async () => {
    for (const end of endings) await end();
  });

  let made = 0;
  const user = async (stores: Stores, firstName: string, email = `fold${++made}@example.com`) =>
    stores.users.create({ email, firstName, lastName: "Body", passwordHash: "none", isSuperuser: false });

  test("people are found in the directory, by admins and in a user's own conversations", async () => {
    for (const { name, stores } of opened) {
      const ann = (await user(stores, "Asker"))?.id ?? 0;
      for (const [first = "", ...others] of ALIKE) {
        const id = (await user(stores, first))?.id ?? 0;
        const conversation = { id: Bun.randomUUIDv7(), ownerId: ann, participantIds: [ann, id], name: null };
        await stores.conversations.create(conversation);
        for (const search of [first, ...others]) {
          const where = `${name}: ${first} by ${search}`;
          const listed = await stores.users.list({ callerId: ann, shared: false, search, limit: 50, offset: 0 });
          expect([where, listed.users.map((found) => found.id)]).toEqual([where, [id]]);
          const own = await stores.conversations.summaries(ann, { limit: 50, offset: 0, search });
          expect([where, own.rows.map((found) => found.id)]).toEqual([where, [conversation.id]]);
          const paging = { isActive: undefined, isSuperuser: undefined, limit: 50, offset: 0 };
          const admins = await stores.admin.users.list({ search, ...paging });
          expect([where, admins.users.map((found) => found.id)]).toEqual([where, [id]]);
          const conversations = await stores.admin.conversations.list({
            search,
            participantId: undefined,
            limit: 9,
            offset: 0,
          });
          expect([where, conversations.conversations.map((found) => found.id)]).toEqual([where, [conversation.id]]);
        }
      }
    }
  }, 120_000);

  test("groups are found by name, and words that differ in a mark of their script stay apart", async () => {
    for (const { name, stores } of opened) {
      const people = [await user(stores, "Aa"), await user(stores, "Bb"), await user(stores, "Cc")];
      const participantIds = people.map((person) => person?.id ?? 0);
      const ownerId = participantIds[0] ?? 0;
      const group = async (title: string) => {
        const id = Bun.randomUUIDv7();
        await stores.conversations.create({ id, ownerId, participantIds, name: title });
        return id;
      };
      const found = async (search: string) =>
        (await stores.conversations.summaries(ownerId, { limit: 50, offset: 0, search })).rows.map(({ id }) => id);
      const asAdmin = async (search: string) =>
        (
          await stores.admin.conversations.list({ search, participantId: undefined, limit: 9, offset: 0 })
        ).conversations.map(({ id }) => id);
      const id = await group("Zespół ŁÓDŹ 100%_x");
      for (const search of ["zespol lodz", "ŁÓDŹ", "100%_X"]) {
        expect([name, search, await found(search)]).toEqual([name, search, [id]]);
        expect([name, search, await asAdmin(search)]).toEqual([name, search, [id]]);
      }
      for (const [one = "", other = ""] of APART) {
        const apart = await group(one);
        expect([name, one, await found(one)]).toEqual([name, one, [apart]]);
        expect([name, other, await found(other)]).toEqual([name, other, []]);
      }
    }
  }, 60_000);

  test("a rename is found by the new name, also when a node of the last release wrote it", async () => {
    for (const { name, driver, stores } of opened) {
      const ann = (await user(stores, "Asker"))?.id ?? 0;
      const id = (await user(stores, "Before"))?.id ?? 0;
      await driver.query("UPDATE users SET first_name = $1 WHERE id = $2", [`Żółć${"x".repeat(made % 5)}`, id]);
      const listed = await stores.users.list({ callerId: ann, shared: false, search: "zolc", limit: 50, offset: 0 });
      expect([name, listed.users.map((found) => found.id)]).toEqual([name, [id]]);
    }
  });

  test("messages are found by words in any case, with and without marks", async () => {
    const texts = ["TITLE of Istanbul", "ISPARTA DIŞ İşler", "straße ŁÓDŹ Émile", "東京都 ㎏ ﷺ", "ıssız IRMAK"];
    const [title = "", marks = "", strasse = "", han = "", irmak = ""] = texts;
    const queries = [
      "title ",
      "istanbul ",
      "TITLE OF",
      '"title of"',
      "isparta ",
      "dis ",
      "strasse ",
      "lodz emile",
      "京都",
      "irmak ",
    ];
    const answers: string[][][] = [];
    for (const { name, driver, stores } of opened) {
      const database = new Database(driver);
      const participantIds = [(await user(stores, "Aa"))?.id ?? 0, (await user(stores, "Bb"))?.id ?? 0];
      const [userId = 0] = participantIds;
      const conversationId = Bun.randomUUIDv7();
      await stores.conversations.create({ id: conversationId, ownerId: userId, participantIds, name: null });
      for (const content of texts)
        await stores.log.append({
          id: Bun.randomUUIDv7(),
          conversationId,
          senderId: userId,
          content,
          clientId: undefined,
        });
      const logger = pino({ level: "silent" });
      const followers = new Followers(
        [searchFollower(1_000, undefined, 10)],
        new FollowerStore(database),
        stores.log,
        logger,
      );
      await followers.sweep();
      await followers.close();
      const search = new Search({
        store: new SearchStore(database),
        filling: stores.filling,
        access: { requireParticipant: async () => {} },
        turns: new OwnTurns(),
        limiter: undefined,
        stems: undefined,
      });
      const found: string[][] = [];
      for (const q of queries) {
        const asked = { query: parseQuery(q), conversationId: undefined, isOldest: true, after: undefined, limit: 20 };
        const { results, indexed, exact } = await search.find(userId, asked);
        expect([name, q, indexed, exact]).toEqual([name, q, {}, true]);
        found.push([q, ...results.map(({ message }) => message.content)]);
      }
      answers.push(found);
      expect([name, found]).toEqual([name, answers[0] ?? []]);
    }
    expect(answers[0]).toEqual([
      ["title ", title],
      ["istanbul ", title],
      ["TITLE OF", title],
      ['"title of"', title],
      ["isparta ", marks],
      ["dis ", marks],
      ["strasse ", strasse],
      ["lodz emile", strasse],
      ["京都", han],
      ["irmak ", irmak],
    ]);
  }, 60_000);

  test("every letter and its upper and lower case fold alike everywhere", async () => {
    let letters: string[] = [];
    for (let point = 0x20; point < 0x20_000; point++) {
      const letter = String.fromCodePoint(point);
      if (/\p{L}/u.test(letter)) letters.push(letter);
    }
    const fold = async ({ driver }: { driver: Driver }, texts: string[]) =>
      (
        await driver.query<{ folded: string }>(
          "SELECT confab_fold(t) AS folded FROM unnest($1::text[]) WITH ORDINALITY AS asked (t, n) ORDER BY n",
          [texts],
        )
      ).map((row) => row.folded);
    // Letters that the newer of two Unicodes has decompose there alone.
    for (const { driver } of opened) {
      const rows = await driver.query<{ t: string; decomposed: string }>(
        "SELECT t, normalize(t, NFKD) AS decomposed FROM unnest($1::text[]) AS asked (t)",
        [letters],
      );
      letters = rows.flatMap(({ t, decomposed }) => (decomposed === t.normalize("NFKD") ? [t] : []));
    }
    expect(letters.length).toBeGreaterThan(50_000);
    const [first, ...others] = opened;
    if (!first) throw new Error("nothing was opened");
    const folded = await fold(first, letters);
    for (const other of others) {
      const theirs = await fold(other, letters);
      expect([other.name, letters.filter((_, i) => theirs[i] !== folded[i])]).toEqual([other.name, []]);
    }
    const single = (text: string, letter: string) => ([...text].length === 1 ? text : letter);
    for (const cased of [
      letters.map((letter) => single(letter.toUpperCase(), letter)),
      letters.map((letter) => single(letter.toLowerCase(), letter)),
    ]) {
      const theirs = await fold(first, cased);
      expect(letters.filter((_, i) => theirs[i] !== folded[i])).toEqual([]);
    }
  }, 60_000);

  test("the SQL function has the letters that scripts/fold.ts makes", async () => {
    const made = Bun.spawnSync([process.execPath, join(import.meta.dir, "../../scripts/fold.ts")]).stdout.toString();
    expect(
      await Bun.file(join(import.meta.dir, "../../src/server/platform/postgres/search/fold-letters.sql")).text(),
    ).toContain(made);
  });

  test("an e-mail address is unique in every locale", async () => {
    for (const { name, stores } of opened) {
      const email = `iii${++made}@example.com`;
      expect([name, (await user(stores, "Ida", email))?.email]).toEqual([name, email]);
      expect([name, await user(stores, "Ida", email)]).toEqual([name, undefined]);
      expect([name, (await stores.users.byEmail(email))?.user.email]).toEqual([name, email]);
    }
  });
});
