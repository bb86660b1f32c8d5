import { afterAll, beforeAll, expect, test } from "bun:test";
import postgres from "postgres";
import type { Client } from "../support/client.ts";
import { makePlace, modes, type Place } from "../support/modes.ts";
import { type PostgresServer, startPostgres } from "../support/postgres.ts";
import { type ServerProcess, spawnServer } from "../support/process.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { range, sendAll, versionsIn } from "../ws/frames.ts";

const PEOPLE = 20;
const EACH = 25;
const CLIENTS = PEOPLE * EACH;
const SEEN = 50;
/** Five pages of a replay. */
const MISSED = 250;

if (modes.includes("redis")) {
  let database: PostgresServer;
  let admin: postgres.Sql;
  let place: Place;
  let dying: ServerProcess;
  let living: ServerProcess;

  beforeAll(async () => {
    database = await startPostgres({ shared_preload_libraries: "pg_stat_statements" });
    const DATABASE_URL = await database.createDatabase();
    admin = postgres(DATABASE_URL, { max: 1, onnotice: () => {} });
    await admin`CREATE EXTENSION pg_stat_statements`;
    place = await makePlace("redis");
    const environment = { ...place.environment, DATABASE_URL };
    [dying, living] = [await spawnServer(environment), await spawnServer(environment)];
  });
  afterAll(async () => {
    for (const node of [dying, living]) node.kill("SIGKILL");
    await Promise.all([dying.exited, living.exited]);
    await admin.end();
    await database.stop();
    place.remove();
  });

  /** How often the log has been read from some place on. */
  async function logReads(): Promise<number> {
    const [row] = await admin`SELECT coalesce(sum(calls), 0)::int AS calls FROM pg_stat_statements
      WHERE query LIKE 'WITH base AS%FROM changes%'`;
    return row?.["calls"];
  }

  /** The advice differs from client to client, and all parts of its range are used alike. */
  function expectSpread(advice: number[]) {
    expect(advice).toHaveLength(CLIENTS);
    for (const ms of advice) expect(ms).toBeWithin(500, 3_000);
    expect(new Set(advice).size).toBeGreaterThan(CLIENTS / 2);
    for (let from = 500; from < 3_000; from += 500)
      expect(advice.filter((ms) => ms >= from && ms < from + 500).length).toBeWithin(CLIENTS / 10, CLIENTS / 3);
  }

  test("all clients of a dead node come to another at once: nothing is missing, few reads serve them all, and their next return is spread", async () => {
    const people = await Promise.all(Array.from({ length: PEOPLE }, () => living.visitor().signUp()));
    const [ann, ...others] = people as [Client, ...Client[]];
    const { id } = await ann.conversation(others, "Everybody");
    const sender = await ann.chat(id);
    await sendAll(sender, Array<string>(SEEN).fill("seen"));
    const connectAll = (node: ServerProcess, query: string) =>
      Promise.all(
        people.flatMap((person) =>
          Array.from({ length: EACH }, () => RawSocket.connect(person.at(node.url), `/ws/chat/${id}/${query}`)),
        ),
      );
    const before = await connectAll(dying, "");
    for (const socket of before) await socket.until((frames) => frames.length > 0);
    expectSpread(before.map(({ frames }) => frames[0].reconnect_after_ms));
    dying.kill("SIGKILL");
    await Promise.all(before.map((socket) => socket.ended));

    await sendAll(sender, Array<string>(MISSED).fill("missed"));
    const readsBefore = await logReads();
    const after = await connectAll(living, `?after_version=${SEEN}`);
    const newest = SEEN + MISSED;
    for (const socket of after) await socket.until((frames) => frames.at(-1)?.message?.version === newest);
    expect(await logReads()).toBeGreaterThan(readsBefore);
    expect((await logReads()) - readsBefore).toBeLessThan(CLIENTS / 5);
    await sendAll(sender, ["live"]);
    for (const socket of after) {
      await socket.until((frames) => frames.at(-1)?.message?.version === newest + 1);
      expect(versionsIn(socket.frames)).toEqual(range(SEEN + 1, newest + 1));
    }

    living.kill("SIGTERM");
    await Promise.all(after.map((socket) => socket.ended));
    expect(new Set(after.map(({ closeCode }) => closeCode))).toEqual(new Set([1012]));
    expectSpread(after.map(({ closeReason = "{}" }) => JSON.parse(closeReason).reconnect_after_ms));
    expect(await living.exited).toBe(0);
  });
}
