import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { closeCodes } from "../../src/protocol/close-codes.ts";
import { FLOOD_WAIT_MS } from "../../src/sdk/transport/reconnect-policy.ts";
import { startProxy } from "../support/proxy.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { range } from "../ws/frames.ts";
import { clientOf, isSettled, online, seqsOf, sharedServer, until } from "./people.ts";

setDefaultTimeout(60_000);

let server: TestServer;
beforeAll(async () => {
  server = await sharedServer();
});

/** A server whose sockets are greeted, counted and closed as the test likes. It passes HTTP on to the real server. */
function closing(user_id: number, code: number, reason: string) {
  const openedAt: number[] = [];
  const gate = Bun.serve({
    port: 0,
    fetch(request, gate) {
      if (gate.upgrade(request)) return undefined;
      const { pathname, search } = new URL(request.url);
      return fetch(`${server.url}${pathname}${search}`, { method: request.method, headers: request.headers });
    },
    websocket: {
      open(socket) {
        openedAt.push(performance.now());
        socket.send(JSON.stringify({ type: "connection_established", user_id, reconnect_after_ms: 10 }));
        if (openedAt.length === 1) socket.close(code, reason);
      },
      message() {},
    },
  });
  gates.push(gate);
  return { url: gate.url.origin, openedAt };
}
const gates: Bun.Server<undefined>[] = [];
afterAll(async () => {
  for (const gate of gates) await gate.stop(true);
});

test("a client stops and says why after 1008 (protocol abuse)", async () => {
  const ann = await server.person("Ann");
  const { url, openedAt } = closing(ann.id, closeCodes.protocolAbuse, "Too many invalid frames");
  const client = clientOf(ann, { url });
  await until(() => client.state === "stopped");
  expect(client.reason).toBe("Too many invalid frames");
  client.reconnect();
  // Longer than any wait before a reconnect.
  await Bun.sleep(300);
  expect([client.state, openedAt.length]).toEqual(["stopped", 1]);
});

test("a client waits before it comes back after 4429 (flooding)", async () => {
  const ann = await server.person("Ann");
  const { url, openedAt } = closing(ann.id, closeCodes.flooding, "Flooding");
  const client = clientOf(ann, { url });
  await until(() => client.state === "offline");
  expect(client.reason).toBe("Flooding");
  expect((client.retryAt ?? 0) - Date.now()).toBeGreaterThan(FLOOD_WAIT_MS - 1_000);
  // The user may reconnect at once.
  client.reconnect();
  await online(client);
  expect(openedAt.length).toBe(2);
});

test("a client comes back and misses nothing after 4008 (too slow)", async () => {
  // One socket per user: the server accepts a second one when the first is gone.
  const server = await startTestServer("embedded", { MAX_SOCKETS_PER_USER: "1" });
  const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
  const { id } = await ann.conversation([bob]);
  const isGone = async () => {
    const { socket, answer } = await RawSocket.knock(ann, "/ws/");
    socket.terminate();
    return answer.status === 101;
  };
  const proxy = await startProxy(Number(new URL(server.url).port));
  const codes: number[] = [];
  class Watched extends WebSocket {
    constructor(url: string, options?: ConstructorParameters<typeof WebSocket>[1]) {
      super(url, options);
      this.addEventListener("close", ({ code }) => void codes.push(code));
    }
  }
  // The client ignores silence, so only the server ends the connection.
  const patient = { pingAfter: 60_000, answerWithin: 60_000 };
  const client = clientOf(ann, { url: `http://127.0.0.1:${proxy.port}`, WebSocket: Watched, timing: patient });
  const [a, b] = [client.open(id), clientOf(bob).open(id)];
  await until(() => a.state === "live" && b.state === "live");
  for (const link of proxy.links) link.pause();
  // 20 kB each: a few hundred of them fill the network's buffers.
  const LARGE = "👍".repeat(5000);
  let sent = 0;
  do {
    for (let n = 0; n < 4; n++) b.send(LARGE);
    sent += 4;
    await until(() => isSettled(b));
    // Slow enough for the server's check of slow readers, which must come before the limit of the socket's buffer.
    await Bun.sleep(60);
  } while (sent < 3_000 && !(await isGone()));
  for (const link of proxy.links) link.resume();
  await until(() => codes.length > 0);
  b.send("and on");
  await until(() => isSettled(a) && a.lastMessage?.content === "and on");
  expect(codes).toEqual([closeCodes.tooSlow]);
  const seqs = seqsOf(a);
  expect(seqs).toEqual(range(seqs[0] ?? 0, sent + 1));
  await client.close();
  await proxy.stop();
  await server.stop();
}, 120_000);
