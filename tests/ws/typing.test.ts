import { beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { on } from "../nodes/two-nodes.ts";
import type { Client } from "../support/client.ts";
import { inEachMode, makePlace, modes } from "../support/modes.ts";
import { startTestServer, withServer } from "../support/server.ts";
import { range } from "./frames.ts";

setDefaultTimeout(60_000);

inEachMode("typing is told", (mode) => {
  const server = withServer(mode);
  let ann: Client;
  let bob: Client;
  let cat: Client;

  beforeAll(async () => {
    ann = await server.person("Ann");
    bob = await server.person("Bob");
    cat = await server.person("Cat");
  });

  /** Two sockets of Ann's and one of Bob's, in a conversation of their own. */
  async function open() {
    const { id } = await ann.conversation([bob, cat]);
    const sockets = [await ann.chat(id), await ann.chat(id), await bob.chat(id)] as const;
    return { id, sockets, close: () => sockets.forEach((socket) => void socket.close()) };
  }

  test("typing goes to the others, and to no socket of the sender", async () => {
    const { id, sockets, close } = await open();
    const [a, another, b] = sockets;
    const outside = await bob.chat((await ann.conversation([bob])).id);
    a.send({ type: "typing", is_typing: true });
    expect(await b.next("typing")).toEqual({
      type: "typing",
      conversation_id: id,
      user_id: ann.id,
      user_name: "Ann Tester",
      is_typing: true,
    });
    for (const socket of [a, another, outside]) {
      await socket.settled();
      expect(socket.all("typing")).toEqual([]);
    }
    outside.close();
    close();
  });

  test("the end of typing goes to the others", async () => {
    const { sockets, close } = await open();
    const [a, , b] = sockets;
    a.send({ type: "typing", is_typing: true });
    a.send({ type: "typing", is_typing: false });
    expect((await b.next("typing")).is_typing).toBe(true);
    expect((await b.next("typing")).is_typing).toBe(false);
    close();
  });

  test("a repeat within 3 s is not forwarded, from any socket of the sender; a later one is", async () => {
    const { sockets, close } = await open();
    const [a, another, b] = sockets;
    for (let n = 0; n < 5; n++) for (const socket of [a, another]) socket.send({ type: "typing", is_typing: true });
    await a.settled();
    await another.settled();
    await b.settled();
    expect(b.all("typing")).toHaveLength(1);
    await Bun.sleep(3_300);
    a.send({ type: "typing", is_typing: true });
    await b.until(() => b.all("typing").length === 2);
    expect(b.all("typing")[1].is_typing).toBe(true);
    close();
  });

  test("it expires by itself, not before 6 s after it was last said", async () => {
    const { sockets, close } = await open();
    const [a, , b] = sockets;
    a.send({ type: "typing", is_typing: true });
    await b.next("typing");
    await Bun.sleep(2_000);
    a.send({ type: "typing", is_typing: true });
    await a.settled();
    const said = performance.now();
    await b.until(() => b.all("typing").length === 2, 18_000);
    expect(b.all("typing")[1]).toMatchObject({ user_id: ann.id, is_typing: false });
    expect(performance.now() - said).toBeGreaterThan(5_500);
    close();
  });

  test("it ends when the last socket of the sender closes, not before", async () => {
    const { sockets, close } = await open();
    const [a, another, b] = sockets;
    a.send({ type: "typing", is_typing: true });
    await b.next("typing");
    a.close();
    await a.closed;
    await another.settled();
    await b.settled();
    expect(b.all("typing")).toHaveLength(1);
    const closedAt = performance.now();
    another.close();
    expect((await b.next("typing")).is_typing).toBe(false);
    expect(performance.now() - closedAt).toBeLessThan(5_000);
    close();
  });

  test("it goes on while another socket of the sender types, and ends when the last one stops", async () => {
    const { sockets, close } = await open();
    const [a, another, b] = sockets;
    for (const socket of [a, another]) socket.send({ type: "typing", is_typing: true });
    await another.settled();
    a.send({ type: "typing", is_typing: false });
    await a.settled();
    await b.settled();
    expect(b.all("typing").map(({ is_typing }) => is_typing)).toEqual([true]);
    another.send({ type: "typing", is_typing: false });
    await b.until(() => b.all("typing").length === 2);
    expect(b.all("typing")[1].is_typing).toBe(false);
    close();
  });

  test("a socket that connects later, or resumes, gets no typing frame", async () => {
    const { id, sockets, close } = await open();
    const [a, , b] = sockets;
    a.send({ type: "typing", is_typing: true });
    await b.next("typing");
    const late = await cat.chat(id, 0);
    await late.settled();
    expect(late.all("typing")).toEqual([]);
    late.close();
    close();
  });

  test("a group of 100 hears typing and reading, one of 101 hears neither", async () => {
    const names = {
      first_name: "Many",
      last_name: "People",
      password: "SecurePass123",
      password_confirm: "SecurePass123",
    };
    const ids = await Promise.all(
      range(1, 98).map(async (n) => {
        const body = { ...names, email: `many${n}@example.com` };
        return (await server.visitor().post("/api/users/register/", body)).body.data.id;
      }),
    );
    const group = await ann.post("/api/chat/conversations/", { participant_ids: [ann.id, bob.id, ...ids] });
    expect(group.body.data.participant_count).toBe(100);
    const { id } = group.body.data;
    const [a, b] = [await ann.chat(id), await bob.chat(id)];
    const typeAndRead = async () => {
      await bob.send(id, "read me");
      a.send({ type: "typing", is_typing: true });
      a.send({ type: "typing", is_typing: false });
      a.send({ type: "read" });
      await a.settled();
      await b.settled();
      return [...b.all("typing"), ...b.all("read")].length;
    };
    expect(await typeAndRead()).toBe(3);
    const grown = await ann.post(`/api/chat/conversations/${id}/participants/`, { user_ids: [cat.id] });
    expect(grown.body.data.participant_count).toBe(101);
    expect(await typeAndRead()).toBe(3);
    expect((await ann.get(`/api/chat/conversations/${id}/`)).body.data.unread_count).toBe(0);
    a.close();
    b.close();
  });
});

if (modes.includes("redis"))
  test("typing on one node goes on when another socket of the user stops on another node", async () => {
    const place = await makePlace("redis");
    const one = await startTestServer("redis", place.environment);
    const two = await startTestServer("redis", place.environment);
    const [ann, bob] = [await one.person("Ann"), await one.person("Bob")];
    const { id } = await ann.conversation([bob]);
    const [here, there] = [await ann.chat(id), await on(two, ann).chat(id)];
    const listening = [await bob.chat(id), await on(two, bob).chat(id)];
    for (const socket of [here, there]) socket.send({ type: "typing", is_typing: true });
    for (const socket of [here, there]) await socket.settled();
    there.send({ type: "typing", is_typing: false });
    for (const b of listening) {
      await b.until(() => b.all("typing").some(({ is_typing }) => !is_typing) && b.all("typing").at(-1)?.is_typing);
      await b.settled();
    }
    here.send({ type: "typing", is_typing: false });
    for (const b of listening) await b.until(() => b.all("typing").at(-1)?.is_typing === false);
    for (const socket of [here, there, ...listening]) socket.close();
    await one.stop();
    await two.stop();
    place.remove();
  });
