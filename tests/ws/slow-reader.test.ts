import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import type { Client } from "../support/client.ts";
import { inEachMode, modes } from "../support/modes.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { changesIn, range, reached, sendAll, textsOf, versionsIn } from "./frames.ts";

setDefaultTimeout(120_000);

/** 20 kB each: some hundreds are more than the network's buffers hold. */
const LARGE = "👍".repeat(5000);

inEachMode("a reader that stops reading", (mode) => {
  let server: TestServer;

  beforeAll(async () => {
    // Each user may have one socket, so a second one opens only when the server has forgotten the first.
    server = await startTestServer(mode, { MAX_SOCKETS_PER_USER: "1" });
  });
  afterAll(() => server.stop());

  /** Two readers, and one on bare TCP that stops reading after its greeting. */
  async function open(query = "") {
    const [ann, bob, slow] = [await server.person("Ann"), await server.person("Bob"), await server.person("Slow")];
    const { id } = await ann.conversation([bob, slow]);
    const [a, b] = [await ann.chat(id), await bob.chat(id)];
    const connect = async () => {
      const raw = await RawSocket.connect(slow, `/ws/chat/${id}/${query}`);
      await raw.until((frames) => frames.length > 0);
      raw.pause();
      return raw;
    };
    const isGone = async () => {
      const { socket, answer } = await RawSocket.knock(slow, "/ws/");
      socket.terminate();
      return answer.status === 101;
    };
    return { id, a, b, slow, connect, isGone };
  }

  test("is closed with 4008, the others get everything in order, and it resumes where it was", async () => {
    const { id, a, b, slow, connect, isGone } = await open();
    const raw = await connect();
    let sent = 0;
    do {
      // Slowly enough for the sweep to come before the fuse.
      await sendAll(a, Array<string>(4).fill(LARGE));
      sent += 4;
      await Bun.sleep(100);
    } while (sent < 3_000 && !(await isGone()));
    raw.resume();
    await raw.ended;
    expect(raw.closeCode).toBe(4008);
    const got = versionsIn(raw.frames);
    expect(got).toEqual(range(1, got.length));

    const resumed = await slow.chat(id, got.length);
    await sendAll(a, ["and on"]);
    sent++;
    for (const socket of [a, b, resumed]) await reached(socket, sent);
    for (const socket of [a, b]) expect(versionsIn(socket.frames)).toEqual(range(1, sent));
    expect(versionsIn(resumed.frames)).toEqual(range(got.length + 1, sent));
  });

  test("does not delay the others during a flood, and is closed in the end", async () => {
    const { a, b, connect, isGone } = await open();
    const raw = await connect();
    await sendAll(a, Array<string>(1_000).fill(LARGE));
    await reached(b, 1_000);
    expect(versionsIn(b.frames)).toEqual(range(1, 1_000));
    expect(textsOf(b, "message")).toEqual(textsOf(a, "message"));
    let gone = false;
    for (let tries = 0; !gone && tries < 100; tries++) {
      gone = await isGone();
      await Bun.sleep(100);
    }
    expect(gone).toBe(true);
    raw.resume();
    await raw.ended;
    const got = versionsIn(raw.frames);
    expect(got).toEqual(range(1, got.length));
    expect(got.length).toBeLessThan(1_000);
    expect(raw.closeCode).toBeOneOf([4008, undefined]);
  });

  test("pauses its own replay, which goes on when it reads again, and then gets live changes", async () => {
    const { a, b, connect, isGone } = await open("?after_version=0");
    await sendAll(a, Array<string>(600).fill(LARGE));
    const raw = await connect();
    await Bun.sleep(2_000);
    await sendAll(a, Array<string>(50).fill("meanwhile"));
    expect(await isGone()).toBe(false);
    raw.resume();
    await raw.until((frames) => changesIn(frames).length >= 650, 30_000);
    await sendAll(a, ["live"]);
    await raw.until((frames) => changesIn(frames).length >= 651);
    expect(versionsIn(raw.frames)).toEqual(range(1, 651));
    expect(raw.closeCode).toBeUndefined();
    await reached(b, 651);
    expect(versionsIn(b.frames)).toEqual(range(1, 651));
    raw.terminate();
  });
});

/** The unread bytes in the kernel buffers of both ends of a connection. */
function unreadBytes({ port }: RawSocket): number {
  const hex = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  let bytes = 0;
  for (const line of readFileSync("/proc/net/tcp", "utf8").split("\n")) {
    const [, local = "", remote = "", , queues = ""] = line.trim().split(/\s+/);
    if (!local.endsWith(hex) && !remote.endsWith(hex)) continue;
    for (const queue of queues.split(":")) bytes += Number.parseInt(queue, 16);
  }
  return bytes;
}

test("in a room of 500 it is closed with 4008 before 1 MiB is held for it, and the other 499 get everything in order", async () => {
  const PEOPLE = 10;
  const EACH = 50;
  const server = await startTestServer(modes.at(-1) ?? "embedded", { MAX_SOCKETS_PER_USER: `${EACH}` });
  const people = await Promise.all(Array.from({ length: PEOPLE }, () => server.person()));
  const [sender, ...others] = people as [Client, ...Client[]];
  const { id } = await sender.conversation(others);
  for (let n = 0; n < 12; n++) await sender.send(id, LARGE);
  const before = 12;
  // Of a frame this much is kept: its version, which is the last thing in it, and its length.
  const parse = (payload: Buffer) => ({
    version: Number(/"version":(\d+)\}\}$/.exec(payload.toString("latin1", payload.length - 40))?.[1]),
    length: payload.length,
  });
  const connect = (person: Client) => RawSocket.connect(person, `/ws/chat/${id}/`, parse);
  const sockets: RawSocket[] = [];
  for (const person of people) {
    const count = person === sender ? EACH - 1 : EACH;
    sockets.push(...(await Promise.all(Array.from({ length: count }, () => connect(person)))));
  }
  const a = await sender.chat(id);
  for (const socket of sockets) await socket.until((frames) => frames.length === 1);
  const slow = sockets.pop() as RawSocket;
  slow.pause();
  // Answers for it alone fill the network's buffers, which hold some megabytes.
  for (let n = 0; n < 60; n++) slow.send(JSON.stringify({ type: "history", limit: 12 }));
  await Bun.sleep(1_000);

  const owner = people.at(-1) as Client;
  const isGone = async () => {
    const { socket, answer } = await RawSocket.knock(owner, "/ws/");
    socket.terminate();
    return answer.status === 101;
  };
  let sent = 0;
  do {
    await sendAll(a, Array<string>(2).fill(LARGE));
    sent += 2;
    await Bun.sleep(50);
  } while (sent < 200 && !(await isGone()));
  const inTheNetwork = unreadBytes(slow);
  slow.resume();
  await slow.ended;
  expect(slow.closeCode).toBe(4008);
  const got = slow.frames.slice(1).reduce((bytes: number, { length }) => bytes + length, 0);
  expect(inTheNetwork).toBeGreaterThan(0);
  expect(got - inTheNetwork).toBeWithin(256 * 1024, 1024 * 1024 + LARGE.length * 2);

  for (const socket of sockets) await socket.until((frames) => frames.length === 1 + sent);
  for (const { frames } of sockets)
    expect(frames.slice(1).map(({ version }) => version)).toEqual(range(before + 1, before + sent));
  expect(versionsIn(a.frames)).toEqual(range(before + 1, before + sent));
  for (const socket of sockets) socket.terminate();
  await server.stop();
});
