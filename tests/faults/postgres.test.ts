import { afterAll, beforeAll, expect, test } from "bun:test";
import postgres from "postgres";
import type { Client } from "../support/client.ts";
import { makePlace, modes, type Place } from "../support/modes.ts";
import { type PostgresServer, startPostgres } from "../support/postgres.ts";
import { type ServerProcess, spawnServer } from "../support/process.ts";
import type { Socket } from "../support/socket.ts";

if (modes.includes("postgres")) {
  let database: PostgresServer;
  let admin: postgres.Sql;
  let place: Place;
  let server: ServerProcess;
  let ann: Client;
  let bob: Client;
  let eve: Client;

  beforeAll(async () => {
    database = await startPostgres();
    const url = await database.createDatabase();
    place = await makePlace("postgres");
    server = await spawnServer({ ...place.environment, DATABASE_URL: url });
    admin = postgres(url, { max: 2, onnotice: () => {} });
    const person = (name: string) => server.visitor().signUp(name);
    [ann, bob, eve] = [await person("Ann"), await person("Bob"), await person("Eve")];
  });
  afterAll(async () => {
    await admin.end();
    server.kill("SIGTERM");
    expect(await server.exited).toBe(0);
    await database.stop();
    place.remove();
  });

  const contentsOf = async (id: string) => {
    const { body } = await ann.get(`/api/chat/conversations/${id}/messages/?limit=100`);
    return body.data.messages.map((message: { content: string }) => message.content);
  };

  test("connections that break while sends are committed: each is there once, in order, and reaches the readers", async () => {
    const { id } = await ann.conversation([bob, eve]);
    const [sender, reader] = [await ann.chat(id), await bob.chat(id)];
    let broken = 0;
    let sent = 0;
    for (let round = 0; round < 10; round++) {
      for (let i = 0; i < 100; i++) sender.send({ content: `${++sent}`, client_id: `${sent}` });
      const [row] = await admin`SELECT count(pg_terminate_backend(pid))::int AS n FROM pg_stat_activity
        WHERE application_name = 'confab'`;
      broken += row?.["n"] ?? 0;
      await everySendAcked(sender, sent);
    }
    expect(broken).toBeGreaterThan(10);
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
      const answer = await ann.post(`/api/chat/conversations/${id}/messages/`, { content: "x", client_id: "x" });
      expect(answer.status).toBe(503);
      expect(answer.headers.get("retry-after")).toBe("1");
      expect(answer.body).toMatchObject({ status: "error", code: "unavailable" });
    });
    expect((await ann.send(id, "x", "x")).seq).toBe(1);
  });

  for (const how of ["fast", "immediate"] as const)
    test(`PostgreSQL stopped (${how}) and started: refusals within seconds, then all is as before`, async () => {
      const { id } = await ann.conversation([bob, eve], how);
      const [sender, reader] = [await ann.chat(id), await bob.chat(id)];
      await ann.send(id, "before");
      await database.halt(how);

      const started = performance.now();
      const refused = await ann.post(`/api/chat/conversations/${id}/messages/`, {
        content: "while away",
        client_id: "a",
      });
      expect(refused.status).toBe(503);
      expect(refused.headers.get("retry-after")).toBe("1");
      // CONTRACT: within 2 s; three-fold slack.
      expect(performance.now() - started).toBeLessThan(6_000);
      expect((await ann.get("/api/chat/health/")).status).toBe(200);
      expect((await ann.get("/api/chat/health/ready/")).status).toBe(503);
      sender.send({ content: "over the socket", ref: "r" });
      expect(await sender.next("error")).toMatchObject({ code: "unavailable", ref: "r", retry_after: 1 });

      await database.resume();
      await until(async () => (await ann.get("/api/chat/health/ready/")).status === 200);
      await until(async () => (await ann.get("/api/users/profile/")).status === 200);
      await ann.send(id, "while away", "a");
      await reader.next("message", (frame) => frame.message.content === "while away");
      expect(await contentsOf(id)).toEqual(["before", "while away"]);
      sender.close();
      reader.close();
    });

  test("a commit that nobody announced is found, and delivered once the database answers", async () => {
    const { id } = await ann.conversation([bob, eve], "Unannounced");
    const reader = await bob.chat(id);
    await ann.send(id, "1");
    // As a node would that died between its commit and telling of it.
    await admin`SELECT * FROM confab_append(ARRAY[gen_random_uuid()], ARRAY[${id}::uuid], ARRAY[${ann.id}::int],
      ARRAY[NULL::text], ARRAY['2'], true, false)`;
    await ann.send(id, "3");
    await reader.until(() => reader.all("message").length === 3);
    expect(reader.all("message").map(({ message }) => message.content)).toEqual(["1", "2", "3"]);
    reader.close();
  });

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

  async function until(done: () => Promise<boolean>) {
    const end = performance.now() + 15_000;
    while (!(await done())) {
      if (performance.now() > end) throw new Error("waited in vain");
      await Bun.sleep(50);
    }
  }
}
