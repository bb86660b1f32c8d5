import { expect, setDefaultTimeout, test } from "bun:test";
import { Client, PASSWORD } from "../support/client.ts";
import { inEachMode } from "../support/modes.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { withServer } from "../support/server.ts";
import type { Socket } from "../support/socket.ts";
import { closeOf, range } from "./frames.ts";

setDefaultTimeout(60_000);

const SOCKETS_MAX = 8;

inEachMode("sockets belong to their session", (mode) => {
  const server = withServer(mode, { MAX_SOCKETS_PER_USER: String(SOCKETS_MAX) });

  const logIn = (person: Client, password?: string) => new Client(server.url).logIn(person.user?.email ?? "", password);

  /** Ann logged in on a laptop and on a phone, and Bob; each with both kinds of socket. */
  async function open() {
    const [laptop, bob] = [await server.person("Ann"), await server.person("Bob")];
    const phone = await logIn(laptop);
    const { id } = await laptop.conversation([bob]);
    const both = async (client: Client) => [await client.chat(id), await client.hub()];
    return { laptop, phone, bob, on: { laptop: await both(laptop), phone: await both(phone), bob: await both(bob) } };
  }
  async function expectEnded(sockets: Socket[]) {
    for (const socket of sockets) expect((await closeOf(socket)).code).toBe(4401);
  }
  async function expectOpen(sockets: Socket[]) {
    for (const socket of sockets) {
      await socket.settled();
      socket.close();
    }
  }
  const handshake = async (client: Client) => {
    const { socket, answer } = await RawSocket.knock(client, "/ws/");
    return { socket, ...answer };
  };

  test("logging out closes those of this session with 4401, and no others", async () => {
    const { laptop, on } = await open();
    const { cookie } = laptop;
    expect((await laptop.post("/api/users/logout/")).status).toBe(200);
    await expectEnded(on.laptop);
    await expectOpen([...on.phone, ...on.bob]);
    laptop.cookie = cookie;
    expect((await handshake(laptop)).status).toBe(401);
  });

  test("changing the password closes those of all other sessions, and nobody else's", async () => {
    const { laptop, phone, on } = await open();
    const password = "AnotherPass456";
    const body = { old_password: PASSWORD, password, password_confirm: password };
    expect((await laptop.post("/api/users/password/", body)).status).toBe(200);
    await expectEnded(on.phone);
    await expectOpen([...on.laptop, ...on.bob]);
    expect((await handshake(phone)).status).toBe(401);
    (await laptop.hub()).close();
    (await (await logIn(laptop, password)).hub()).close();
  });

  test("ending a session from the list closes its sockets, and no others", async () => {
    const { laptop, phone, on } = await open();
    const sessions = (await laptop.get("/api/users/sessions/")).body.data;
    expect(sessions).toHaveLength(2);
    const other = sessions.find((session: { current: boolean }) => !session.current);
    expect((await laptop.delete(`/api/users/sessions/${other.id}/`)).status).toBe(200);
    await expectEnded(on.phone);
    expect((await handshake(phone)).status).toBe(401);
    await expectOpen([...on.laptop, ...on.bob]);
  });

  test("a frame under way when its session ends has no effect", async () => {
    const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
    const { id } = await ann.conversation([bob]);
    const [a, b] = [await ann.chat(id), await bob.chat(id)];
    await ann.post("/api/users/logout/");
    a.send({ content: "from beyond" });
    await closeOf(a);
    await b.settled();
    expect(b.all("message")).toEqual([]);
    b.close();
  });

  test("a new name is that of the next message and of typing, on sockets that were open before", async () => {
    const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
    const { id } = await ann.conversation([bob]);
    const [a, b] = [await ann.chat(id), await bob.chat(id)];
    await ann.patch("/api/users/profile/", { first_name: "Anna" });
    a.send({ content: "hello" });
    a.send({ type: "typing", is_typing: true });
    expect((await b.next("message")).message.sender_name).toBe("Anna Tester");
    expect((await b.next("typing")).user_name).toBe("Anna Tester");
    a.close();
    b.close();
  });

  test("a user has so many sockets and no more, over all sessions and kinds; one that closes makes room", async () => {
    const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
    const phone = await logIn(ann);
    const { id } = await ann.conversation([bob]);
    const path = (n: number) => (n % 3 === 0 ? "/ws/" : `/ws/chat/${id}/`);
    const asked = await Promise.all(range(1, 30).map((n) => RawSocket.knock(n % 2 ? ann : phone, path(n))));
    const [opened, refused] = [101, 429].map((status) => asked.filter(({ answer }) => answer.status === status));
    expect([opened?.length, refused?.length]).toEqual([SOCKETS_MAX, 30 - SOCKETS_MAX]);
    for (const { answer } of refused ?? []) {
      expect(answer.body.status).toBe("error");
      expect(answer.body.code).toBe("too_many_sockets");
      expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    }
    (await bob.chat(id)).close();

    opened?.[0]?.socket.terminate();
    let again = await handshake(ann);
    for (let tries = 0; again.status !== 101 && tries < 100; tries++) {
      await Bun.sleep(50);
      again = await handshake(ann);
    }
    expect([again.status, (await handshake(ann)).status]).toEqual([101, 429]);
    for (const { socket } of [...(opened ?? []), again]) socket.terminate();
  });
});
