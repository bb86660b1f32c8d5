import { beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import type { Client } from "../support/client.ts";
import { inEachMode } from "../support/modes.ts";
import { startTestServer, withServer } from "../support/server.ts";
import type { Frame, Socket } from "../support/socket.ts";
import { range } from "./frames.ts";

setDefaultTimeout(60_000);

inEachMode("who sends too fast is told to wait", (mode) => {
  const server = withServer(mode, { RATE_LIMIT_SENDS: "6/3s", RATE_LIMIT_FRAMES: "8/3s" });
  let bob: Client;

  beforeAll(async () => {
    bob = await server.person("Bob");
  });

  /** A user who has sent nothing yet, with two sockets of one conversation and one of all. */
  async function open() {
    const ann = await server.person("Ann");
    const { id } = await ann.conversation([bob]);
    return { ann, id, sockets: [await ann.chat(id), await ann.chat(id), await ann.hub()] as const };
  }
  const expectThrottled = (error: Frame) => {
    expect(error.code).toBe("throttled");
    expect(error.retry_after).toBeWithin(1, 4);
    expect(error.message).toBe(
      `Request was throttled. Expected available in ${error.retry_after} second${error.retry_after === 1 ? "" : "s"}.`,
    );
  };
  const answered = (socket: Socket, count: number) =>
    socket.until(() => socket.all("ack").length + socket.all("pong").length + socket.all("error").length === count);

  test("sends count over all sockets of a user, and those above the limit are refused and not stored", async () => {
    const { ann, id, sockets } = await open();
    for (const [i, socket] of sockets.entries())
      for (const n of range(1, 3)) socket.send({ conversation_id: id, content: "x", client_id: `${i}-${n}`, ref: "r" });
    for (const socket of sockets) await answered(socket, 3);
    const errors = sockets.flatMap((socket) => socket.all("error"));
    expect(errors).toHaveLength(3);
    for (const error of errors) {
      expectThrottled(error);
      expect([error.conversation_id, error.ref]).toEqual([id, "r"]);
      expect(error.client_id).toMatch(/^\d-\d$/);
    }
    expect((await ann.get(`/api/chat/conversations/${id}/`)).body.data.message_count).toBe(6);
    for (const socket of sockets) socket.close();
  });

  test("after retry_after the same send is taken, on the same socket", async () => {
    const { sockets } = await open();
    const [a] = sockets;
    for (const n of range(1, 7)) a.send({ content: "x", client_id: `${n}` });
    const error = await a.next("error");
    await Bun.sleep(error.retry_after * 1_000 + 100);
    a.send({ content: "x", client_id: error.client_id });
    await a.next("ack", (ack) => ack.client_id === error.client_id);
    expect(a.all("error")).toHaveLength(1);
    for (const socket of sockets) socket.close();
  });

  test("one user's sends do not count for another user", async () => {
    const { ann, id, sockets } = await open();
    const [a] = sockets;
    const b = await bob.chat(id);
    for (const n of range(1, 20)) a.send({ content: `${n}`, ref: `${n}` });
    await answered(a, 20);
    b.send({ content: "unhurried", ref: "b" });
    await b.next("ack");
    expect(b.all("error")).toEqual([]);
    expect((await ann.get(`/api/chat/conversations/${id}/`)).body.data.message_count).toBe(7);
    for (const socket of [...sockets, b]) socket.close();
  });

  test("all other frames have a budget of their own, over all sockets too", async () => {
    const { id, sockets } = await open();
    const [a, another, hub] = sockets;
    for (const n of range(1, 4)) {
      a.send({ type: "ping", ref: `${n}` });
      another.send({ type: "ping", ref: `${n}` });
      hub.send({ type: "ping", ref: `${n}` });
    }
    for (const socket of sockets) await answered(socket, 4);
    const errors = sockets.flatMap((socket) => socket.all("error"));
    expect(errors).toHaveLength(4);
    for (const error of errors) {
      expectThrottled(error);
      expect(error.ref).toMatch(/^\d$/);
    }
    a.send({ content: "a send is none of them", ref: "send" });
    expect((await a.next("ack")).conversation_id).toBe(id);
    for (const socket of sockets) socket.close();
  });

  test("a throttled frame has no effect", async () => {
    const { ann, id, sockets } = await open();
    const [a] = sockets;
    await bob.send(id, "unread");
    for (let n = 0; n < 8; n++) a.send({ type: "ping" });
    a.send({ type: "read", ref: "r" });
    expect((await a.next("error")).ref).toBe("r");
    expect((await ann.get(`/api/chat/conversations/${id}/`)).body.data.unread_count).toBe(1);
    for (const socket of sockets) socket.close();
  });
});

inEachMode("a flood from one user", (mode) => {
  const BUDGET = 200;
  const FLOOD = 5_000;

  for (const [kind, frame, answer] of [
    ["requests", { type: "history", limit: 100 }, "history"],
    ["sends", { content: "flood", ref: "f" }, "ack"],
  ] as const)
    test(`of ${kind} is throttled or closed with 4429, and the others go on unharmed`, async () => {
      const server = await startTestServer(mode, {
        RATE_LIMIT_FRAMES: `${BUDGET}/60s`,
        RATE_LIMIT_SENDS: `${BUDGET}/60s`,
      });
      const [ann, bob, eve] = [await server.person("Ann"), await server.person("Bob"), await server.person("Eve")];
      const { id } = await ann.conversation([bob, eve]);
      const [a, b, e] = [await ann.chat(id), await bob.chat(id), await eve.chat(id)];
      for (let n = 0; n < FLOOD; n++) a.send(frame);
      for (let n = 0; n < 20; n++) {
        b.send({ content: `calm ${n}`, ref: "calm" });
        await b.next("ack");
      }
      const closed = a.closed.then(({ code }) => code);
      const answered = a.until(() => a.all(answer).length + a.all("error").length === FLOOD, 30_000).then(() => 0);
      if ((await Promise.race([closed, answered])) === 0) expect(a.all(answer)).toHaveLength(BUDGET);
      else expect(await closed).toBe(4429);
      expect(a.all(answer).length).toBeLessThanOrEqual(BUDGET);
      expect(a.all("error").every((error) => error.code === "throttled")).toBe(true);

      b.send({ content: "the end", ref: "end" });
      const { seq } = await b.next("ack", (ack) => ack.ref === "end");
      for (const socket of [b, e]) {
        await socket.next("message", ({ message }) => message.seq === seq);
        const messages = socket.all("message").map(({ message }) => message);
        expect(messages.map((message) => message.seq)).toEqual(range(1, seq));
        expect(messages.flatMap(({ content }) => (content.startsWith("calm") ? [content] : []))).toEqual(
          range(0, 19).map((n) => `calm ${n}`),
        );
        expect(messages.filter(({ content }) => content === "flood").length).toBeLessThanOrEqual(BUDGET);
        expect(socket.all("error")).toEqual([]);
        socket.close();
      }
      await server.stop();
    });
});
