import { afterAll, beforeAll, expect, test } from "bun:test";
import pino from "pino";
import { readConfig } from "../../src/server/config.ts";
import { openDriver } from "../../src/server/node/drivers.ts";
import type { Driver } from "../../src/server/platform/postgres/database.ts";
import { makePlace, type Place } from "../support/modes.ts";

/** A second or more of work within the database. */
const LONG = "SELECT count(*)::int AS n FROM generate_series(1, 4000000) AS n";

let place: Place;
let driver: Driver;

beforeAll(async () => {
  place = await makePlace("embedded");
  driver = await openDriver(readConfig(place.environment), pino({ level: "silent" }));
  await driver.migrate(true);
});
afterAll(async () => {
  await driver.close();
  place.remove();
});

test("the event loop goes on turning while the embedded database works on a long statement", async () => {
  let turns = 0;
  let isOver = false;
  const turn = () => {
    turns++;
    if (!isOver) setTimeout(turn, 1);
  };
  setTimeout(turn, 1);
  const [row] = await driver.query<{ n: number }>(LONG, []);
  isOver = true;
  expect(row?.n).toBe(4_000_000);
  // On the loop's own thread the statement leaves it no turn at all.
  expect(turns).toBeGreaterThan(20);
});

test("a send goes before everything that waits for the embedded database, and a search goes last but not never", async () => {
  const order: string[] = [];
  const note = (name: string, work: Promise<unknown>) => work.then(() => order.push(name));
  const under = [note("under way", driver.query(LONG, [])), note("under way", driver.query("SELECT 1", []))];
  const pieces = ["a", "b"].map((name) => note(`piece ${name}`, driver.bulkQuery("SELECT 1", [])));
  const calls = Array.from({ length: 20 }, () => note("call", driver.query("SELECT 1", [])));
  const send = note("send", driver.logQuery("SELECT 1", [], 1_000));
  await Promise.all([...under, ...pieces, ...calls, send]);
  expect(order.slice(0, 3)).toEqual(["under way", "under way", "send"]);
  expect(order.indexOf("call")).toBe(3);
  expect(order.indexOf("piece a")).toBeGreaterThan(8);
  expect(order.indexOf("piece b")).toBeLessThan(order.length - 1);
});

test("a transaction of the embedded database commits whole or not at all when its work fails", async () => {
  await driver.query("CREATE TABLE tried (n integer PRIMARY KEY)", []);
  const insert = (n: number) =>
    driver.orm.transaction(async (tx) => {
      await tx.execute(`INSERT INTO tried VALUES (${n})`);
      await tx.execute("INSERT INTO tried VALUES (1)");
    });
  await driver.query("INSERT INTO tried VALUES (1)", []);
  await expect(insert(2)).rejects.toThrow();
  const failing = driver.orm.transaction(async (tx) => {
    await tx.execute("INSERT INTO tried VALUES (3)");
    throw new Error("on purpose");
  });
  await expect(failing).rejects.toThrow("on purpose");
  await driver.orm.transaction(async (tx) => {
    await tx.execute("INSERT INTO tried VALUES (4)");
  });
  expect(await driver.query<{ n: number }>("SELECT n FROM tried ORDER BY n", [])).toEqual([{ n: 1 }, { n: 4 }]);
});

test("an error of the embedded database keeps its code on the way out of its thread", async () => {
  await expect(driver.query("SELECT 1/0", [])).rejects.toMatchObject({ code: "22012", severity: "ERROR" });
});
