import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { closeCodes } from "../../src/protocol/close-codes.ts";
import type { TestServer } from "../support/server.ts";
import { clientOf, contents, isSettled, online, seqsOf, sharedServer, until } from "./people.ts";

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
  expect((client.retryAt ?? 0) - Date.now()).toBeGreaterThan(9_000);
  // Somebody who can't wait may.
  client.reconnect();
  await online(client);
  expect(openedAt.length).toBe(2);
});

test("4008, too slow a reader: it is back at once and misses nothing", async () => {
  const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
  const { id } = await ann.conversation([bob]);
  const sockets: WebSocket[] = [];
  class Watched extends WebSocket {
    constructor(url: string, options?: ConstructorParameters<typeof WebSocket>[1]) {
      super(url, options);
      sockets.push(this);
    }
  }
  const [a, b] = [clientOf(ann, { WebSocket: Watched }), clientOf(bob)].map((client) => client.open(id));
  if (!a || !b) throw new Error("nothing is open");
  await until(() => a.state === "live" && b.state === "live");
  // The server's own word, as if from it: that a reader is too slow, takes it half a megabyte to find.
  const [socket] = sockets;
  socket?.onclose?.(new CloseEvent("close", { code: closeCodes.tooSlow, reason: "Too slow" }));
  expect(a.state).toBe("stale");
  for (const text of ["one", "two"]) await b.send(text).done;
  a.send("three");
  await until(() => isSettled(a) && a.messages.length === 3);
  expect([seqsOf(a).length, sockets.length, new Set(contents(a.messages)).size]).toEqual([3, 2, 3]);
});
