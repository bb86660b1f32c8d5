import { expect, setDefaultTimeout, test } from "bun:test";
import type { Client } from "../support/client.ts";
import { inEachMode } from "../support/modes.ts";
import { withServer } from "../support/server.ts";
import type { Frame, Socket } from "../support/socket.ts";

setDefaultTimeout(60_000);

const set = async (client: Client, id: string, body: unknown) => {
  const { status, body: answer } = await client.patch(`/api/chat/conversations/${id}/me/`, body);
  expect(status).toBe(200);
  return answer.data;
};
const placesOf = (socket: Socket) =>
  socket.all("me").map(({ from, me_version, key }: Frame) => [from, me_version, key]);
const greeting = (socket: Socket) => socket.all("connection_established")[0];

inEachMode("the user's own stream", (mode) => {
  const server = withServer(mode);

  async function three() {
    const [ann, bob, eve] = [await server.person("Ann"), await server.person("Bob"), await server.person("Eve")];
    const ids: string[] = [];
    for (const name of ["One", "Two", "Three"]) ids.push((await ann.conversation([bob, eve], name)).id);
    const [one = "", two = "", third = ""] = ids;
    return { ann, bob, one, two, third };
  }

  test("reaches all `/ws/` sockets of the user and nobody else, in order", async () => {
    const { ann, bob, one, two } = await three();
    const [first, second, chat, other] = [await ann.hub(), await ann.hub(), await ann.chat(one), await bob.hub()];
    expect([greeting(first).me_version, greeting(chat).me_version]).toEqual([0, undefined]);
    const { me_version, ...value } = await set(ann, one, { archived: true });
    await set(ann, one, { archived: true });
    await set(ann, two, { level: "nothing" });
    for (const socket of [first, second]) {
      await socket.until(() => socket.all("me").length === 2);
      await socket.settled();
      expect(placesOf(socket)).toEqual([
        [1, 1, one],
        [2, 2, two],
      ]);
      const [frame] = socket.all("me");
      expect(frame).toEqual({ type: "me", me_version, from: 1, kind: "conversation", key: one, value });
    }
    for (const socket of [chat, other]) {
      await socket.settled();
      expect(socket.all("me")).toEqual([]);
    }
    for (const socket of [first, second, chat, other]) socket.close();
  });

  test("is replayed after a version, each entry once as it is now, before what comes", async () => {
    const { ann, one, two, third } = await three();
    await set(ann, one, { archived: true });
    await set(ann, two, { archived: true });
    await set(ann, one, { archived: false });
    await set(ann, third, { unread: true });
    await set(ann, third, { unread: false });
    const all = await ann.hub("?after_me_version=0");
    expect(greeting(all).me_version).toBe(5);
    await all.until(() => all.all("me").length === 3);
    await set(ann, two, { level: "nothing" });
    await all.until(() => all.all("me").length === 4);
    expect(placesOf(all)).toEqual([
      [1, 2, two],
      [3, 3, one],
      [4, 5, third],
      [6, 6, two],
    ]);
    const some = await ann.hub(`?after_me_version=3&epoch=${greeting(all).epoch}`);
    await some.until(() => some.all("me").length === 2);
    expect(placesOf(some)).toEqual([
      [4, 5, third],
      [6, 6, two],
    ]);
    const none = await ann.hub("?after_me_version=6");
    await none.settled();
    expect([none.all("me"), none.all("me_reset")]).toEqual([[], []]);
    for (const socket of [all, some, none]) socket.close();
  });

  test("goes on past entries that ended with a membership", async () => {
    const [ann, bob, eve] = [await server.person("Ann"), await server.person("Bob"), await server.person("Eve")];
    const { id: left } = await ann.conversation([bob, eve]);
    const { id: kept } = await ann.conversation([bob]);
    const early = await bob.hub();
    await set(bob, kept, { archived: true });
    await set(bob, left, { archived: true });
    await bob.delete(`/api/chat/conversations/${left}/participants/${bob.id}/`);
    const late = await bob.hub("?after_me_version=0");
    expect(greeting(late).me_version).toBe(2);
    await late.next("me");
    await set(bob, kept, { archived: false });
    for (const socket of [early, late]) await socket.until(() => socket.all("me").at(-1)?.me_version === 3);
    expect(placesOf(late)).toEqual([
      [1, 1, kept],
      [2, 3, kept],
    ]);
    for (const socket of [early, late]) socket.close();
  });

  test("begins again with a `me_reset` after a version or an epoch that the server does not have", async () => {
    const { ann, one } = await three();
    await set(ann, one, { archived: true });
    const beyond = await ann.hub("?after_me_version=9");
    const elsewhere = await ann.hub(`?after_me_version=1&epoch=${crypto.randomUUID()}`);
    for (const socket of [beyond, elsewhere])
      expect(await socket.next("me_reset")).toEqual({ type: "me_reset", me_version: 1 });
    await set(ann, one, { archived: false });
    for (const socket of [beyond, elsewhere]) {
      await socket.next("me");
      expect(placesOf(socket)).toEqual([[2, 2, one]]);
      socket.close();
    }
  });

  test("replays hundreds of entries to a socket that also gets new ones", async () => {
    const [ann, bob, eve] = [await server.person("Ann"), await server.person("Bob"), await server.person("Eve")];
    const ids: string[] = [];
    for (let i = 0; i < 450; i++) ids.push((await ann.conversation([bob, eve], `Group ${i}`)).id);
    for (const id of ids) await set(ann, id, { level: "nothing" });
    const socket = await ann.hub("?after_me_version=0");
    const [first = ""] = ids;
    await set(ann, first, { level: "all" });
    await socket.until(() => socket.all("me").at(-1)?.me_version === 451);
    const frames = socket.all("me");
    expect(new Set(frames.map(({ key }: Frame) => key)).size).toBe(450);
    let before = 0;
    for (const { from, me_version } of frames) {
      expect(from).toBe(before + 1);
      before = me_version;
    }
    socket.close();
  });

  test("does not lose an entry that is set while a socket opens", async () => {
    const { ann, one } = await three();
    for (let i = 1; i <= 20; i++) {
      const [socket, { me_version }] = await Promise.all([ann.hub(), set(ann, one, { archived: i % 2 === 1 })]);
      await socket.until(() => greeting(socket).me_version === me_version || socket.all("me").length === 1);
      socket.close();
    }
  });

  test("numbers changes that race densely, and every device has the last one", async () => {
    const { ann, one, two, third } = await three();
    const socket = await ann.hub();
    const set20 = Array.from({ length: 20 }, (_, i) =>
      set(ann, [one, two, third][i % 3] ?? one, { archived: i % 2 === 0, unread: i % 5 === 0 }),
    );
    const answers = await Promise.all(set20);
    const newest = Math.max(...answers.map(({ me_version }) => me_version));
    await socket.until(() => socket.all("me").at(-1)?.me_version === newest);
    for (const id of [one, two, third]) {
      const last = socket.all("me").findLast(({ key }: Frame) => key === id);
      const { me_version: _, ...state } = (await ann.get(`/api/chat/conversations/${id}/`)).body.data.me;
      expect(last.value).toEqual(state);
    }
    socket.close();
  });
});
