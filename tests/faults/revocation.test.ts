import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import postgres from "postgres";
import { type OpenNode, startOpenNode } from "../hostile/open-node.ts";
import { on } from "../nodes/two-nodes.ts";
import { Client, PASSWORD } from "../support/client.ts";
import { makePlace, modes, type Place } from "../support/modes.ts";
import { freePort } from "../support/postgres.ts";
import { spawnServer } from "../support/process.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import type { Frame, Socket } from "../support/socket.ts";

setDefaultTimeout(60_000);

/** Within a second, within five while Redis is dead; three-fold slack. */
const WITHIN_MS = { up: 3_000, dead: 15_000 };

const ROUNDS = 12;

/** The version of a frame that tells a change; 0 of any other. */
const versionOf = (frame: Frame): number =>
  frame?.type === "message" ? frame.message.version : frame?.type === "participants" ? frame.version : 0;

interface Login {
  /** The login with which the person revokes something. */
  laptop: Client;
  /** Another login of the same person. */
  phone: Client;
  /** The phone's sockets on both nodes: one conversation, all of them, and all of them with this one subscribed. */
  chats: Socket[];
  watching: Socket[];
  subscribed: Socket[];
}

if (modes.includes("redis"))
  describe("a revocation", () => {
    let redis: RedisServer;
    let place: Place;
    let one: TestServer;
    let two: TestServer;
    /** Where an administrator is at work. */
    let office: OpenNode;
    let ann: Client;
    let id: string;
    let sql: postgres.Sql;

    beforeAll(async () => {
      redis = await startRedis();
      place = await makePlace("redis");
      const environment = { ...place.environment, REDIS_URL: redis.url };
      one = await startTestServer("redis", environment);
      two = await startTestServer("redis", environment);
      office = await startOpenNode(one.environment);
      sql = postgres(place.environment["DATABASE_URL"] ?? "", { max: 1, onnotice: () => {} });
      ann = await one.person("Ann");
      id = (await ann.conversation([await one.person("Bob"), await one.person("Cem")], "All")).id;
    });
    afterAll(async () => {
      await sql.end();
      await office.node.close();
      await one.stop();
      await two.stop();
      await redis.stop();
      place.remove();
    });

    const group = () => `/api/chat/conversations/${id}/`;
    const member = (person: Client) => `${group()}participants/${person.id}/`;
    const add = (person: Client) => ann.post(`${group()}participants/`, { user_ids: [person.id] });

    async function logInTwice(): Promise<Login> {
      const laptop = await one.person();
      const phone = await new Client(two.url).logIn(laptop.user?.email ?? "");
      expect((await add(laptop)).status).toBe(200);
      const each = (open: (there: Client) => Promise<Socket>) =>
        Promise.all([one, two].map((node) => open(on(node, phone))));
      const subscribed = await each((there) => there.hub());
      for (const socket of subscribed) {
        socket.send({ type: "subscribe", conversation_id: id });
        await socket.next("subscribed");
      }
      return {
        laptop,
        phone,
        chats: await each((there) => there.chat(id)),
        watching: await each((there) => there.hub()),
        subscribed,
      };
    }
    const socketsOf = ({ chats, watching, subscribed }: Login) => [...chats, ...watching, ...subscribed];

    /** Every way in which a login ends; afterwards nothing of it is left on any node. */
    const endings: Record<string, (login: Login) => Promise<unknown>> = {
      "a logout": ({ phone }) => on(one, phone).post("/api/users/logout/"),
      "a change of the password": ({ laptop }) =>
        laptop.post("/api/users/password/", {
          old_password: PASSWORD,
          password: `${PASSWORD}4`,
          password_confirm: `${PASSWORD}4`,
        }),
      "the list of sessions": async ({ laptop }) => {
        const { body } = await laptop.get("/api/users/sessions/");
        const other = body.data.find((session: { current: boolean }) => !session.current);
        return laptop.delete(`/api/users/sessions/${other.id}/`);
      },
      "the deactivation of the user": ({ laptop }) =>
        office.node.services.administration.users.change(null, laptop.id, { isActive: false }),
    };

    async function expectEnded(login: Login, withinMs: number) {
      const started = performance.now();
      const { phone } = login;
      for (const socket of socketsOf(login)) {
        const end = await Promise.race([socket.closed, Bun.sleep(withinMs).then(() => undefined)]);
        expect(end?.code).toBe(4401);
      }
      expect(performance.now() - started).toBeLessThan(withinMs);
      for (const node of [one, two]) {
        const there = on(node, phone);
        expect((await there.get("/api/users/profile/")).status).toBe(401);
        expect((await there.get("/ws/")).status).toBe(401);
        expect((await there.post(`${group()}messages/`, { content: "from beyond" })).status).toBe(401);
      }
    }

    const removals: Record<string, (login: Login) => Promise<unknown>> = {
      "leaving a group": ({ laptop }) => laptop.delete(member(laptop)),
      "being removed from a group": ({ laptop }) => ann.delete(member(laptop)),
    };

    async function expectRemoved({ phone, chats, watching, subscribed }: Login, withinMs: number) {
      const started = performance.now();
      for (const socket of chats) {
        const end = await Promise.race([socket.closed, Bun.sleep(withinMs).then(() => undefined)]);
        expect(end?.code).toBe(4403);
      }
      for (const socket of [...watching, ...subscribed])
        await socket.until(
          (frames) => frames.some(({ type, code }) => type === "unsubscribed" && code === "removed"),
          withinMs,
        );
      expect(performance.now() - started).toBeLessThan(withinMs);
      for (const node of [one, two]) {
        const there = on(node, phone);
        expect((await there.get(`${group()}messages/`)).status).toBe(403);
        expect((await there.get(`/ws/chat/${id}/`)).status).toBe(403);
        expect((await there.post(`${group()}messages/`, { content: "from beyond" })).status).toBe(403);
      }
    }

    const deleteSessions = (login: Login) => sql`DELETE FROM sessions WHERE user_id = ${login.laptop.id}`;

    test("a session that a node ended before it was killed, and told nobody, is found ended by the others in time", async () => {
      const login = await logInTwice();
      const doomed = await spawnServer({ ...one.environment, PORT: String(await freePort()) });
      try {
        // Until its beats have been heard.
        await Bun.sleep(2_500);
        await deleteSessions(login);
      } finally {
        doomed.kill("SIGKILL");
      }
      await expectEnded(login, WITHIN_MS.dead);
    });

    const deactivate = (login: Login) => sql`UPDATE users SET is_active = false WHERE id = ${login.laptop.id}`;
    const inOffice = ({ cookie }: Client) => Object.assign(new Client(office.url), { cookie });

    for (const [name, end] of Object.entries({ deleteSessions, deactivate }))
      test(`a session that ends in the database itself (${name}) closes its sockets at the next check, once a minute`, async () => {
        const login = await logInTwice();
        const [chat, hub] = [await inOffice(login.phone).chat(id), await inOffice(login.phone).hub()];
        await end(login);
        await office.node.sockets.touch();
        for (const socket of [chat, hub]) expect((await socket.closed).code).toBe(4401);
        for (const socket of socketsOf(login)) socket.close();
      });

    test("a person deactivated in the database itself can't send from a socket that is still open", async () => {
      const login = await logInTwice();
      await deactivate(login);
      const [chat] = login.chats;
      chat?.send({ content: "from beyond", ref: "r" });
      expect(await chat?.next("error")).toMatchObject({ ref: "r", code: "not_a_participant" });
      for (const socket of socketsOf(login)) socket.close();
    });

    test("a deactivated user's login is refused with the bytes of a wrong password, and leaves no session behind", async () => {
      const login = await logInTwice();
      const email = login.laptop.user?.email;
      const attempt = (password: string) => one.visitor().post("/api/users/login/", { email, password });
      const wrong = await attempt("wrong password");
      // Logins that run beside it: each is refused, or has its session ended.
      const racing = Array.from({ length: 12 }, () => on(two, login.laptop)).map(async (client) => {
        client.cookie = undefined;
        const { status } = await client.post("/api/users/login/", { email, password: PASSWORD });
        return { client, status };
      });
      await Bun.sleep(150);
      await office.node.services.administration.users.change(null, login.laptop.id, { isActive: false });
      for (const { client, status } of await Promise.all(racing)) {
        expect([200, 401]).toContain(status);
        expect((await client.get("/api/users/profile/")).status).toBe(401);
      }
      const refused = await attempt(PASSWORD);
      expect([refused.status, refused.text]).toEqual([401, wrong.text]);
      expect(await sql`SELECT id FROM sessions WHERE user_id = ${login.laptop.id}`).toHaveLength(0);
      await expectEnded(login, WITHIN_MS.up);
    });

    /** A node must not answer requests from its caches after it has heard of a removal. */
    test("the page, a send, an edit and a read position are refused on the other node once somebody is removed", async () => {
      const [bob, friend] = [await one.person(), await one.person()];
      const { id: own } = await ann.conversation([bob, friend], "Pages");
      const there = on(two, bob);
      const path = `/api/chat/conversations/${own}/`;
      const sent = await there.send(own, "mine");
      expect((await there.get(`${path}messages/`)).status).toBe(200);
      await ann.delete(`${path}participants/${bob.id}/`);
      const removed = performance.now();
      // Writes check under the conversation's lock, and these reads ask the database. Both hold at once, whatever the caches say.
      expect((await there.post(`${path}messages/`, { content: "x" })).status).toBe(403);
      expect((await there.patch(`${path}messages/${sent.id}/`, { content: "x" })).status).toBe(403);
      expect((await there.delete(`${path}messages/${sent.id}/`)).status).toBe(403);
      expect((await there.patch(path, { name: "x" })).status).toBe(404);
      expect((await there.get(path)).status).toBe(404);
      expect((await there.get(`${path}participants/`)).status).toBe(404);
      expect((await there.get("/api/chat/conversations/")).text).not.toContain(own);
      while ((await there.get(`${path}messages/`)).status !== 403) {
        expect(performance.now() - removed).toBeLessThan(WITHIN_MS.up);
        await Bun.sleep(50);
      }
    });

    test("a member removed while both nodes send gets nothing that is committed later, and can come back", async () => {
      const [bob, cem] = [await one.person(), on(two, await one.person())];
      const { id: own } = await ann.conversation([bob, cem], "Rush");
      const path = `/api/chat/conversations/${own}/participants/`;
      const [witness, other] = [await ann.chat(own), await cem.chat(own)];
      let rushing = true;
      const head = () => versionOf(witness.frames.findLast(versionOf));
      // Enough for a replay to take longer than a removal.
      for (let n = 0; n < 2_000; n += 200) {
        for (let i = 0; i < 200; i++) other.send({ content: "x", ref: "before" });
        await other.until(() => other.all("ack").filter(({ ref }) => ref === "before").length === n + 200, 15_000);
      }
      const rush = [witness, other].map(async (socket) => {
        const before = socket.all("ack").length;
        for (let n = 0; rushing; n++) {
          socket.send({ content: "x".repeat(300), ref: `${n}` });
          if (n % 10 === 9) await socket.until(() => socket.all("ack").length - before > n - 10);
          if (n % 10 === 9) await Bun.sleep(10);
        }
      });
      const removedAt: number[] = [];
      let inMidReplay = 0;
      for (let round = 0; round < ROUNDS; round++) {
        const where = on(round % 2 ? one : two, bob);
        const [live, watching, subscribed] = [await where.chat(own), await where.hub(), await where.hub()];
        subscribed.send({ type: "subscribe", conversation_id: own });
        await subscribed.next("subscribed");
        // Two that are still replaying when the removal comes.
        const replaying = await where.chat(own, 0);
        watching.send({ type: "subscribe", conversation_id: own, after_version: 0 });
        await Bun.sleep(round);
        const by = on(round % 3 ? one : two, ann);
        expect((await by.delete(`${path}${bob.id}/`)).status).toBe(200);
        for (const socket of [live, replaying]) expect((await socket.closed).code).toBe(4403);
        await subscribed.next("unsubscribed", ({ code }) => code === "removed");
        // The removal may come before the subscription, whose refusal then tells it.
        const isTold = ({ type, code }: Frame) =>
          (type === "unsubscribed" && code === "removed") || (type === "error" && code === "not_a_participant");
        await watching.until((frames) => frames.some(isTold));
        const isRemoval = (frame: Frame) => frame.removed?.includes(bob.id) && frame.version > (removedAt.at(-1) ?? 0);
        await witness.until((frames) => frames.some(isRemoval));
        const version = versionOf(witness.frames.findLast(isRemoval));
        removedAt.push(version);
        // Without these messages, nothing could leak.
        await witness.until(() => head() > version + 20);
        for (const socket of [watching, subscribed]) await socket.settled();
        for (const socket of [live, replaying, watching, subscribed]) {
          const changes = socket.frames.map(versionOf).filter((at) => at > 0);
          const newest = Math.max(0, ...changes);
          expect(newest).toBeLessThanOrEqual(version);
          if (socket === replaying && newest < version) inMidReplay++;
          socket.close();
        }
        expect(live.frames.at(-1)).toMatchObject({ type: "participants", version });
        expect((await by.post(path, { user_ids: [bob.id] })).status).toBe(200);
      }
      rushing = false;
      await Promise.all(rush);
      expect(inMidReplay).toBeGreaterThan(0);
      const back = await on(two, bob).chat(own, removedAt[0]);
      await back.until((frames) => versionOf(frames.findLast(versionOf)) >= head(), 15_000);
      const versions = back.frames.map(versionOf).filter((at) => at > 0);
      expect(versions).toEqual(versions.map((_, i) => (removedAt[0] ?? 0) + 1 + i));
      for (const socket of [witness, other, back]) socket.close();
    });

    for (const state of ["up", "dead"] as const)
      describe(state === "up" ? "with Redis" : "with Redis dead", () => {
        beforeAll(async () => {
          if (state === "dead") await redis.kill();
        });
        afterAll(async () => {
          if (state === "dead") await redis.resume();
        });

        for (const [name, end] of Object.entries(endings))
          test(`${name} ends the login's sockets and requests on every node in time`, async () => {
            const login = await logInTwice();
            await end(login);
            await expectEnded(login, WITHIN_MS[state]);
          });

        for (const [name, remove] of Object.entries(removals))
          test(`${name} ends the sockets in it on every node in time, and tells those of all conversations`, async () => {
            const login = await logInTwice();
            await remove(login);
            await expectRemoved(login, WITHIN_MS[state]);
            for (const socket of socketsOf(login)) socket.close();
          });

        test("a socket that only watches, where nobody is in the conversation, gets the removal in time and nothing after it", async () => {
          const [bob, cem] = [on(two, await one.person()), await one.person()];
          const { id: own } = await ann.conversation([bob, cem], "Watched only");
          const [hub, witness] = [await bob.hub(), await cem.hub()];
          await ann.delete(`/api/chat/conversations/${own}/participants/${bob.id}/`);
          // Changes go on all the while, so the node has a reason to ask the log.
          let talking = true;
          const talk = (async () => {
            for (; talking; await Bun.sleep(100)) await ann.send(own, "x");
          })();
          const told = () => hub.frames.findIndex(({ type, code }) => type === "unsubscribed" && code === "removed");
          await hub
            .until(() => told() >= 0, WITHIN_MS[state])
            .finally(() => {
              talking = false;
            });
          await talk;
          const { seq, version } = await ann.send(own, "not for you");
          const names = (frame: Frame) => frame.conversation_id === own && frame.last_seq >= seq;
          await witness.until((frames) => frames.some(names), WITHIN_MS[state]);
          // Long enough for one or two reads of the log.
          await Bun.sleep(state === "up" ? 100 : 2_000);
          await hub.settled();
          expect(hub.frames.slice(told() + 1).filter((frame) => frame.conversation_id === own)).toEqual([]);
          for (const frame of hub.all("activity")) expect(frame.last_version).toBeLessThan(version);
          for (const socket of [hub, witness]) socket.close();
        });
      });
  });
