import { describe, expect, test } from "bun:test";
import type { Server, ServerWebSocket } from "bun";
import { Generator } from "./load/generator.ts";
import type { Result } from "./load/protocol.ts";

type Socket = ServerWebSocket<undefined>;

/** Makes the frames that a faulty server sends over the room's first socket for message number `n`. */
type Planted = (n: number, frame: string, from: Socket) => string[];

const FAULTY = 20;

/** A chat server of one room which sends all to all, but for what is planted. */
function chatServer(planted: Planted): Server<undefined> {
  const sockets: Socket[] = [];
  let got = 0;
  return Bun.serve<undefined>({
    port: 0,
    hostname: "127.0.0.1",
    fetch: (request, self) => (self.upgrade(request) ? undefined : new Response(null, { status: 400 })),
    websocket: {
      open(socket) {
        sockets.push(socket);
        socket.send(JSON.stringify({ type: "connection_established" }));
      },
      message(from, text) {
        const n = ++got;
        const frame = JSON.stringify({ type: "message", message: JSON.parse(String(text)) });
        const [first, ...others] = sockets;
        for (const one of planted(n, frame, from)) first?.send(one);
        for (const other of others) other.send(frame);
      },
    },
  });
}

/** Three connections in a room, two of which send in turn. */
async function run(planted: Planted): Promise<Result> {
  const server = chatServer(planted);
  const seat = { url: server.url.href, cookie: "sessionid=1", room: 7 };
  const generator = new Generator();
  await generator.connect([{ ...seat, sender: 0 }, { ...seat, sender: 1 }, seat]);
  const result = await generator.run({ rate: 200, seconds: 0.2 });
  generator.close();
  await server.stop(true);
  return result;
}

/** Keeps back the later messages of the same sender until somebody else has sent one. */
function keptBackForAnother(): Planted {
  let sender: Socket | undefined;
  const kept: string[] = [];
  return (n, frame, from) => {
    if (n === FAULTY) sender = from;
    if (from === sender) kept.push(frame);
    if (from === sender) return [];
    sender = undefined;
    return [frame, ...kept.splice(0)];
  };
}

/** The faulty message is kept back until its sender's next one has gone. */
function keptBackForTheNext(): Planted {
  let sender: Socket | undefined;
  let kept: string[] = [];
  return (n, frame, from) => {
    if (n === FAULTY) [sender, kept] = [from, [frame]];
    if (n === FAULTY) return [];
    return from === sender ? [frame, ...kept.splice(0)] : [frame];
  };
}

// At once: what is lost is waited for.
describe.concurrent("the checker of deliveries", () => {
  test("every message once and in order is no fault", async () => {
    const { sent, delivered, faults, p50, p99 } = await run((_, frame) => [frame]);
    expect({ sent, delivered, faults }).toEqual({ sent: 40, delivered: 120, faults: [] });
    expect(p50).toBeGreaterThan(0);
    expect(p99).toBeGreaterThanOrEqual(p50);
  });

  test("a lost delivery is found", async () => {
    const { faults } = await run((n, frame) => (n === FAULTY ? [] : [frame]));
    expect(faults).toContain("deliveries lost: 1");
  });

  test("a lost last delivery is found", async () => {
    const { faults } = await run((n, frame) => (n === 40 ? [] : [frame]));
    expect(faults).toContain("deliveries lost: 1");
  });

  test("a doubled delivery is found", async () => {
    const { faults } = await run((n, frame) => (n === FAULTY ? [frame, frame] : [frame]));
    expect(faults).toContain("deliveries doubled: 1");
  });

  test("a doubled last delivery is found", async () => {
    const { faults } = await run((n, frame) => (n === 40 ? [frame, frame] : [frame]));
    expect(faults).toContain("deliveries doubled: 1");
  });

  test("one delivery lost and another doubled do not make up for each other", async () => {
    const { faults } = await run((n, frame) => (n === FAULTY ? [] : n === 30 ? [frame, frame] : [frame]));
    expect(faults).toEqual(expect.arrayContaining(["deliveries lost: 1", "deliveries doubled: 1"]));
  });

  test("a delivery after the sender's next one is found", async () => {
    const { faults } = await run(keptBackForTheNext());
    expect(faults).toContain("deliveries reordered: 1");
  });

  test("members who see two senders in different orders are found", async () => {
    const { faults } = await run(keptBackForAnother());
    expect(faults).toEqual(["rooms whose members saw different orders: 1"]);
  });

  test("a delivery that nobody sent is found, and so is an error", async () => {
    const { faults } = await run((n, frame) => {
      if (n === FAULTY) return [frame, frame.replace("@@0007", "@@0008")];
      return n === 30 ? [frame, '{"type":"error","message":"no"}'] : [frame];
    });
    expect(faults).toEqual(["deliveries strange: 1", 'an unexpected frame: {"type":"error","message":"no"}']);
  });
});
