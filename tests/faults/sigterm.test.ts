import { afterEach, expect, test } from "bun:test";
import type { Client } from "../support/client.ts";
import { makePlace, modes, type Place } from "../support/modes.ts";
import { type ServerProcess, spawnServer } from "../support/process.ts";
import { startProxy } from "../support/proxy.ts";
import type { Frame } from "../support/socket.ts";

const WINDOW = 20;
/** docs/contract.md §8: a stop takes at most 10 s. */
const STOP_MS = 10_000;

let place: Place;
let nodes: ServerProcess[] = [];

afterEach(async () => {
  for (const node of nodes) node.kill("SIGKILL");
  await Promise.all(nodes.map((node) => node.exited));
  place.remove();
});

if (modes.includes("redis"))
  test("SIGTERM under load: every acked send is kept, readers resume on the other node with no hole, exit 0 in time", async () => {
    place = await makePlace("redis");
    const [leaving, staying] = [await spawnServer(place.environment), await spawnServer(place.environment)];
    nodes = [leaving, staying];
    const [ann, bob, eve] = [
      await leaving.visitor().signUp("Ann"),
      await leaving.visitor().signUp("Bob"),
      await leaving.visitor().signUp("Eve"),
    ];
    const { id } = await ann.conversation([bob, eve]);
    const acked = new Map<string, number>();
    let going = true;

    /** Keeps some sends under way; what has no answer when the node goes is sent again on the other one. */
    const sendOverSockets = async (person: Client, node: ServerProcess) => {
      const name = `${person.id}`;
      let unanswered: string[] = [];
      for (let n = 0; going || unanswered.length > 0; node = staying) {
        const socket = await person.at(node.url).chat(id);
        let open = true;
        socket.closed.then(() => {
          open = false;
        });
        for (const clientId of unanswered) socket.send({ content: clientId, client_id: clientId });
        while (open && (going || unanswered.length > 0)) {
          while (open && going && unanswered.length < WINDOW) {
            const clientId = `${name} ${++n}`;
            unanswered.push(clientId);
            socket.send({ content: clientId, client_id: clientId });
          }
          await Bun.sleep(2);
          unanswered = unanswered.filter((clientId) => !acks(socket.frames).has(clientId));
        }
        if (!open) expect((await socket.closed).code).toBe(1012);
        socket.close();
        for (const [clientId, seq] of acks(socket.frames)) acked.set(clientId, seq);
        unanswered = unanswered.filter((clientId) => !acked.has(clientId));
      }
    };
    const sendOverHttp = async (person: Client) => {
      let node = leaving;
      for (let n = 1; going; n++) {
        const clientId = `http ${n}`;
        for (let answer: number | undefined; answer !== 201 && answer !== 200; ) {
          const path = `/api/chat/conversations/${id}/messages/`;
          const { status, body } = await person
            .at(node.url)
            .post(path, { content: clientId, client_id: clientId })
            .catch(() => ({ status: 0, body: undefined }));
          expect(status).toBeOneOf([0, 200, 201, 503]);
          answer = status;
          if (status === 200 || status === 201) acked.set(clientId, body.data.seq);
          else node = staying;
        }
      }
    };

    const reader = await bob.at(leaving.url).chat(id, 0);
    const witness = await eve.at(staying.url).chat(id, 0);
    const senders = [sendOverSockets(ann, leaving), sendOverSockets(eve, staying), sendOverHttp(bob)];
    await reader.until(() => reader.all("message").length > 300, 20_000);

    const started = performance.now();
    leaving.kill("SIGTERM");
    const { code, reason } = await reader.closed;
    expect(code).toBe(1012);
    expect(JSON.parse(reason).reconnect_after_ms).toBeGreaterThan(0);
    const before = reader.all("message").map(({ message }) => message);
    const resumed = await bob.at(staying.url).chat(id, before.at(-1)?.version ?? 0);
    expect(await leaving.exited).toBe(0);
    expect(performance.now() - started).toBeLessThan(STOP_MS);
    await Bun.sleep(300);
    going = false;
    await Promise.all(senders);

    const total = (await ann.at(staying.url).get(`/api/chat/conversations/${id}/`)).body.data.message_count;
    await resumed.until(() => before.length + resumed.all("message").length === total);
    await witness.until(() => witness.all("message").length === total);
    const seen = [...before, ...resumed.all("message").map(({ message }) => message)];
    expect(seen.map(({ seq }) => seq)).toEqual(seen.map((_, i) => i + 1));
    expect(seen).toEqual(witness.all("message").map(({ message }) => message));
    const seqOf = new Map(seen.map(({ client_id, seq }) => [client_id, seq]));
    expect(seqOf.size).toBe(total);
    for (const [clientId, seq] of acked) expect(seqOf.get(clientId)).toBe(seq);
    expect(acked.size).toBe(total);
    for (const socket of [resumed, witness]) socket.close();
  });

const acks = (frames: Frame[]) =>
  new Map<string, number>(frames.flatMap(({ type, client_id, seq }) => (type === "ack" ? [[client_id, seq]] : [])));

if (modes.includes("redis"))
  test("SIGTERM while PostgreSQL and Redis do not answer: sends that can't be stored are refused, exit 0 in time", async () => {
    place = await makePlace("redis");
    const environment = { ...place.environment };
    const networks = await Promise.all(
      ["DATABASE_URL", "REDIS_URL"].map(async (name) => {
        const url = new URL(environment[name] ?? "");
        const network = await startProxy(Number(url.port));
        url.port = `${network.port}`;
        environment[name] = url.href;
        return network;
      }),
    );
    const node = await spawnServer(environment);
    nodes = [node];
    const ann = await node.visitor().signUp("Ann");
    const { id } = await ann.conversation([await node.visitor().signUp("Bob")]);
    const a = await ann.chat(id);
    for (const network of networks) network.state = "freeze";
    a.send({ content: "lost", client_id: "1" });
    await Bun.sleep(200);
    const started = performance.now();
    node.kill("SIGTERM");
    expect((await a.closed).code).toBe(1012);
    expect(a.all("ack")).toEqual([]);
    expect(a.all("error")).toMatchObject([{ code: "unavailable", client_id: "1" }]);
    expect(await node.exited).toBe(0);
    expect(performance.now() - started).toBeLessThan(STOP_MS);
    for (const network of networks) await network.stop();
  });

test("SIGTERM while a client is behind and goes on sending: it gets the close code and its reason", async () => {
  place = await makePlace("embedded");
  const node = await spawnServer(place.environment);
  nodes = [node];
  const ann = await node.visitor().signUp("Ann");
  const { id } = await ann.conversation([await node.visitor().signUp("Bob")]);
  // More than the kernel's buffers hold for a reader that does not read.
  await Promise.all(Array.from({ length: 900 }, () => ann.send(id, "x".repeat(4_000))));
  const socket = await ann.chat(id, 0);
  // The client does not read meanwhile. If the server answered its frames with a TCP reset, the unread frames and the
  // close would be lost.
  Bun.sleepSync(500);
  node.kill("SIGTERM");
  for (let n = 0; n < 30; n++) {
    socket.raw.send('{"type":"typing","is_typing":true}');
    Bun.sleepSync(10);
  }
  const { code, reason } = await socket.closed;
  expect(code).toBe(1012);
  expect(JSON.parse(reason).reconnect_after_ms).toBeGreaterThan(0);
  expect(await node.exited).toBe(0);
});
