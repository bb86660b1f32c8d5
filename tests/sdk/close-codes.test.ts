import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { closeCodes } from "../../src/protocol/close-codes.ts";
import { FLOOD_WAIT_MS } from "../../src/sdk/transport/reconnect-policy.ts";
import { startProxy } from "../support/proxy.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { range } from "../ws/frames.ts";
import { RawSocket } from "../ws/raw-socket.ts";
import { clientOf, isSettled, online, seqsOf, sharedServer, until } from "./people.ts";

setDefaultTimeout(30_000);

let server: TestServer;
beforeAll(async () => {
  server = await sharedServer();
});

/** The server itself, but for sockets: these are greeted, counted and closed as a test likes. */
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

test("1008, sent away for good: it stops, and says why", async () => {
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

test("4429, flooding: it comes back, but not soon", async () => {
  const ann = await server.person("Ann");
  const { url, openedAt } = closing(ann.id, closeCodes.flooding, "Flooding");
  const client = clientOf(ann, { url });
  await until(() => client.state === "offline");
  expect(client.reason).toBe("Flooding");
  expect((client.retryAt ?? 0) - Date.now()).toBeGreaterThan(FLOOD_WAIT_MS - 1_000);
  // Somebody who can't wait may.
  client.reconnect();
  await online(client);
  expect(openedAt.length).toBe(2);
});

test("4008, too slow a reader: it is told so by the server, comes back and misses nothing", async () => {
  // With one socket each, a second one is let in when the first is gone for the server.
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
  // It does not mind the silence: only the server's word ends the connection.
  const patient = { pingAfter: 60_000, answerWithin: 60_000 };
  const client = clientOf(ann, { url: `http://127.0.0.1:${proxy.port}`, WebSocket: Watched, timing: patient });
  const [a, b] = [client.open(id), clientOf(bob).open(id)];
  await until(() => a.state === "live" && b.state === "live");
  for (const link of proxy.links) link.pause();
  // 20 kB each: some hundreds are more than the network's buffers hold.
  const LARGE = "👍".repeat(5000);
  let sent = 0;
  do {
    for (let n = 0; n < 4; n++) b.send(LARGE);
    sent += 4;
    await until(() => isSettled(b));
    // Slowly enough for the server's look at who is slow to come before the fuse.
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
