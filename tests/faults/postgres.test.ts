import { afterAll, beforeAll, expect, test } from "bun:test";
import postgres from "postgres";
import type { Answer, Client } from "../support/client.ts";
import { makePlace, modes, type Place } from "../support/modes.ts";
import { type PostgresServer, startPostgres } from "../support/postgres.ts";
import { type ServerProcess, spawnServer } from "../support/process.ts";
import { startProxy, type TcpProxy } from "../support/proxy.ts";
import type { Frame, Socket } from "../support/socket.ts";
import { CATCH_UP_MS, until } from "./two-nodes.ts";

/** A refusal comes within 2 s; three-fold slack. */
const REFUSED_MS = 6_000;
/** A server that is back serves again within 5 s; three-fold slack. */
const BACK_MS = 15_000;
const POOL_SIZE = 4;
/** How long edits wait for a lock: less than the lock_timeout that would refuse them. */
const HELD_MS = 1_000;
const ROUNDS = 6;

if (modes.includes("redis")) {
  let database: PostgresServer;
  let url: string;
  let admin: postgres.Sql;
  let place: Place;
  /** Two nodes, each behind a network of its own that leads to PostgreSQL. Bob is on the second. */
  let nodes: ServerProcess[];
  let network: TcpProxy;
  let networks: TcpProxy[];
  let ann: Client;
  let bob: Client;
  let eve: Client;
  /** Messages of Ann's, each in a conversation of its own: as many edits as there are connections can run at once. */
  let editable: { conversation: string; path: string }[];

  beforeAll(async () => {
    database = await startPostgres();
    url = await database.createDatabase();
    const port = Number(new URL(url).port);
    place = await makePlace("redis");
    networks = [await startProxy(port), await startProxy(port)];
    nodes = await Promise.all(
      networks.map((each) => {
        const DATABASE_URL = Object.assign(new URL(url), { port: each.port }).href;
        return spawnServer({ ...place.environment, DATABASE_URL, DATABASE_POOL_SIZE: `${POOL_SIZE}` });
      }),
    );
    const [one, two] = nodes;
    const [first] = networks;
    if (!one || !two || !first) throw new Error("two nodes were started");
    network = first;
    admin = postgres(url, { max: 2, onnotice: () => {} });
    const person = (name: string) => one.visitor().signUp(name);
    [ann, bob, eve] = [await person("Ann"), (await person("Bob")).at(two.url), await person("Eve")];
    editable = await Promise.all(
      Array.from({ length: POOL_SIZE }, async (_, i) => {
        const { id } = await ann.conversation([bob, eve], `Editable ${i}`);
        return { conversation: id, path: `${messagesOf(id)}${(await ann.send(id, "first")).id}/` };
      }),
    );
  });
  afterAll(async () => {
    await admin.end();
    for (const node of nodes) node.kill("SIGTERM");
    expect(await Promise.all(nodes.map((node) => node.exited))).toEqual([0, 0]);
    for (const { stop } of networks) await stop();
    await database.stop();
    place.remove();
  });

  const messagesOf = (id: string) => `/api/chat/conversations/${id}/messages/`;
  const contentsOf = async (id: string) => {
    const { body } = await ann.get(`${messagesOf(id)}?limit=100`);
    return body.data.messages.map((message: { content: string }) => message.content);
  };
  const isServed = async (person: Client) => {
    const answers = [await person.get("/api/chat/health/ready/"), await person.get("/api/users/profile/")];
    return answers.every(({ status }) => status === 200);
  };
  const waitingForLocks = async () => {
    const [row] = await admin`SELECT count(*)::int AS n FROM pg_stat_activity
      WHERE application_name = 'confab' AND wait_event_type = 'Lock'`;
    return row?.["n"];
  };

  async function inTime(call: Promise<Answer>): Promise<Answer> {
    const started = performance.now();
    const answer = await call;
    expect(performance.now() - started).toBeLessThan(REFUSED_MS);
    return answer;
  }

  function expectRefusal({ status, headers, body }: Answer) {
    expect({ status, retry: headers.get("retry-after"), code: body.code }).toEqual({
      status: 503,
      retry: "1",
      code: "unavailable",
    });
  }

  let edits = 0;
  const editAll = () => editable.map(({ path }) => ann.patch(path, { content: `edit ${++edits}` }));
  /** No edit goes on, and nothing else waits: each node reads the newest change once a second, so no table is locked. */
  const holdEdits = (tx: postgres.TransactionSql) =>
    tx`SELECT FROM conversations WHERE id = ANY (${editable.map(({ conversation }) => conversation)}) FOR UPDATE`;

  /** The first node has all its connections: so many of its edits wait in the database at once. */
  async function expectWholePool() {
    await until(editsWaitOnEachConnection, BACK_MS, "an edit on each connection");
  }

  /** False while a connection is still to be made again, or is busy for a moment with a query of the node's own. */
  async function editsWaitOnEachConnection(): Promise<boolean> {
    const { isWhole, editing } = await admin.begin(async (tx) => {
      await holdEdits(tx);
      const answers = editAll();
      const end = performance.now() + HELD_MS;
      let waiting = await waitingForLocks();
      while (waiting < POOL_SIZE && performance.now() < end) {
        await Bun.sleep(20);
        waiting = await waitingForLocks();
      }
      return { isWhole: waiting === POOL_SIZE, editing: answers };
    });
    for (const answer of await Promise.all(editing)) {
      if (isWhole) expect(answer.status).toBe(200);
      else if (answer.status !== 200) expectRefusal(answer);
    }
    return isWhole;
  }

  test("connections that break while sends are committed: each is there once, in order, and reaches the readers", async () => {
    const { id } = await ann.conversation([bob, eve]);
    const [sender, reader] = [await ann.chat(id), await bob.chat(id)];
    let broken = 0;
    let sent = 0;
    for (let round = 0; round < ROUNDS; round++) {
      for (let i = 0; i < 100; i++) sender.send({ content: `${++sent}`, client_id: `${sent}` });
      const [row] = await admin`SELECT count(pg_terminate_backend(pid))::int AS n FROM pg_stat_activity
        WHERE application_name = 'confab'`;
      broken += row?.["n"] ?? 0;
      await everySendAcked(sender, sent);
    }
    // Each round breaks one connection at least, that of the log.
    expect(broken).toBeGreaterThanOrEqual(ROUNDS);
    await reader.until(() => reader.all("message").length === sent);
    const got = reader.all("message").map(({ message }) => message);
    expect(got.map(({ seq }) => seq)).toEqual(got.map((_, i) => i + 1));
    expect(new Set(got.map(({ content }) => content)).size).toBe(sent);
    const seqOf = new Map(got.map(({ client_id, seq }) => [client_id, seq]));
    for (const { client_id, seq } of sender.all("ack")) expect(seqOf.get(client_id)).toBe(seq);
    // Where nothing had to be sent again, the order is that of the sends.
    if (sender.all("error").length === 0)
      expect(got.map(({ content }) => Number(content))).toEqual(got.map((_, i) => i + 1));
    sender.close();
    reader.close();
  });

  test("a long lock on one conversation holds up that one alone, and its sends keep their order", async () => {
    const { id: locked } = await ann.conversation([bob]);
    const { id: free } = await ann.conversation([eve]);
    const [a, b] = [await ann.chat(locked), await ann.chat(free)];
    await admin.begin(async (tx) => {
      await tx`SELECT FROM conversations WHERE id = ${locked} FOR UPDATE`;
      for (let i = 0; i < 20; i++) {
        a.send({ content: `${i}`, ref: `${i}` });
        b.send({ content: `${i}`, ref: `${i}` });
      }
      await b.until(() => b.all("ack").length === 20, 1_000);
      expect(a.all("ack")).toEqual([]);
    });
    await a.until(() => a.all("ack").length === 20);
    const inOrder = Array.from({ length: 20 }, (_, i) => `${i}`);
    expect(await contentsOf(locked)).toEqual(inOrder);
    expect(a.all("ack").map((frame) => frame.ref)).toEqual(inOrder);
    a.close();
    b.close();
  });

  test("many locked conversations hold up none of the others", async () => {
    const locked = await Promise.all(
      Array.from({ length: 8 }, async (_, i) => (await ann.conversation([bob, eve], `Locked ${i}`)).id),
    );
    const { id: free } = await ann.conversation([eve]);
    const sends = await admin.begin(async (tx) => {
      await tx`SELECT FROM conversations WHERE id = ANY (${locked}) FOR UPDATE`;
      const waiting = locked.map((id) => ann.post(`/api/chat/conversations/${id}/messages/`, { content: "waits" }));
      await Bun.sleep(100);
      const started = performance.now();
      await ann.send(free, "goes");
      expect(performance.now() - started).toBeLessThan(1_000);
      return waiting;
    });
    for (const answer of await Promise.all(sends)) expect(answer.status).toBe(201);
  });

  test("a lock that does not end: a clear refusal, and nothing was done", async () => {
    const { id } = await ann.conversation([bob, eve], "Locked for long");
    await admin.begin(async (tx) => {
      await tx`SELECT FROM conversations WHERE id = ${id} FOR UPDATE`;
      expectRefusal(await inTime(ann.post(messagesOf(id), { content: "x", client_id: "x" })));
    });
    expect((await ann.send(id, "x", "x")).seq).toBe(1);
  });

  for (const how of ["fast", "immediate"] as const)
    test(`PostgreSQL stopped (${how}) and started: refusals within seconds, then all is as before`, async () => {
      const { id } = await ann.conversation([bob, eve], how);
      const [sender, reader] = [await ann.chat(id), await bob.chat(id)];
      await ann.send(id, "before");
      await database.halt(how);

      expectRefusal(await inTime(ann.post(messagesOf(id), { content: "while away", client_id: "a" })));
      expect((await ann.get("/api/chat/health/")).status).toBe(200);
      expect((await ann.get("/api/chat/health/ready/")).status).toBe(503);
      sender.send({ content: "over the socket", ref: "r" });
      expect(await sender.next("error")).toMatchObject({ code: "unavailable", ref: "r", retry_after: 1 });

      await database.resume();
      for (const person of [ann, bob]) await until(() => isServed(person), BACK_MS, "both nodes serve again");
      await ann.send(id, "while away", "a");
      await reader.next("message", (frame) => frame.message.content === "while away");
      expect(await contentsOf(id)).toEqual(["before", "while away"]);
      await expectWholePool();
      sender.close();
      reader.close();
    });

  test("absent at start: the node is alive but not ready, and joins the others when it comes", async () => {
    await database.halt("fast");
    const three = await spawnServer({ ...place.environment, DATABASE_URL: url }, { awaitReady: false });
    const there = ann.at(three.url);
    expect((await there.get("/api/chat/health/")).status).toBe(200);
    for (const path of ["/api/chat/health/ready/", "/api/users/profile/"]) {
      const answer = await there.get(path);
      expect({ status: answer.status, retry: answer.headers.get("retry-after") }).toEqual({ status: 503, retry: "1" });
    }
    await database.resume();
    for (const person of [there, ann, bob]) await until(() => isServed(person), BACK_MS, "all nodes serve");
    const { id } = await there.conversation([bob, eve], "Three");
    const reader = await bob.chat(id);
    await there.send(id, "here I am");
    await heard(reader, "here I am");
    reader.close();
    three.kill("SIGTERM");
    expect(await three.exited).toBe(0);
  });

  test("200 ms away, there and back: sends, edits, reads and new sockets go on", async () => {
    const { id } = await ann.conversation([bob, eve], "Far away");
    for (const each of networks) each.delayMs = 100;
    try {
      const [sender, reader] = await Promise.all([ann.chat(id), bob.chat(id)]);
      for (let i = 0; i < 20; i++) sender.send({ content: `${i}`, ref: `${i}` });
      await sender.until(() => sender.all("ack").length === 20, REFUSED_MS);
      await reader.until(() => reader.all("message").length === 20, CATCH_UP_MS);
      const [first] = reader.all("message");
      expect((await ann.patch(`${messagesOf(id)}${first.message.id}/`, { content: "edited" })).status).toBe(200);
      await reader.next("message_changed");
      expect((await contentsOf(id))[0]).toBe("edited");
      expect(await isServed(bob)).toBe(true);
      sender.close();
      reader.close();
    } finally {
      for (const each of networks) each.delayMs = 0;
    }
    await expectWholePool();
  });

  test("150 ms away, there and back: an edit is one call, and sends to a conversation that is edited all the time are acked", async () => {
    const { id } = await ann.conversation([bob, eve], "Edited all the time");
    const paths = await Promise.all(
      Array.from({ length: POOL_SIZE }, async (_, i) => `${messagesOf(id)}${(await ann.send(id, `first ${i}`)).id}/`),
    );
    const sender = await bob.chat(id);
    const took: number[] = [];
    let sent = 0;
    for (const each of networks) each.delayMs = 75;
    try {
      const editing = paths.map(async (path) => {
        for (let i = 0; i < 6; i++) {
          const started = performance.now();
          expect((await ann.patch(path, { content: `edit ${i}` })).status).toBe(200);
          took.push(performance.now() - started);
        }
      });
      let over = false;
      const edited = Promise.all(editing).finally(() => {
        over = true;
      });
      for (; !over; sent++) {
        sender.send({ content: `${sent}`, ref: `${sent}` });
        await Bun.sleep(20);
      }
      await edited;
      await sender.until(() => sender.all("ack").length + sender.all("error").length === sent, REFUSED_MS);
    } finally {
      for (const each of networks) each.delayMs = 0;
    }
    expect(sender.all("error")).toEqual([]);
    expect(sent).toBeGreaterThan(20);
    // The first edit on a connection takes two round trips, because it is prepared there.
    took.sort((a, b) => a - b);
    expect(took[took.length >> 1]).toBeLessThan(3 * 150);
    sender.close();
    await expectWholePool();
  });

  test("the pool exhausted by edits that wait for a lock: sends go on, the others are refused in time", async () => {
    const { id } = await ann.conversation([bob, eve], "Beside");
    const [sender, reader] = [await ann.chat(id), await bob.chat(id)];
    await admin.begin(async (tx) => {
      await holdEdits(tx);
      const waiting = [...editAll(), ...editAll(), ...editAll()].map(inTime);
      let answered = 0;
      for (const call of waiting) void call.finally(() => answered++);
      await until(async () => (await waitingForLocks()) === POOL_SIZE, 1_400, "an exhausted pool");
      const reading = inTime(ann.get("/api/users/list/"));
      for (let i = 0; i < 5; i++) {
        sender.send({ content: `${i}`, ref: `${i}` });
        await sender.next("ack");
        if (i === 0) expect(answered).toBe(0);
        await heard(reader, `${i}`);
      }
      for (const answer of await Promise.all(waiting)) expectRefusal(answer);
      const read = await reading;
      if (read.status !== 200) expectRefusal(read);
    });
    sender.close();
    reader.close();
    await until(() => isServed(ann), BACK_MS, "the node serves again");
    await expectWholePool();
  });

  for (const victim of ["node", "other session"] as const)
    test(`a deadlock whose victim is the ${victim}: sends and edits end well or with a clear refusal`, async () => {
      const { id } = await ann.conversation([bob, eve], victim);
      const reader = await bob.chat(id);
      const path = `${messagesOf(id)}${(await ann.send(id, "first")).id}/`;
      const lockMessage = (tx: postgres.TransactionSql) =>
        tx`SELECT FROM messages WHERE conversation_id = ${id} FOR UPDATE`;
      const lockReader = (tx: postgres.TransactionSql) =>
        tx`SELECT FROM participants WHERE conversation_id = ${id} AND user_id = ${ann.id} FOR UPDATE`;

      /** The other session holds the row that the call locks last, and waits for one that the call holds. */
      async function crossing(
        lockFirst: (tx: postgres.TransactionSql) => Promise<unknown>,
        call: () => Promise<Answer>,
      ) {
        let calling: Promise<Answer> | undefined;
        const other = admin.begin(async (tx) => {
          await tx.unsafe(`SET LOCAL deadlock_timeout = ${victim === "node" ? "10000" : "50"}`);
          await lockFirst(tx);
          calling = inTime(call());
          await until(async () => (await waitingForLocks()) === 1, REFUSED_MS, "the call waits");
          await tx`SELECT FROM conversations WHERE id = ${id} FOR UPDATE`;
        });
        const code = await other.then(
          () => "committed",
          (error: postgres.PostgresError) => error.code,
        );
        expect(code).toBe(victim === "node" ? "committed" : "40P01");
        if (!calling) throw new Error("nothing was called");
        return calling;
      }

      const send = () => ann.post(messagesOf(id), { content: "second", client_id: "c" });
      expect((await crossing(lockReader, send)).status).toBe(201);
      const edit = () => ann.patch(path, { content: "edited" });
      const edited = await crossing(lockMessage, edit);
      if (victim === "node") expectRefusal(edited);
      expect((await edit()).status).toBe(200);
      await reader.next("message_changed");
      expect(await contentsOf(id)).toEqual(["edited", "second"]);
      expect(reader.all("message").map(({ message }) => message.seq)).toEqual([1, 2]);
      reader.close();
      await expectWholePool();
    });

  test("the answer to one commit is lost: the send is acked all the same, once", async () => {
    const { id } = await ann.conversation([bob, eve], "One answer");
    const reader = await bob.chat(id);
    const losses = loseAnswers(1, (asked) => asked.includes("lost once"));
    // Without a client_id: it is known by its id alone.
    await ann.send(id, "lost once");
    expect(losses.left).toBe(0);
    await heard(reader, "lost once");
    expect(await contentsOf(id)).toEqual(["lost once"]);
    reader.close();
    await expectWholePool();
  });

  test("no commit is answered: a clear refusal in time; the message is found and delivered, and a resend is the same message", async () => {
    const { id } = await ann.conversation([bob, eve], "No answers");
    const [sender, reader] = [await ann.chat(id), await bob.chat(id)];
    const losses = loseAnswers(1_000, (asked) => asked.includes("never answered"));
    expectRefusal(await inTime(ann.post(messagesOf(id), { content: "never answered", client_id: "c" })));
    sender.send({ content: "never answered, over the socket", client_id: "s" });
    expect(await sender.next("error")).toMatchObject({ code: "unavailable", client_id: "s", retry_after: 1 });
    expect(losses.left).toBeLessThan(1_000);
    network.loseAnswers = undefined;
    const told = await heard(reader, "never answered");
    const again = await inTime(ann.post(messagesOf(id), { content: "never answered", client_id: "c" }));
    expect(again).toMatchObject({ status: 200, body: { data: told } });
    sender.send({ content: "never answered, over the socket", client_id: "s" });
    await sender.next("ack", (frame) => frame.client_id === "s");
    await ann.send(id, "next");
    await heard(reader, "next");
    expect(await contentsOf(id)).toEqual(["never answered", "never answered, over the socket", "next"]);
    expect(reader.all("message").map(({ message }) => message.seq)).toEqual([1, 2, 3]);
    sender.close();
    reader.close();
    await expectWholePool();
  });

  test("the answer to an edit is lost: a clear refusal; the others get the edit, and a repeat is no second change", async () => {
    const { id } = await ann.conversation([bob, eve], "An edit");
    const reader = await bob.chat(id);
    const path = `${messagesOf(id)}${(await ann.send(id, "first")).id}/`;
    const losses = loseAnswers(1, (asked) => asked.includes("changed once"));
    expectRefusal(await inTime(ann.patch(path, { content: "changed once" })));
    expect(losses.left).toBe(0);
    expect(await reader.next("message_changed")).toMatchObject({ version: 2, message: { content: "changed once" } });
    expect((await inTime(ann.patch(path, { content: "changed once" }))).status).toBe(200);
    await ann.send(id, "next");
    expect((await heard(reader, "next")).version).toBe(3);
    reader.close();
    await expectWholePool();
  });

  test("answers get lost at random: every call ends in time, well or with a clear refusal, and no connection is missing", async () => {
    const { id } = await ann.conversation([bob, eve], "At random");
    const calls = [
      (i: number) => ann.post(messagesOf(id), { content: `${i}`, client_id: `${i}` }),
      () => ann.get(`${messagesOf(id)}?limit=10`),
      (i: number) => ann.patch(`/api/chat/conversations/${id}/`, { name: `Name ${i}` }),
      () => ann.get("/api/chat/conversations/"),
      (i: number) => ann.patch(editable[i % POOL_SIZE]?.path ?? "", { content: `random ${i}` }),
      (i: number) => ann.patch("/api/users/profile/", { first_name: `Ann${"abcde"[i]}` }),
    ];
    const losses = loseAnswers(12, (asked) => asked !== "");
    for (let i = 0; i < 5; i++)
      for (const answer of await Promise.all(calls.map((call) => inTime(call(i)))))
        if (answer.status > 201) expectRefusal(answer);
    expect(losses.left).toBeLessThan(8);
    network.loseAnswers = undefined;
    await until(() => isServed(ann), BACK_MS, "the node serves again");
    await expectWholePool();
    for (let i = 0; i < 5; i++) await ann.send(id, `${i}`, `${i}`);
    expect((await contentsOf(id)).sort()).toEqual(["0", "1", "2", "3", "4"]);
  });

  test("a commit that nobody announced is found, and delivered once the database answers", async () => {
    const { id } = await ann.conversation([bob, eve], "Unannounced");
    const reader = await bob.chat(id);
    await ann.send(id, "1");
    // As a node that died between its commit and its publish.
    await admin`SELECT * FROM confab_append_messages(ARRAY[${id}::uuid], ARRAY[1], ARRAY[gen_random_uuid()], ARRAY[${ann.id}::int],
      ARRAY[NULL::text], ARRAY['2'], NULL, NULL, true, false)`;
    await ann.send(id, "3");
    await reader.until(() => reader.all("message").length === 3);
    expect(reader.all("message").map(({ message }) => message.content)).toEqual(["1", "2", "3"]);
    reader.close();
  });

  /** The first node's next answers are lost, and their connections with them. */
  function loseAnswers(left: number, match: (asked: string) => boolean) {
    network.loseAnswers = { left, match };
    return network.loseAnswers;
  }

  async function heard(reader: Socket, content: string) {
    const is = (frame: Frame) => frame.type === "message" && frame.message.content === content;
    await reader.until((frames) => frames.some(is), CATCH_UP_MS);
    return reader.frames.find(is).message;
  }

  /** As a client does it: what was refused because the database did not answer in time is sent again. */
  async function everySendAcked(sender: Socket, sent: number) {
    let resent = 0;
    const answered = () => sender.all("ack").length + sender.all("error").length - resent;
    do {
      await sender.until(() => answered() >= sent, 15_000);
      for (const { code, client_id } of sender.all("error").slice(resent)) {
        expect(code).toBe("unavailable");
        resent++;
        sender.send({ content: client_id, client_id });
      }
    } while (answered() < sent);
  }
}
