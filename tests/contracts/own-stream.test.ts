import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { SAVED_MAX } from "../../src/protocol/saved.ts";
import { frameOf } from "../../src/server/features/me/kinds.ts";
import { OwnStream } from "../../src/server/features/me/own-stream.ts";
import { JobStore } from "../../src/server/jobs/store.ts";
import { modes } from "../support/modes.ts";
import { openTestStores, type TestStores } from "../support/stores.ts";

const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();

// Redis plays no part in this.
describe.each(modes.filter((mode) => mode !== "redis"))("a user's own stream in the database (%s)", (mode) => {
  let stores: TestStores;
  beforeAll(async () => {
    stores = await openTestStores(mode);
  });
  afterAll(() => stores.close());

  async function saved() {
    const [ann, bob] = [await stores.user("Ann"), await stores.user("Bob")];
    const id = await stores.conversation([ann, bob]);
    const { message } = await stores.log.append(stores.draft(id, bob, "one"));
    return { ann, bob, id, message };
  }
  const keysAfter = async (user: number, version: number) =>
    (await stores.me.entriesAfter(user, version, 5_000)).entries.map((entry) => {
      const frame = frameOf(entry, 1);
      return [frame?.kind, frame?.value === null ? null : "set"];
    });
  const jobs = () =>
    stores.query<{ kind: string; key: string; due: boolean }>(
      "SELECT kind, key, run_at <= clock_timestamp() AS due FROM jobs ORDER BY id",
      [],
    );

  test("entries that are gone keep their version, up to a number, and then there is a floor", async () => {
    const { ann } = await saved();
    const change = (work: (stream: OwnStream) => Promise<unknown>) =>
      stores.database.transaction(async (tx) => work(await OwnStream.lock(tx, ann)));
    const gone = async (count: number) => {
      for (let n = 0; n < count; n++)
        await change(async (stream) => {
          await stream.put("draft", `${n}`, { content: "x" }, null);
          await stream.remove("draft", `${n}`);
          expect(await stream.remove("draft", `${n}`)).toBe(false);
        });
      await change((stream) => stream.put("draft", "kept", { content: "x" }, null));
    };
    await gone(20);
    expect(await stores.me.entriesAfter(ann, 0, 100)).toMatchObject({ head: 41, floor: 0 });
    // As if there were many more.
    await stores.query(
      `INSERT INTO me_entries (user_id, kind, key, value, me_version)
       SELECT $1, 'draft', 'old ' || n, '{}', n FROM generate_series(100, 1399) n`,
      [ann],
    );
    await stores.query("UPDATE me_streams SET me_version = 1399 WHERE user_id = $1", [ann]);
    await gone(1);
    const { head, floor, entries } = await stores.me.entriesAfter(ann, 0, 5_000);
    expect(head).toBe(1402);
    expect(floor).toBe(0);
    await gone(50);
    const after = await stores.me.entriesAfter(ann, 0, 5_000);
    expect(after.floor).toBeGreaterThan(100);
    expect(after.entries.length).toBeLessThan(entries.length);
    expect(after.entries.filter(({ meVersion }) => meVersion < after.floor)).toEqual([]);
    // The live entry is there, whatever is forgotten around it.
    expect((await stores.me.entriesOf(ann, "draft", "", 10)).entries.map(({ key }) => key)).toEqual(["kept"]);
    // Once more: the next floor takes the place of this one.
    await gone(100);
    const floors = await stores.query<{ n: number }>(
      "SELECT count(*)::integer AS n FROM me_entries WHERE user_id = $1 AND kind = 'floor'",
      [ann],
    );
    expect(floors).toEqual([{ n: 1 }]);
  });

  test("a thousand messages can be saved, and then one more when another is removed", async () => {
    const { ann, message } = await saved();
    await stores.query("INSERT INTO me_streams (user_id, me_version) VALUES ($1, $2)", [ann, SAVED_MAX]);
    await stores.query(
      `INSERT INTO me_entries (user_id, kind, key, value, me_version)
       SELECT $1, 'saved', gen_random_uuid(), '{"note":null}', n FROM generate_series(1, $2::integer) n`,
      [ann, SAVED_MAX],
    );
    await expect(stores.saved.save(ann, message.id, {})).rejects.toMatchObject({ reason: "too_many_saved" });
    await stores.query("UPDATE me_entries SET value = '{}' WHERE user_id = $1 AND me_version = 1", [ann]);
    await stores.saved.save(ann, message.id, {});
    expect((await stores.saved.list(ann, { before: 1e9, limit: 1 })).total).toBe(SAVED_MAX);
  });

  test("a reminder comes once, whichever of two nodes does the step, and not before its time", async () => {
    const { ann, message } = await saved();
    await stores.saved.save(ann, message.id, { remind_at: inMs(60_000) });
    expect(await stores.saved.remind(ann, message.id)).toBeWithin(50_000, 60_001);
    expect(await keysAfter(ann, 0)).toEqual([["saved", "set"]]);
    // A minute later.
    await stores.query(
      `UPDATE me_entries SET value = jsonb_set(value, '{remind_at}', to_jsonb($2::text)) WHERE user_id = $1`,
      [ann, inMs(-1)],
    );
    const beside = stores.beside();
    expect(
      await Promise.all([
        stores.saved.remind(ann, message.id),
        beside.saved.remind(ann, message.id),
        stores.saved.remind(ann, message.id),
      ]),
    ).toEqual([0, 0, 0]);
    expect(await stores.saved.remind(ann, message.id)).toBe(0);
    expect(await keysAfter(ann, 0)).toEqual([
      ["saved", "set"],
      ["reminder", "set"],
    ]);
    expect((await stores.me.entriesAfter(ann, 0, 10)).head).toBe(2);
    // Done: a step that a dead node left behind does not bring it back.
    await stores.saved.save(ann, message.id, { remind_at: null });
    expect(await stores.saved.remind(ann, message.id)).toBe(0);
    expect(await keysAfter(ann, 0)).toEqual([
      ["saved", "set"],
      ["reminder", null],
    ]);
  });

  test("a snooze takes the job from the node that works on it, and a removal takes it away", async () => {
    const { ann, message } = await saved();
    await stores.query("DELETE FROM jobs", []);
    await stores.saved.save(ann, message.id, { remind_at: inMs(60_000) });
    await stores.query("UPDATE jobs SET run_at = now()", []);
    const node = new JobStore(stores.database);
    const job = await node.lease(["remind"]);
    if (!job) throw new Error("there is no job");
    await stores.saved.save(ann, message.id, { remind_at: inMs(120_000) });
    // The node ends its step. It must not remove the job of the new time.
    await node.remove(job);
    await node.postpone(job, 0);
    expect(await jobs()).toEqual([{ kind: "remind", key: `${ann} ${message.id}`, due: false }]);
    await stores.saved.remove(ann, message.id);
    expect(await jobs()).toEqual([]);
  });

  test("entries end with the membership, and survive retention", async () => {
    const [ann, bob] = [await stores.user(), await stores.user()];
    const id = await stores.conversation([ann, bob, await stores.user()]);
    const { message } = await stores.log.append(stores.draft(id, bob, "one"));
    for (const user of [ann, bob]) await stores.saved.save(user, message.id, { note: "n", remind_at: inMs(60_000) });
    await stores.drafts.set(bob, id, { content: "x" });
    await stores.conversations.alter(id, bob, { kind: "remove", userId: bob });
    expect(await keysAfter(bob, 0)).toEqual([]);
    expect(await stores.saved.remind(bob, message.id)).toBe(0);
    await stores.query("DELETE FROM messages WHERE id = $1", [message.id]);
    expect((await stores.saved.list(ann, { before: 1e9, limit: 5 })).items).toMatchObject([
      { message: null, note: "n" },
    ]);
    const { saved: changed } = await stores.saved.save(ann, message.id, { note: "m" });
    expect(changed).toMatchObject({ conversation_id: id, seq: message.seq, note: "m" });
    await stores.query(
      `UPDATE me_entries SET value = jsonb_set(value, '{remind_at}', to_jsonb($2::text)) WHERE user_id = $1`,
      [ann, inMs(-1)],
    );
    expect(await stores.saved.remind(ann, message.id)).toBe(0);
    expect(await keysAfter(ann, 0)).toEqual([
      ["saved", "set"],
      ["reminder", "set"],
    ]);
  });
});
