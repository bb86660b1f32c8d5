import { beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import pino from "pino";
import { readConfig } from "../../src/server/config.ts";
import { openDriver } from "../../src/server/node/drivers.ts";
import { storesOn } from "../../src/server/node/stores.ts";
import { Database } from "../../src/server/platform/postgres/database.ts";
import type { Client } from "../support/client.ts";
import { inEachMode, makePlace } from "../support/modes.ts";
import { startTestServer, type TestServer, withServer } from "../support/server.ts";
import type { Socket } from "../support/socket.ts";
import { changesIn, closeOf, range, reached, sendAll, textsOf, versionsIn } from "./frames.ts";

setDefaultTimeout(120_000);

const numbers = (count: number) => range(1, count).map((n) => `${n}`);

inEachMode("resuming with after_version", (mode) => {
  const server = withServer(mode);
  let ann: Client;
  let bob: Client;
  let cat: Client;

  beforeAll(async () => {
    ann = await server.person("Ann");
    bob = await server.person("Bob");
    cat = await server.person("Cat");
  });

  const freshGroup = async () => {
    const { id } = await ann.conversation([bob, cat]);
    return { id, path: `/api/chat/conversations/${id}/` };
  };

  /** Messages 1–5; then 2 is edited, 4 deleted, the name changed, somebody added and removed, and 6 sent. */
  async function eventful() {
    const { id, path } = await freshGroup();
    const dan = await server.person("Dan");
    const sent = [];
    for (let n = 1; n <= 5; n++) sent.push(await ann.send(id, `${n}`));
    await ann.patch(`${path}messages/${sent[1]?.id}/`, { content: "2 edited" });
    await ann.delete(`${path}messages/${sent[3]?.id}/`);
    await ann.patch(path, { name: "Named" });
    await ann.post(`${path}participants/`, { user_ids: [dan.id] });
    await ann.delete(`${path}participants/${dan.id}/`);
    await ann.send(id, "6");
    return { id, path, dan, last: 11 };
  }

  test("replays every change after N, in order and dense, from any N", async () => {
    const { id, last } = await eventful();
    for (let after = 0; after < last; after++) {
      const b = await bob.chat(id, after);
      await reached(b, last);
      await b.settled();
      expect(versionsIn(b.frames)).toEqual(range(after + 1, last));
      b.close();
    }
  });

  test("a changed message is replayed as it is now; members and names as they changed", async () => {
    const { id, dan, last } = await eventful();
    const b = await bob.chat(id, 0);
    await reached(b, last);
    const [, two, , four, , edited, deleted, renamed, joined, left, six] = changesIn(b.frames);
    expect(two.message).toMatchObject({ content: "2 edited", seq: 2, version: 2 });
    expect(two.message.edited_at).toBeString();
    expect(four.message).toMatchObject({ content: "", seq: 4, version: 4 });
    expect(four.message.deleted_at).toBeString();
    expect(edited).toMatchObject({ type: "message_changed", message: two.message });
    expect(deleted).toMatchObject({ type: "message_changed", message: four.message });
    expect(renamed).toMatchObject({ type: "participants", name: "Named", added: [], removed: [] });
    expect(joined.added.map((user: { id: number }) => user.id)).toEqual([dan.id]);
    expect(left.removed).toEqual([dan.id]);
    expect(six.message).toMatchObject({ content: "6", seq: 6, version: 11 });
    b.close();
  });

  test("an unchanged message is replayed to the byte as it was delivered", async () => {
    const { id } = await freshGroup();
    const live = await bob.chat(id);
    const a = await ann.chat(id);
    await sendAll(a, numbers(50));
    await reached(live, 50);
    const replayed = await bob.chat(id, 0);
    await reached(replayed, 50);
    expect(textsOf(replayed, "message")).toEqual(textsOf(live, "message"));
    for (const socket of [live, a, replayed]) socket.close();
  });

  test("replays nothing after the newest change, and live changes follow", async () => {
    const { id } = await freshGroup();
    await ann.send(id, "one");
    const b = await bob.chat(id, 1);
    await ann.send(id, "two");
    await reached(b, 2);
    expect(versionsIn(b.frames)).toEqual([2]);
    expect(b.all("reset")).toEqual([]);
    b.close();
  });

  test("without after_version nothing is replayed", async () => {
    const { id } = await freshGroup();
    await ann.send(id, "one");
    const b = await bob.chat(id);
    await ann.send(id, "two");
    await reached(b, 2);
    expect(versionsIn(b.frames)).toEqual([2]);
    b.close();
  });

  test("beyond the newest: reset, then live", async () => {
    const { id } = await freshGroup();
    await ann.send(id, "one");
    for (const after of [2, 1_000_000, Number.MAX_SAFE_INTEGER]) {
      const b = await bob.chat(id, after);
      expect(await b.next("reset")).toMatchObject({ conversation_id: id, last_version: 1, pruned_seq: 0 });
      b.close();
    }
    const b = await bob.chat(id, 2);
    await b.next("reset");
    await ann.send(id, "two");
    await reached(b, 2);
    expect(versionsIn(b.frames)).toEqual([2]);
    b.close();
  });

  test("10,000 behind is replayed, one more is a reset", async () => {
    const { id } = await freshGroup();
    const a = await ann.chat(id);
    await sendAll(a, numbers(10_001));
    const far = await bob.chat(id, 0);
    expect((await far.next("reset")).last_version).toBe(10_001);
    await sendAll(a, ["live"]);
    await reached(far, 10_002);
    expect(versionsIn(far.frames)).toEqual([10_002]);
    const near = await bob.chat(id, 2);
    await reached(near, 10_002, 60_000);
    expect(versionsIn(near.frames)).toEqual(range(3, 10_002));
    expect(near.all("reset")).toEqual([]);
    for (const socket of [a, far, near]) socket.close();
  });

  test("while others keep sending at full speed there is no hole and nothing twice", async () => {
    const { id, path } = await freshGroup();
    const writers = [await ann.chat(id), await cat.chat(id)];
    const watcher = await bob.chat(id);
    let over = false;
    const writing = writers.map(async (writer) => {
      for (let burst = 0; !over; burst++) {
        const acks = await sendAll(writer, numbers(25));
        const changed = { message_id: acks.at(-1)?.id, ref: `change ${burst}` };
        writer.send(burst % 2 ? { type: "delete", ...changed } : { type: "edit", content: "edited", ...changed });
        await writer.next("ack", (ack) => ack.ref === changed.ref);
      }
    });
    const resumed: { after: number; socket: Socket }[] = [{ after: 0, socket: watcher }];
    for (let n = 0; n < 60; n++) {
      const newest = versionsIn(watcher.frames.slice(-1)).at(-1) ?? 0;
      const after = [0, newest, Math.max(0, newest - 20), Math.floor(newest / 2)][n % 4] ?? 0;
      resumed.push({ after, socket: await bob.chat(id, after) });
    }
    over = true;
    await Promise.all(writing);
    const last = await lastVersion(path);
    expect(last).toBeGreaterThan(100);
    for (const { after, socket } of resumed) {
      await reached(socket, last);
      await socket.settled();
      expect(socket.frames[0].type).toBe("connection_established");
      expect(versionsIn(socket.frames)).toEqual(range(after + 1, last));
      socket.close();
    }
    for (const writer of writers) writer.close();
  });

  test("many sockets resuming at once, while messages come in, all get the same", async () => {
    const { id, path } = await freshGroup();
    const a = await ann.chat(id);
    await sendAll(a, numbers(500));
    const sending = sendAll(a, numbers(250));
    const sockets = await Promise.all(range(1, 60).map((n) => (n % 2 ? bob : cat).chat(id, (n % 3) * 100)));
    await sending;
    const last = await lastVersion(path);
    for (const [i, socket] of sockets.entries()) {
      await reached(socket, last);
      expect(versionsIn(socket.frames)).toEqual(range(((i + 1) % 3) * 100 + 1, last));
    }
    const tails = new Set(sockets.map((socket) => textsOf(socket, "message").slice(-500).join()));
    expect(tails.size).toBe(1);
    for (const socket of [a, ...sockets]) socket.close();
  });

  test("a client that is cut off again and again misses nothing", async () => {
    const { id } = await freshGroup();
    const a = await ann.chat(id);
    const sending = sendAll(a, numbers(200));
    const seen: number[] = [];
    while (seen.length < 200) {
      const socket = await bob.chat(id, seen.length);
      await socket.until((frames) => changesIn(frames).length > 0);
      socket.close();
      // Every frame that arrived counts as seen, also while the socket was closing.
      await socket.closed;
      seen.push(...versionsIn(socket.frames));
    }
    await sending;
    expect(seen).toEqual(range(1, 200));
    a.close();
  });

  /** The log's last version, read on a socket of its own. */
  async function lastVersion(path: string): Promise<number> {
    const socket = await ann.chat(path.split("/")[4] ?? "");
    socket.close();
    return socket.frames[0].last_version;
  }
});

inEachMode("after a restart", (mode) => {
  /** The same people on another server. */
  const on = (server: TestServer, person: Client) =>
    Object.assign(server.visitor(), { cookie: person.cookie, user: person.user });

  test("sockets that were closed with 1012 and advice resume with nothing missing or doubled", async () => {
    const place = await makePlace(mode);
    const first = await startTestServer(mode, place.environment);
    const [ann, bob] = [await first.person("Ann"), await first.person("Bob")];
    const { id } = await ann.conversation([bob]);
    const [a, b, hub] = [await ann.chat(id), await bob.chat(id), await bob.hub()];
    for (const n of numbers(300)) a.send({ content: n, client_id: n });
    await a.next("ack");
    await first.stop();
    for (const socket of [a, b, hub]) {
      const { code, reason } = await closeOf(socket);
      expect(code).toBe(1012);
      expect(JSON.parse(reason).reconnect_after_ms).toBeWithin(0, 60_000);
    }
    const before = b.all("message").map((frame) => frame.message);
    expect(before.map((message) => message.seq)).toEqual(range(1, before.length));

    const second = await startTestServer(mode, place.environment);
    const [again, resumed] = [await on(second, ann).chat(id), await on(second, bob).chat(id, before.length)];
    for (const n of numbers(300)) again.send({ content: n, client_id: n });
    await again.until(() => again.all("ack").length === 300, 30_000);
    await sendAll(again, ["301"]);
    await reached(resumed, 301);
    const all = [...before, ...resumed.all("message").map((frame) => frame.message)];
    expect(all.map((message) => [message.seq, message.content])).toEqual(numbers(301).map((n) => [Number(n), n]));
    for (const ack of a.all("ack")) expect(again.all("ack")).toContainEqual(ack);
    await second.stop();
    place.remove();
  });

  test("a resume from before the retained messages is reset, and a later one is replayed", async () => {
    const place = await makePlace(mode);
    const first = await startTestServer(mode, place.environment);
    const [ann, bob] = [await first.person("Ann"), await first.person("Bob")];
    const { id } = await ann.conversation([bob]);
    await sendAll(await ann.chat(id), numbers(20));
    await first.stop();

    const driver = await openDriver(readConfig(place.environment), pino({ level: "silent" }));
    expect(await storesOn(new Database(driver)).log.prune(0)).toBe(20);
    await driver.close();

    const second = await startTestServer(mode, place.environment);
    await on(second, ann).send(id, "kept");
    for (const after of [0, 1, 19]) {
      const tooOld = await on(second, bob).chat(id, after);
      expect(await tooOld.next("reset")).toMatchObject({ conversation_id: id, last_version: 21, pruned_seq: 20 });
    }
    const b = await on(second, bob).chat(id, 20);
    await reached(b, 21);
    expect(versionsIn(b.frames)).toEqual([21]);
    await second.stop();
    place.remove();
  });
});
