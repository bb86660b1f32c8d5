import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import pino from "pino";
import { z } from "zod";
import { type JobKinds, Jobs, jobKind } from "../../src/server/jobs/jobs.ts";
import { addJob, JobStore } from "../../src/server/jobs/store.ts";
import { inEachDatabase } from "../support/modes.ts";
import { openTestStores, type TestStores } from "../support/stores.ts";

const payload = z.object({ n: z.number() });
const LATER_MS = 60_000;

inEachDatabase("jobs", (mode) => {
  let stores: TestStores;
  const running: Jobs[] = [];
  const log: Record<string, unknown>[] = [];
  const logger = pino({ level: "warn" }, { write: (line: string) => void log.push(JSON.parse(line)) });

  beforeAll(async () => {
    stores = await openTestStores(mode);
  });
  afterAll(() => stores.close());
  afterEach(async () => {
    await Promise.all(running.splice(0).map((jobs) => jobs.close()));
    await stores.query("DELETE FROM jobs", []);
    log.length = 0;
  });

  const add = (kind: string, key: string, n = 0) =>
    stores.database.transaction((tx) => addJob(tx, { kind, key, payload: { n } }));
  const rows = () =>
    stores.query<{ key: string; attempts: number; error: string | null; isLeased: boolean; dueMs: number }>(
      `SELECT key, attempts, last_error AS error, leased_by IS NOT NULL AS "isLeased",
         (extract(epoch FROM run_at - clock_timestamp()) * 1000)::float8 AS "dueMs" FROM jobs ORDER BY id`,
      [],
    );
  const until = async (isSo: () => boolean | Promise<boolean>) => {
    while (!(await isSo())) await Bun.sleep(2);
  };
  const isEmpty = async () => (await rows()).length === 0;

  /** A node that runs jobs of these kinds. */
  function node(kinds: JobKinds): Jobs {
    const jobs = new Jobs(new JobStore(stores.database), kinds, logger);
    running.push(jobs);
    jobs.start();
    return jobs;
  }

  test("a job runs once, whichever of two nodes leases it, and its row goes", async () => {
    const done: number[] = [];
    for (let n = 0; n < 30; n++) await add("count", `${n}`, n);
    const kinds = {
      count: jobKind(payload, async ({ n }) => {
        done.push(n);
        await Bun.sleep(1);
        return "done";
      }),
    };
    node(kinds);
    node(kinds);
    await until(isEmpty);
    expect(done.sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, n) => n));
  });

  test("a job is added with its transaction, and once for each key", async () => {
    const rolledBack = stores.database.transaction(async (tx) => {
      await addJob(tx, { kind: "count", key: "never", payload: { n: 1 } });
      throw new Error("something else failed");
    });
    await expect(rolledBack).rejects.toThrow("something else failed");
    await add("count", "same", 1);
    await add("count", "same", 2);
    await add("other", "same", 3);
    expect((await rows()).map(({ key }) => key)).toEqual(["same", "same"]);
  });

  test("a long job does not hold up a short one, and no two nodes work on one job at a time", async () => {
    let left = 20;
    let atWork = 0;
    let leftWhenShortRan = -1;
    const kinds = {
      long: jobKind(payload, async () => {
        expect(++atWork).toBe(1);
        await Bun.sleep(2);
        atWork--;
        left--;
        return left > 0 ? { againAfterMs: 5 } : "done";
      }),
      short: jobKind(payload, async () => {
        leftWhenShortRan = left;
        return "done";
      }),
    };
    await add("long", "1");
    const nodes = [node(kinds), node(kinds)];
    await until(() => left < 18);
    await add("short", "1");
    for (const one of nodes) one.wake();
    await until(isEmpty);
    expect(left).toBe(0);
    expect(leftWhenShortRan).toBeGreaterThan(0);
    expect(log).toEqual([]);
  });

  test("another node takes a job over when the lease of a dead node ends, and a late answer changes nothing", async () => {
    await add("count", "1");
    const dead = new JobStore(stores.database);
    const job = await dead.lease(["count"]);
    if (!job) throw new Error("there is no job");
    const next = new JobStore(stores.database);
    expect(await next.lease(["count"])).toBeUndefined();
    expect(await next.nextDueMs(["count"])).toBeGreaterThan(5_000);

    // As ten seconds later.
    await stores.query("UPDATE jobs SET leased_until = now() - interval '1 second'", []);
    expect(await next.lease(["count"])).toMatchObject({ id: job.id, attempts: 2 });
    await dead.remove(job);
    await dead.postpone(job, 0);
    await dead.fail(job, "late", 0);
    expect(await rows()).toMatchObject([{ attempts: 2, error: null, isLeased: true }]);
  });

  test("a job that fails keeps its error, waits longer each time, and goes on once it works", async () => {
    let isBroken = true;
    await add("flaky", "1");
    const jobs = node({
      flaky: jobKind(payload, async () => {
        if (isBroken) throw new Error("the disk is full");
        return { againAfterMs: LATER_MS };
      }),
    });
    await until(async () => (await rows())[0]?.error != null);
    expect(await rows()).toMatchObject([{ attempts: 1, error: "Error: the disk is full", isLeased: false }]);
    expect((await rows())[0]?.dueMs).toBeWithin(500, 1_001);
    expect(log).toMatchObject([{ msg: "a job failed, it will be tried again", job: { kind: "flaky", key: "1" } }]);

    for (const [attempts, delay] of [
      [3, 8_000],
      [40, 300_000],
    ] as const) {
      await stores.query("UPDATE jobs SET run_at = now() - interval '1 second', attempts = $1", [attempts]);
      jobs.wake();
      await until(async () => (await rows())[0]?.attempts === attempts + 1);
      await until(async () => (await rows())[0]?.isLeased === false);
      expect((await rows())[0]?.dueMs).toBeWithin(delay - 1_000, delay + 1);
    }
    expect(log).toHaveLength(3);

    isBroken = false;
    await stores.query("UPDATE jobs SET run_at = now() - interval '1 second'", []);
    jobs.wake();
    await until(async () => (await rows())[0]?.attempts === 0);
    expect(await rows()).toMatchObject([{ attempts: 0, error: null, isLeased: false }]);
  });

  test("a job whose payload has another shape fails and stays", async () => {
    await stores.query(`INSERT INTO jobs (kind, key, payload) VALUES ('count', '1', '{"n":"many"}')`, []);
    node({ count: jobKind(payload, async () => "done") });
    await until(async () => (await rows())[0]?.error != null);
    expect((await rows())[0]?.error).toContain("expected number");
  });

  test("a kind that a node does not know is left to other nodes", async () => {
    await add("from_a_newer_release", "1");
    await add("count", "1");
    node({ count: jobKind(payload, async () => "done") });
    await until(async () => (await rows()).length === 1);
    expect(await rows()).toMatchObject([{ key: "1", attempts: 0, isLeased: false }]);
  });

  test("a node that stops ends the step under way and gives the job back", async () => {
    const steps: string[] = [];
    await add("slow", "1");
    const jobs = node({
      slow: jobKind(payload, async () => {
        steps.push("begun");
        await Bun.sleep(50);
        steps.push("ended");
        return { againAfterMs: 0 };
      }),
    });
    await until(() => steps.length > 0);
    await jobs.close();
    expect(steps).toEqual(["begun", "ended"]);
    expect(await rows()).toMatchObject([{ attempts: 0, isLeased: false }]);
    expect(log).toEqual([]);
  });
});
