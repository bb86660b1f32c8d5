import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { modes } from "../support/modes.ts";
import { openTestStores, type TestStores } from "../support/stores.ts";

setDefaultTimeout(60_000);

const CONVERSATIONS = 20;
const KILLS = 8;

describe.skipIf(!modes.includes("postgres"))("counting messages while nodes are killed", () => {
  let stores: TestStores;
  beforeAll(async () => {
    stores = await openTestStores("postgres");
  });
  afterAll(() => stores.close());

  function spawn() {
    return Bun.spawn([process.execPath, join(import.meta.dir, "worker.ts")], {
      env: { ...process.env, DATABASE_URL: stores.databaseUrl ?? "" },
      stdout: "pipe",
      stderr: "inherit",
    });
  }

  test("the counts equal the log in the end, whenever a node dies", async () => {
    const people = [await stores.user(), await stores.user(), await stores.user()];
    const [ann = 0] = people;
    const ids = await Promise.all(Array.from({ length: CONVERSATIONS }, () => stores.conversation(people)));
    let isOver = false;
    const sending = ids.map(async (id) => {
      let sent = 0;
      for (; !isOver; sent++) {
        await stores.log.append(stores.draft(id, ann, "hello"));
        await Bun.sleep(2);
      }
      return sent;
    });
    const survivor = spawn();
    for (let i = 0; i < KILLS; i++) {
      const victim = spawn();
      // It counts by now.
      await victim.stdout.getReader().read();
      await Bun.sleep(5 + 17 * i);
      victim.kill("SIGKILL");
      await victim.exited;
      // A shard that it had is free, as ten seconds later.
      await stores.query(
        "UPDATE follower_leases SET leased_until = now() - interval '1 second' WHERE leased_until IS NOT NULL",
        [],
      );
    }
    isOver = true;
    const sent = (await Promise.all(sending)).reduce((sum, n) => sum + n, 0);
    const behind = () =>
      stores.query(
        `SELECT FROM conversations c LEFT JOIN follower_cursors f ON f.conversation_id = c.id
         WHERE f.version IS DISTINCT FROM c.last_version`,
        [],
      );
    while ((await behind()).length > 0) await Bun.sleep(20);
    survivor.kill("SIGKILL");
    await survivor.exited;
    const [row] = await stores.query<{ n: number }>("SELECT sum(messages)::int AS n FROM statistics", []);
    expect(row?.n).toBe(sent);
    expect(sent).toBeGreaterThan(KILLS * CONVERSATIONS);
  });
});
