import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Failure } from "../../src/server/base/failure.ts";
import { Scheduled } from "../../src/server/features/scheduled/service.ts";
import { modes } from "../support/modes.ts";
import { openTestStores, type TestStores } from "../support/stores.ts";

const MINUTE = 60_000;
const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();

// Redis plays no part in this.
describe.each(modes.filter((mode) => mode !== "redis"))("scheduled messages in the database (%s)", (mode) => {
  let stores: TestStores;
  beforeAll(async () => {
    stores = await openTestStores(mode);
  });
  afterAll(() => stores.close());

  /** A message that is due, and the service of a node with a log that can die. */
  async function due(body: { repeat?: "daily" } = {}, ms = -1) {
    const [ann, bob] = [await stores.user("Ann"), await stores.user("Bob")];
    const id = await stores.conversation([ann, bob]);
    const made = await stores.scheduled.create(ann, id, { content: "Hi", send_at: inMs(MINUTE), ...body });
    if (!made) throw new Error("it was not made");
    const { id: key } = made.message;
    await stores.query("UPDATE scheduled SET send_at = $2::text::timestamptz WHERE id = $1", [key, inMs(ms)]);
    /** A node; `dies` says after which of the two writes it does. */
    const node = (dies?: "after the append" | "before the append", on = stores) =>
      new Scheduled(
        on.scheduled,
        {
          async send(send) {
            if (dies === "before the append") throw new Error("kill -9");
            const sent = await stores.log.append({ id: Bun.randomUUIDv7(), ...send });
            if (dies) throw new Error("kill -9");
            return sent;
          },
        },
        { requireParticipant: async () => {} },
        { run: (_, write) => write(), moved: () => {} },
        { wake: () => {} },
      );
    const messages = async () =>
      (await stores.log.page(id, { limit: 50 })).messages.map(({ content, client_id }) => [content, client_id]);
    const listed = async () => (await stores.scheduled.list(ann, null, { limit: 50, offset: 0 })).items;
    const shown = async () =>
      (await stores.me.entriesAfter(ann, 0, 50)).entries
        .filter(({ kind }) => kind === "scheduled")
        .map(({ value }) => value["state"] ?? null);
    return { ann, bob, id, key, node, messages, listed, shown };
  }
  const gone = "kill -9";

  test("is sent once, wherever a node dies, and however many nodes do the step", async () => {
    const { key, node, messages, listed, shown } = await due();
    await expect(node("before the append").step(key)).rejects.toThrow(gone);
    expect(await messages()).toEqual([]);
    await expect(node("after the append").step(key)).rejects.toThrow(gone);
    await expect(node("after the append").step(key)).rejects.toThrow(gone);
    expect(await messages()).toEqual([["Hi", `scheduled:${key}:0`]]);
    await Promise.all([node().step(key), node(undefined, { ...stores, ...stores.beside() }).step(key)]);
    expect(await node().step(key)).toBe("done");
    expect(await messages()).toEqual([["Hi", `scheduled:${key}:0`]]);
    expect(await listed()).toEqual([]);
    expect(await shown()).toEqual([null]);
  });

  test("repeats, each occurrence once, and its job waits for the next", async () => {
    const { key, node, messages, listed } = await due({ repeat: "daily" });
    await expect(node("after the append").step(key)).rejects.toThrow(gone);
    const again = await node().step(key);
    expect(again).toEqual({ againAfterMs: expect.any(Number) });
    expect(again === "done" ? 0 : again.againAfterMs).toBeWithin(23 * 60 * MINUTE, 25 * 60 * MINUTE);
    expect(await node().step(key)).toEqual({ againAfterMs: expect.any(Number) });
    expect(await messages()).toEqual([["Hi", `scheduled:${key}:0`]]);
    expect(await listed()).toMatchObject([{ state: "waiting", repeat: "daily", zone: "UTC" }]);
    await stores.query("UPDATE scheduled SET send_at = now() - interval '1 second' WHERE id = $1", [key]);
    await node().step(key);
    expect(await messages()).toEqual([
      ["Hi", `scheduled:${key}:0`],
      ["Hi", `scheduled:${key}:1`],
    ]);
  });

  test("asks its author when it is more than 15 minutes late, unless it was sent in time", async () => {
    const late = await due({}, -16 * MINUTE);
    expect(await late.node().step(late.key)).toBe("done");
    expect(await late.messages()).toEqual([]);
    expect(await late.listed()).toMatchObject([{ state: "late", error: null }]);
    expect(await late.shown()).toEqual(["late"]);
    expect(await late.node().step(late.key)).toBe("done");
    await late.node().sendNow(late.ann, late.id, late.key);
    expect(await late.messages()).toEqual([["Hi", `scheduled:${late.key}:0`]]);
    expect(await late.shown()).toEqual([null]);

    // A node sent it, died, and all nodes were off for an hour.
    const sent = await due();
    await expect(sent.node("after the append").step(sent.key)).rejects.toThrow(gone);
    await stores.query("UPDATE scheduled SET send_at = now() - interval '1 hour' WHERE id = $1", [sent.key]);
    expect(await sent.node().step(sent.key)).toBe("done");
    expect(await sent.shown()).toEqual([null]);
    expect(await sent.messages()).toHaveLength(1);

    const inTime = await due({}, -14 * MINUTE);
    await inTime.node().step(inTime.key);
    expect(await inTime.messages()).toHaveLength(1);
  });

  test("can't be changed while it is sent, and can be again when it was refused", async () => {
    const { ann, id, key, node, messages, listed } = await due();
    await expect(node("before the append").step(key)).rejects.toThrow(gone);
    for (const change of [
      () => stores.scheduled.change(ann, id, key, { content: "other" }),
      () => stores.scheduled.remove(ann, id, key),
      () => stores.scheduled.skip(ann, id, key),
      () => stores.scheduled.hurry(ann, id, key),
    ])
      await expect(change()).rejects.toMatchObject({ reason: "being_sent" });
    await stores.query("UPDATE users SET is_active = false WHERE id = $1", [ann]);
    expect(await node().step(key)).toBe("done");
    expect(await listed()).toMatchObject([{ state: "failed", error: "not_a_participant" }]);
    await expect(node().sendNow(ann, id, key)).rejects.toMatchObject({ reason: "not_a_participant" });
    await stores.query("UPDATE users SET is_active = true WHERE id = $1", [ann]);
    const { message } = await stores.scheduled.change(ann, id, key, { send_at: inMs(MINUTE), content: "other" });
    expect(message).toMatchObject({ state: "waiting", content: "other", error: null });
    await node().sendNow(ann, id, key);
    expect(await messages()).toEqual([["other", `scheduled:${key}:0`]]);
  });

  test("waits on while the database is away, and goes out then", async () => {
    const { key, messages } = await due();
    let isAway = true;
    const node = new Scheduled(
      stores.scheduled,
      {
        async send(send) {
          if (isAway) throw new Failure("unavailable");
          return stores.log.append({ id: Bun.randomUUIDv7(), ...send });
        },
      },
      { requireParticipant: async () => {} },
      { run: (_, write) => write(), moved: () => {} },
      { wake: () => {} },
    );
    await expect(node.step(key)).rejects.toMatchObject({ reason: "unavailable" });
    isAway = false;
    expect(await node.step(key)).toBe("done");
    expect(await messages()).toHaveLength(1);
  });
});
