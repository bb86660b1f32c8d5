import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import { ERASE_CONVERSATION, eraseConversation } from "../../src/server/features/admin/erasing.ts";
import { FollowerStore } from "../../src/server/followers/store.ts";
import { inEachDatabase } from "../support/modes.ts";
import { openTestStores, type TestStores } from "../support/stores.ts";

inEachDatabase("the job that erases removed conversations", (mode) => {
  let stores: TestStores;
  let root: number;
  let isRedisThere = true;
  beforeAll(async () => {
    stores = await openTestStores(mode);
    root = await stores.user("Root");
    await stores.query("UPDATE users SET is_superuser = true WHERE id = $1", [root]);
  });
  afterAll(() => stores.close());
  beforeEach(async () => {
    isRedisThere = true;
    await stores.query("DELETE FROM jobs", []);
    await stores.query("DELETE FROM removed_conversations", []);
  });

  /** A removed conversation of three messages. */
  async function removed(): Promise<string> {
    const id = await stores.conversation([root, await stores.user()]);
    for (const content of ["a", "b", "c"]) await stores.log.append(stores.draft(id, root, content));
    await stores.admin.conversations.remove({ userId: root, address: "192.0.2.1", network: "192.0.2.1" }, id);
    return id;
  }
  const jobs = () => stores.query<{ kind: string; key: string }>("SELECT kind, key FROM jobs", []);
  const messages = async (id: string) =>
    (await stores.query("SELECT seq FROM messages WHERE conversation_id = $1", [id])).length;
  const step = (id: string) =>
    eraseConversation({
      erasing: stores.erasing,
      window: { drop: async () => isRedisThere },
      cursors: new FollowerStore(stores.database),
    })({ conversation_id: id });

  test("a removal adds the job, and the job goes a minute later, when nothing is left", async () => {
    const id = await removed();
    expect(await jobs()).toEqual([{ kind: ERASE_CONVERSATION, key: id }]);
    expect(await step(id)).toEqual({ againAfterMs: 60_000 });
    expect(await messages(id)).toBe(0);
    await stores.query("UPDATE removed_conversations SET removed_at = now() - interval '61 seconds'", []);
    expect(await step(id)).toBe("done");
  });

  test("rows of the search that come late go too, and those that a node of the release before left", async () => {
    const late = (id: string) =>
      stores.query(
        `INSERT INTO found (conversation_id, seq, last_seq, place_id, first_at, at, v)
         SELECT $1::uuid, n, n, $1::uuid, now(), now(), 'late:1' FROM generate_series(1, 3) n`,
        [id],
      );
    const found = async (id: string) =>
      (await stores.query("SELECT seq FROM found WHERE conversation_id = $1", [id])).length;
    const id = await removed();
    expect(await step(id)).toEqual({ againAfterMs: 60_000 });
    await late(id);
    expect(await step(id)).toEqual({ againAfterMs: 60_000 });
    expect(await found(id)).toBe(0);
    await late(id);
    await stores.query("DELETE FROM removed_conversations", []);
    expect(await step(id)).toBe("done");
    expect(await found(id)).toBe(0);
  });

  test("the job stays while Redis is away, since the window may still be there", async () => {
    const id = await removed();
    await stores.query("UPDATE removed_conversations SET removed_at = now() - interval '61 seconds'", []);
    isRedisThere = false;
    expect(await step(id)).toEqual({ againAfterMs: 2_000 });
    isRedisThere = true;
    expect(await step(id)).toBe("done");
  });

  test("a conversation that a node of the release before removed gets the job", async () => {
    const id = await removed();
    await stores.query("DELETE FROM jobs", []);
    await stores.erasing.addMissingJobs();
    await stores.erasing.addMissingJobs();
    expect(await jobs()).toEqual([{ kind: ERASE_CONVERSATION, key: id }]);
  });

  test("the job leaves a conversation alone that a node of the release before erases, and ends when it has", async () => {
    const id = await removed();
    await stores.query(
      "UPDATE removed_conversations SET eraser = gen_random_uuid(), claimed_until = now() + interval '10 seconds'",
      [],
    );
    expect(await step(id)).toEqual({ againAfterMs: 5_000 });
    expect(await messages(id)).toBe(3);
    // That node has died.
    await stores.query("UPDATE removed_conversations SET claimed_until = now() - interval '1 second'", []);
    expect(await step(id)).toEqual({ againAfterMs: 60_000 });
    expect(await messages(id)).toBe(0);
    // Or it was done first.
    await stores.query("DELETE FROM removed_conversations", []);
    expect(await step(id)).toBe("done");
  });
});
