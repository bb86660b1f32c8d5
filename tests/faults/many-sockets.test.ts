import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import type { Client } from "../support/client.ts";
import { makePlace, modes, type Place } from "../support/modes.ts";
import { type ServerProcess, spawnServer } from "../support/process.ts";
import { RawSocket } from "../support/raw-socket.ts";

const PEOPLE = 10;
const EACH = 1_000;
const AT_ONCE = 250;
/** Beside the sockets: files, the database's connections, and what the test process has open for other tests. */
const OTHER_FILES = 500;
const PATIENCE_MS = 30_000;

/** How many files a process may have open; Bun raises its own limit to the highest that it may. */
const filesMost = Number(
  /Max open files\s+\S+\s+(\S+)/.exec(readFileSync("/proc/self/limits", "utf8"))?.[1]?.replace("unlimited", "Infinity"),
);
const enough = filesMost >= PEOPLE * EACH + OTHER_FILES;
if (!enough) process.stderr.write(`SKIPPED: 10,000 sockets, as a process may only have ${filesMost} files open\n`);

if (enough && modes.includes("postgres")) {
  let place: Place;
  let server: ServerProcess;

  beforeAll(async () => {
    place = await makePlace("postgres");
    server = await spawnServer({ ...place.environment, MAX_SOCKETS_PER_USER: `${EACH}` });
  });
  afterAll(async () => {
    server.kill("SIGTERM");
    expect(await server.exited).toBe(0);
    place.remove();
  });

  test("10,000 sockets at once on one node: each is greeted and gets the message once, and nothing is left of them", async () => {
    const people = await Promise.all(Array.from({ length: PEOPLE }, () => server.visitor().signUp()));
    const [ann, ...others] = people as [Client, ...Client[]];
    const { id } = await ann.conversation(others, "Everybody");
    const path = `/ws/chat/${id}/`;
    const files = () => readdirSync(`/proc/${server.pid}/fd`).length;
    const filesBefore = files();
    const open = async (person: Client, count: number) => {
      const sockets: RawSocket[] = [];
      while (sockets.length < count)
        sockets.push(
          ...(await Promise.all(
            Array.from({ length: Math.min(AT_ONCE, count) }, () => RawSocket.connect(person, path)),
          )),
        );
      return sockets;
    };
    const sockets: RawSocket[] = [];
    for (const person of people) sockets.push(...(await open(person, EACH)));
    await untilEach(sockets, ({ frames }) => frames.length >= 1);
    // The connections by which they signed up may have ended meanwhile.
    expect(files() - filesBefore).toBeGreaterThanOrEqual(PEOPLE * EACH - PEOPLE);
    for (const person of people) expect((await RawSocket.knock(person, path)).answer.status).toBe(429);

    const message = await ann.send(id, "Hello, everybody!");
    await untilEach(sockets, ({ frames }) => frames.length >= 2);
    for (const { frames } of sockets) {
      expect(frames[0].type).toBe("connection_established");
      expect(frames[1]).toEqual({ type: "message", conversation_id: id, version: message.version, message });
      expect(frames).toHaveLength(2);
    }

    for (const socket of sockets) socket.terminate();
    await untilTrue(() => files() <= filesBefore + PEOPLE);
    // All places of sockets are free again, and the room still works.
    const again = await open(ann, EACH);
    for (const socket of again) socket.terminate();
    const [a, b] = [await ann.chat(id), await others[0]?.chat(id)];
    a.send({ content: "Still here", ref: "r" });
    expect((await a.next("ack")).seq).toBe(2);
    await b?.next("message");
    for (const socket of [a, b]) socket?.close();
  });
}

const untilEach = (sockets: RawSocket[], done: (socket: RawSocket) => boolean) =>
  untilTrue(
    () => sockets.every(done),
    () => `${sockets.filter(done).length} of ${sockets.length}`,
  );

async function untilTrue(done: () => boolean, state = () => "") {
  const end = performance.now() + PATIENCE_MS;
  while (!done()) {
    if (performance.now() > end) throw new Error(`waited in vain: ${state()}`);
    await Bun.sleep(20);
  }
}
