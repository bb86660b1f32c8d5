import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import {
  type DatabaseFacts,
  examineDatabase,
  refusalOf,
  warningsOf,
} from "../../src/server/platform/postgres/examine.ts";
import { expectChatWorks } from "../support/chat-flow.ts";
import { modes } from "../support/modes.ts";
import { type PoolMode, pgbouncerProgram, startPgbouncer } from "../support/pgbouncer.ts";
import { type Databases, type PostgresServer, sharedPostgres, startPostgres } from "../support/postgres.ts";
import { run } from "../support/process.ts";
import { startTestServer } from "../support/server.ts";

const SOUND: DatabaseFacts = {
  version: 150_020,
  versionName: "15.20",
  database: "chat",
  encoding: "UTF8",
  ctype: "en_US.UTF-8",
  isStandby: false,
  synchronousCommit: "on",
  fsync: "on",
  tablesIn: null,
  newTablesIn: "public",
};

test("a database server that is too old is refused with the version that is needed", () => {
  expect(refusalOf(SOUND)).toBeUndefined();
  expect(refusalOf({ ...SOUND, version: 140_012, versionName: "14.12" })).toContain(
    "is PostgreSQL 14.12; Confab needs 15 or newer",
  );
});

test("warnings name settings that can lose acked messages, and a locale of ASCII", () => {
  expect(warningsOf(SOUND)).toEqual([]);
  const texts = warningsOf({ ...SOUND, synchronousCommit: "off", fsync: "off", ctype: "C" });
  expect(texts.map((text) => text.split(" ", 3).join(" "))).toEqual([
    "synchronous_commit is off",
    "fsync is off",
    "The database's LC_CTYPE",
  ]);
});

describe.skipIf(!modes.includes("postgres"))("the given database", () => {
  let server: Databases;
  const warned: string[] = [];
  const examine = (url: string) => examineDatabase(url, (text) => void warned.push(text));

  beforeAll(async () => {
    server = await sharedPostgres();
  });

  const admin = async (url: string, text: string) => {
    const sql = postgres(url, { max: 1, onnotice: () => {} });
    await sql.unsafe(text);
    await sql.end();
  };
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "confab-given-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const start = (command: string, url: string) =>
    run([command], { DATABASE_URL: url, PORT: "0", LOG_DIR: join(folder, "logs") });

  const makeDatabase = async (options: string) => {
    const name = `test_${crypto.randomUUID().replaceAll("-", "")}`;
    const url = new URL(await server.createDatabase());
    await admin(url.href, `CREATE DATABASE ${name} ${options} TEMPLATE template0`);
    url.pathname = `/${name}`;
    return url.href;
  };

  test.each(["LATIN1", "SQL_ASCII", "EUC_JP"])(
    "the server refuses to start on %s, and says how to make another",
    async (encoding) => {
      const url = await makeDatabase(`ENCODING '${encoding}' LC_COLLATE 'C' LC_CTYPE 'C'`);
      for (const command of ["serve", "migrate"]) {
        const { code, stderr } = await start(command, url);
        expect(stderr).toContain(`has the encoding ${encoding}`);
        expect(stderr).toContain("ENCODING 'UTF8'");
        expect(code).toBe(1);
      }
    },
  );

  test("existing tables are found with any search_path", async () => {
    const url = await server.createDatabase();
    await expectChatWorks(url);
    await admin(url, "ALTER SCHEMA public RENAME TO chat; CREATE SCHEMA public");
    expect(await examine(url)).toBe("chat");
  });

  test("a search_path that puts new tables elsewhere is refused", async () => {
    const url = new URL(await server.createDatabase());
    await admin(url.href, "CREATE SCHEMA chat");
    url.searchParams.set("search_path", "chat");
    await expect(examine(url.href)).rejects.toThrow('puts new tables into the schema "chat"');
  });

  test("synchronous_commit = off is served with a warning", async () => {
    const url = new URL(await server.createDatabase());
    await admin(url.href, `ALTER DATABASE ${url.pathname.slice(1)} SET synchronous_commit = off`);
    warned.length = 0;
    await examine(url.href);
    expect(warned.some((text) => text.startsWith("synchronous_commit is off"))).toBe(true);
  });

  describe("as a standby", () => {
    let standby: PostgresServer;
    beforeAll(async () => {
      standby = await startPostgres();
      await standby.halt("fast");
      standby.use(standby.copy("replica"));
      await standby.resume();
    });
    afterAll(() => standby.stop());

    test("the server waits for it, and the text says why", async () => {
      await expect(examine(standby.url("postgres"))).rejects.toMatchObject({
        reason: "unavailable",
        message: expect.stringContaining("recovery is in progress"),
      });
    });
  });

  describe.skipIf(!pgbouncerProgram())("behind PgBouncer", () => {
    test("a pool in session mode serves, without any setting for Confab", async () => {
      const url = await server.createDatabase();
      const pooler = await startPgbouncer(url, { pool_mode: "session" });
      await expectChatWorks(pooler.url, url);
      await pooler.stop();
    });

    test("settings reach the session also when PgBouncer ignores them at start-up", async () => {
      const url = new URL(await server.createDatabase());
      await admin(url.href, `ALTER DATABASE ${url.pathname.slice(1)} SET extra_float_digits = -9`);
      const pooler = await startPgbouncer(url.href, {
        pool_mode: "session",
        ignore_startup_parameters: "extra_float_digits",
      });
      await expectChatWorks(pooler.url, url.href);
      await pooler.stop();
    });

    test("while the database behind it is away a send gets 503, and works again later", async () => {
      const own = await startPostgres();
      const pooler = await startPgbouncer(own.url("postgres"), { pool_mode: "session", server_login_retry: "1" });
      const chat = await startTestServer("postgres", { DATABASE_URL: pooler.url });
      const [ann, bob] = [await chat.person("Ann"), await chat.person("Bob")];
      const path = `/api/chat/conversations/${(await ann.conversation([bob])).id}/messages/`;
      await own.halt("fast");
      for (let i = 0; i < 3; i++)
        expect(await ann.post(path, { content: "lost?", client_id: "a" })).toMatchObject({
          status: 503,
          body: { code: "unavailable" },
        });
      await own.resume();
      const isBack = async () => (await ann.post(path, { content: "lost?", client_id: "a" })).status < 300;
      const until = performance.now() + 20_000;
      while (!(await isBack()) && performance.now() < until) await Bun.sleep(200);
      expect((await bob.get(path)).body.data.messages).toMatchObject([{ content: "lost?" }]);
      await chat.stop();
      await pooler.stop();
      await own.stop();
    });

    const shared: [PoolMode, Record<string, string>][] = [
      ["transaction", {}],
      ["statement", {}],
      ["transaction", { default_pool_size: "1" }],
      ["transaction", { server_round_robin: "1" }],
      ["transaction", { server_reset_query_always: "1" }],
    ];
    test.each(shared)("a pool in %s mode is refused (%o)", async (pool_mode, settings) => {
      const url = await server.createDatabase();
      const pooler = await startPgbouncer(url, { pool_mode, ...settings });
      for (let i = 0; i < 5; i++) await expect(examine(pooler.url)).rejects.toThrow("pool_mode = session");
      const { code, stderr } = await start("serve", pooler.url);
      expect(stderr).toContain("pool_mode = session");
      expect(code).toBe(1);
      await pooler.stop();
    });

    test("a pool in transaction mode is refused while others use it", async () => {
      const url = await server.createDatabase();
      const pooler = await startPgbouncer(url, { pool_mode: "transaction", default_pool_size: "5" });
      const others = postgres(pooler.url, { max: 20, prepare: false, fetch_types: false });
      let busy = true;
      const noise = Array.from({ length: 20 }, async () => {
        while (busy) await others.unsafe("SELECT pg_sleep(random() * 0.01)");
      });
      for (let i = 0; i < 20; i++) await expect(examine(pooler.url)).rejects.toThrow("pool_mode = session");
      busy = false;
      await Promise.all(noise);
      await others.end();
      await pooler.stop();
    });

    test("a pool that is too small is named in an error instead of a silent wait", async () => {
      const url = await server.createDatabase();
      const pooler = await startPgbouncer(url, { pool_mode: "session", default_pool_size: "1" });
      await expect(examine(pooler.url)).rejects.toMatchObject({
        reason: "unavailable",
        message: expect.stringContaining("A pool in front of it is too small"),
      });
      await pooler.stop();
    });

    test("a start-up parameter of the URL that PgBouncer refuses is named, with what to do", async () => {
      const url = await server.createDatabase();
      const pooler = await startPgbouncer(url, { pool_mode: "session" });
      await expect(examine(`${pooler.url}?statement_timeout=100`)).rejects.toThrow(
        "refuses the start-up parameter statement_timeout",
      );
      await expect(examine(`${pooler.url}?options=-c%20lock_timeout%3D1`)).rejects.toThrow(
        "refuses the start-up parameter options",
      );
      await pooler.stop();
    });
  });
});
