import { beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import type { Client } from "../support/client.ts";
import { inEachMode } from "../support/modes.ts";
import { withServer } from "../support/server.ts";
import type { Frame, Socket } from "../support/socket.ts";
import { range, sendAll } from "./frames.ts";

setDefaultTimeout(60_000);

/** A reader with more than this unsent counts as too slow, so no one frame may be larger. */
const FRAME_FITS_BYTES = 512 * 1024;

inEachMode("history over a socket", (mode) => {
  const server = withServer(mode);
  let ann: Client;
  let bob: Client;
  let conversationId: string;
  let a: Socket;

  beforeAll(async () => {
    ann = await server.person("Ann");
    bob = await server.person("Bob");
    conversationId = (await ann.conversation([bob])).id;
    a = await ann.chat(conversationId);
    await sendAll(
      a,
      range(1, 250).map((n) => `message ${n}`),
    );
  });

  let asked = 0;
  async function history(socket: Socket, options: object = {}): Promise<Frame> {
    const ref = `page ${++asked}`;
    socket.send({ type: "history", ref, ...options });
    return socket.next("history", (frame) => frame.ref === ref);
  }
  const seqs = (page: Frame) => page.messages.map((message: Frame) => message.seq);

  test("history without parameters is the newest 50 messages, oldest first", async () => {
    const page = await history(a);
    expect(seqs(page)).toEqual(range(201, 250));
    expect(page).toMatchObject({ type: "history", conversation_id: conversationId, total: 250 });
  });

  test("a page holds the messages as they were delivered", async () => {
    const delivered = a.all("message").map((frame) => frame.message);
    expect((await history(a, { limit: 3 })).messages).toEqual(delivered.slice(-3));
  });

  test("before_seq leads from page to page, to the first message", async () => {
    expect(seqs(await history(a, { before_seq: 201 }))).toEqual(range(151, 200));
    expect(seqs(await history(a, { before_seq: 11, limit: 20 }))).toEqual(range(1, 10));
    expect(seqs(await history(a, { before_seq: 2 }))).toEqual([1]);
    for (const before_seq of [1, 0]) expect(seqs(await history(a, { before_seq }))).toEqual([]);
  });

  test("before_seq beyond the newest gives the newest page", async () => {
    expect(seqs(await history(a, { before_seq: 1_000_000, limit: 5 }))).toEqual(range(246, 250));
  });

  test("after_seq leads from page to page, to the newest message, and wins over before_seq", async () => {
    expect(seqs(await history(a, { after_seq: 50 }))).toEqual(range(51, 100));
    expect(seqs(await history(a, { after_seq: 240, limit: 20 }))).toEqual(range(241, 250));
    expect(seqs(await history(a, { after_seq: 0, limit: 2 }))).toEqual([1, 2]);
    expect(seqs(await history(a, { after_seq: 10, before_seq: 100, limit: 3 }))).toEqual([11, 12, 13]);
    for (const after_seq of [250, 1_000_000]) expect(seqs(await history(a, { after_seq }))).toEqual([]);
  });

  test("around_seq has the message in the middle, or the nearest that exist, and wins over the others", async () => {
    expect(seqs(await history(a, { around_seq: 100 }))).toEqual(range(75, 124));
    expect(seqs(await history(a, { around_seq: 100, limit: 1 }))).toEqual([100]);
    for (const around_seq of [0, 1, 2]) expect(seqs(await history(a, { around_seq, limit: 5 }))).toEqual(range(1, 5));
    for (const around_seq of [249, 250, 1_000_000])
      expect(seqs(await history(a, { around_seq, limit: 5 }))).toEqual(range(246, 250));
    const cursors = { around_seq: 100, after_seq: 3, before_seq: 9 };
    expect(seqs(await history(a, { ...cursors, limit: 3 }))).toEqual([99, 100, 101]);
  });

  test("no page over a socket counts as read", async () => {
    const socket = await bob.chat(conversationId);
    for (const page of [{}, { before_seq: 9 }, { after_seq: 240 }, { around_seq: 250 }]) await history(socket, page);
    expect((await bob.get(`/api/chat/conversations/${conversationId}/`)).body.data.unread_count).toBe(250);
    socket.close();
  });

  test("limit is clamped to 100 and refused below 1", async () => {
    expect(seqs(await history(a, { limit: 1 }))).toEqual([250]);
    expect(seqs(await history(a, { limit: 101 }))).toEqual(range(151, 250));
    expect(seqs(await history(a, { limit: 1_000_000 }))).toEqual(range(151, 250));
    for (const limit of [0, -1, 1.5, "10"]) {
      a.send({ type: "history", limit });
      expect((await a.next("error")).code).toBe("validation_failed");
    }
  });

  test("a later member sees the history from the start", async () => {
    const { id } = await ann.conversation([bob, await server.person()]);
    await ann.send(id, "before you came");
    const late = await server.person();
    await ann.post(`/api/chat/conversations/${id}/participants/`, { user_ids: [late.id] });
    const socket = await late.chat(id);
    expect((await history(socket)).messages[0].content).toBe("before you came");
    socket.close();
  });

  test("an empty conversation has an empty page", async () => {
    const { id } = await ann.conversation([bob, await server.person()]);
    const socket = await ann.chat(id);
    expect(await history(socket)).toMatchObject({ messages: [], total: 0 });
    socket.close();
  });

  const large = { "5000 emoji each": "👍".repeat(5000), "5000 control characters each": `x${"\u0001".repeat(4998)}x` };
  for (const [name, content] of Object.entries(large))
    test(`100 messages of ${name} come in pages that fit, none left out`, async () => {
      const { id } = await ann.conversation([bob, await server.person()]);
      const socket = await ann.chat(id);
      await sendAll(socket, Array<string>(100).fill(content));
      const found: number[] = [];
      while (found[0] !== 1) {
        const page = await history(socket, { limit: 100, ...(found[0] ? { before_seq: found[0] } : {}) });
        expect(page.messages.length).toBeGreaterThan(0);
        expect(JSON.stringify(page).length).toBeLessThan(FRAME_FITS_BYTES);
        expect(page.messages.every((message: Frame) => message.content === content)).toBe(true);
        found.unshift(...seqs(page));
      }
      expect(found).toEqual(range(1, 100));
      // The same forwards, and from the middle.
      const forwards: number[] = [];
      while (forwards.at(-1) !== 100) {
        const page = await history(socket, { limit: 100, after_seq: forwards.at(-1) ?? 0 });
        expect(page.messages.length).toBeGreaterThan(0);
        forwards.push(...seqs(page));
      }
      expect(forwards).toEqual(range(1, 100));
      for (const around_seq of [1, 50, 100]) {
        const page = await history(socket, { limit: 100, around_seq });
        const around = seqs(page);
        expect(around).toContain(around_seq);
        expect(around).toEqual(range(around[0] ?? 0, around.at(-1) ?? 0));
        expect(JSON.stringify(page).length).toBeLessThan(FRAME_FITS_BYTES);
      }
      socket.close();
    });
});
