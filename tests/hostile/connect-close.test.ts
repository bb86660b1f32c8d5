import { heapStats } from "bun:jsc";
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { Client } from "../support/client.ts";
import { makePlace, modes, type Place } from "../support/modes.ts";
import { type ServerProcess, spawnServer } from "../support/process.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { NO_LIMITS } from "../support/server.ts";
import { type OpenNode, startOpenNode } from "./open-node.ts";

/** A hundred thousand takes minutes: CONNECT_CLOSE=100000 does it by hand. */
const TIMES = Number(process.env["CONNECT_CLOSE"] || 3_000);
setDefaultTimeout(60_000 + TIMES * 20);
/** The allowed growth of memory, beside the ups and downs of a heap. The suite's few sockets show only a large leak. */
const GROWTH = { mib: 40, kibASocket: 2 };
const AT_ONCE = 50;
/** With everything that a socket may leave something in, where that is installed. */
const MODE = modes.at(-1) ?? "embedded";
const MAX_SOCKETS = 60;

type End = "goodbye" | "vanish" | "before the greeting" | "in the handshake";
const ENDS: End[] = ["goodbye", "vanish", "before the greeting", "in the handshake"];

/** One socket's life, from the first packet to the last, on bare TCP. */
function live(url: string, path: string, cookie: string | undefined, end: End): Promise<void> {
  const { port, host } = new URL(url);
  const head = [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    `Cookie: sessionid=${cookie}`,
  ];
  return new Promise((resolve) => {
    const socket = connect(Number(port), "127.0.0.1");
    socket.on("error", () => {});
    socket.on("close", () => resolve());
    socket.write(`${head.join("\r\n")}\r\n\r\n`, () => end === "in the handshake" && socket.destroy());
    let got = "";
    socket.on("data", (bytes) => {
      got += bytes.toString("latin1");
      // Refused: the places of those that have just gone may still be taken.
      if (end === "before the greeting" || got.startsWith("HTTP/1.1 4")) return socket.destroy();
      if (!got.includes("connection_established")) return;
      // A close frame of 1000, its mask all zeros; or a reset.
      if (end === "goodbye") socket.end(Uint8Array.of(0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8));
      else socket.resetAndDestroy();
    });
  });
}

/** All of the ways on both kinds of socket, some at a time. */
async function connectAndClose(url: string, cookie: string | undefined, conversationId: string, times: number) {
  let done = 0;
  const worker = async () => {
    while (done < times) {
      const n = done++;
      const path = n % 3 === 0 ? "/ws/" : `/ws/chat/${conversationId}/${n % 3 === 1 ? "?after_version=0" : ""}`;
      await live(url, path, cookie, ENDS[n % 4] ?? "vanish");
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** As many sockets as a user may have: none of their places is still taken. */
async function expectAllPlacesFree(person: Client) {
  const sockets = [];
  for (let n = 0; n < MAX_SOCKETS; n++) {
    const { socket, answer } = await RawSocket.knock(person, "/ws/");
    expect(answer.status).toBe(101);
    sockets.push(socket);
  }
  expect((await RawSocket.knock(person, "/ws/")).answer.status).toBe(429);
  for (const socket of sockets) socket.terminate();
}

describe("connecting and closing over and over leaves nothing behind", () => {
  let place: Place;
  beforeAll(async () => {
    place = await makePlace(MODE);
  });
  afterAll(() => place.remove());

  const environment = () => ({ ...NO_LIMITS, ...place.environment, MAX_SOCKETS_PER_USER: String(MAX_SOCKETS) });

  test("in the node's tables: sockets, rooms, interest, topics, typing, places and timers", async () => {
    const open = await startOpenNode(environment());
    const ann = await new Client(open.url).signUp("Ann");
    const bob = await new Client(open.url).signUp("Bob");
    const { id } = await ann.conversation([bob]);
    await ann.send(id, "hello");
    const [before, timersBefore] = [inside(open, id), timers()];
    await connectAndClose(open.url, ann.cookie, id, 2_000);
    // Sockets that typed and sent when they went.
    for (let n = 0; n < 20; n++) {
      const chat = await bob.chat(id);
      chat.send({ type: "typing", is_typing: true });
      chat.send({ content: `${n}` });
      await chat.settled();
      chat.raw.terminate();
      const hub = await bob.hub();
      hub.send({ type: "watch", user_ids: [ann.id, bob.id, 1_000_000] });
      await hub.next("presence");
      hub.raw.terminate();
      // A client that subscribes to everything and does not wait for it.
      const hasty = await RawSocket.connect(bob, "/ws/");
      for (const type of ["subscribe", "typing", "history", "read"])
        hasty.send(JSON.stringify({ type, conversation_id: id, is_typing: true }));
      hasty.send(JSON.stringify({ type: "watch", user_ids: [ann.id] }));
      hasty.terminate();
    }
    const until = performance.now() + 10_000;
    while (JSON.stringify(inside(open, id)) !== JSON.stringify(before) && performance.now() < until)
      await Bun.sleep(50);
    expect(inside(open, id)).toEqual(before);
    // A cache or a pool may have one more of its own; a socket's would be two thousand.
    expect(timers()).toBeLessThan(timersBefore + 20);
    expect(before).toMatchObject({ sockets: 0, rooms: 0, interest: 0, topics: 0, pending: 0 });
    await expectAllPlacesFree(ann);
    await open.node.close();
  });

  test("in memory", async () => {
    const server: ServerProcess = await spawnServer(environment());
    try {
      const ann = await server.visitor().signUp("Ann");
      const { id } = await ann.conversation([await server.visitor().signUp("Bob")]);
      await ann.send(id, "hello");
      const grown = async () => {
        const memory: number[] = [];
        for (let tenth = 0; tenth < 10; tenth++) {
          await connectAndClose(server.url, ann.cookie, id, TIMES / 10);
          memory.push(memoryOf(server.pid));
        }
        if (process.env["CONNECT_CLOSE"]) process.stderr.write(`${TIMES} sockets, MiB: ${memory.join(" ")}\n`);
        return Math.min(...memory.slice(7)) - Math.min(...memory.slice(2, 5));
      };
      const most = GROWTH.mib + (TIMES / 1024) * GROWTH.kibASocket;
      // A heap may grow once to the size that it needs on a busy machine. A leak grows each time.
      const first = await grown();
      if (first >= most) expect(await grown()).toBeLessThan(most);
      await expectAllPlacesFree(ann);
    } finally {
      server.kill("SIGTERM");
      await server.exited;
    }
  });
});

/** The state that a node keeps for its sockets, as numbers. */
function inside({ node, server }: OpenNode, conversationId: string) {
  const { hub, places } = node.sockets["services"];
  const { presenceWatching: presence, typing } = node.services;
  // Lists of conversations stay for a while after their last socket.
  hub.watching["watchers"]["sweep"](Number.POSITIVE_INFINITY);
  const topics = [`c:${conversationId}`, `a:${conversationId}`];
  return {
    sockets: hub.sockets.all.size,
    rooms: hub["rooms"].size,
    users: hub.sockets["byUser"].size,
    interest: hub["interest"].conversationIds.length,
    watchers: hub.watching["watchers"].userIds.length,
    watched: hub.watching["watched"]["byId"].size,
    presence:
      presence["watches"].people.size + presence["watches"].watchers.length + presence["states"]["deferred"].size,
    here: places.here.size,
    typing: typing["entries"].size,
    topics: topics.reduce((sum, topic) => sum + server.subscriberCount(topic), 0),
    pending: server.pendingWebSockets,
  };
}

/** Those of the whole process that are still to come: a socket's own go with it, or soon after. */
function timers(): number {
  Bun.gc(true);
  return heapStats().objectTypeCounts["Timeout"] ?? 0;
}

/** Resident, in MiB. */
function memoryOf(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Math.round(Number(kib) / 1024);
}
