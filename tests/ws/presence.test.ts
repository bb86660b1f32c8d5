import { beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { presenceTimes } from "../../src/server/places/places.ts";
import type { Client } from "../support/client.ts";
import { inEachMode } from "../support/modes.ts";
import { withServer } from "../support/server.ts";
import type { Frame, Socket } from "../support/socket.ts";
import { superuser } from "../support/superuser.ts";
import { range } from "./frames.ts";

setDefaultTimeout(60_000);

const GRACE_MS = 400;

inEachMode("presence", (mode) => {
  const server = withServer(mode, {}, { presence: { ...presenceTimes, grace: GRACE_MS } });
  let ann: Client;
  let bob: Client;
  let cat: Client;
  let eve: Client;

  beforeAll(async () => {
    [ann, bob, cat, eve] = [
      await server.person("Ann"),
      await server.person("Bob"),
      await server.person("Cat"),
      await server.person("Eve"),
    ];
  });

  const of = (socket: Socket, person: { id: number }) =>
    socket.all("presence").filter((frame) => frame.user_id === person.id);
  const next = (socket: Socket, person: { id: number }): Promise<Frame> =>
    socket.next("presence", (frame) => frame.user_id === person.id);
  const unknown = (user_id: number) => ({ type: "presence", user_id, online: false, last_seen: null });

  /** Somebody new, and a socket of Ann's that watches them; they share a conversation. */
  async function watched() {
    const dan = await server.person("Dan");
    const { id } = await ann.conversation([dan]);
    const hub = await ann.hub();
    hub.send({ type: "watch", user_ids: [dan.id] });
    const first = await next(hub, dan);
    return { dan, id, hub, first };
  }

  test("watching answers at once for each person, and echoes the ref", async () => {
    await ann.conversation([bob, cat]);
    const there = await bob.hub();
    const hub = await ann.hub();
    hub.send({ type: "watch", user_ids: [bob.id, cat.id, bob.id, ann.id], ref: "w" });
    await hub.settled();
    expect(hub.all("presence").map(({ user_id, online, ref }) => [user_id, online, ref])).toEqual([
      [bob.id, true, "w"],
      [cat.id, false, "w"],
      [ann.id, true, "w"],
    ]);
    const [{ last_seen }] = of(hub, cat);
    expect(last_seen).toBe((await ann.get("/api/users/list/?search=Cat")).body.data[0].last_seen);
    for (const socket of [hub, there]) socket.close();
  });

  test("going online and offline is sent once, over both kinds of socket and many sockets", async () => {
    const { dan, id, hub, first } = await watched();
    expect(first).toEqual({ type: "presence", user_id: dan.id, online: false, last_seen: dan.user?.last_seen });
    const sockets = [await dan.chat(id), await dan.hub(), await dan.hub()];
    expect(await next(hub, dan)).toEqual({ ...first, online: true });
    const started = Date.now();
    for (const socket of sockets) {
      await hub.settled();
      expect(of(hub, dan)).toHaveLength(2);
      socket.close();
      await socket.closed;
    }
    const gone = await next(hub, dan);
    expect(gone.online).toBe(false);
    expect(Date.parse(gone.last_seen)).toBeWithin(started - 1_000, Date.now() + 1_000);
    expect(of(hub, dan)).toHaveLength(3);
    // It is written down, but not where everybody reads it.
    hub.send({ type: "unwatch", user_ids: [dan.id] });
    hub.send({ type: "watch", user_ids: [dan.id] });
    expect((await next(hub, dan)).last_seen).toBe(gone.last_seen);
    const { body } = await eve.get(`/api/users/list/?search=Dan`);
    expect(body.data.find((user: Frame) => user.id === dan.id).last_seen).toBe(dan.user?.last_seen);
    hub.close();
  });

  test("a person who reconnects within moments is never offline", async () => {
    const { dan, id, hub } = await watched();
    let socket = await dan.hub();
    await next(hub, dan);
    for (const _ of range(1, 8)) {
      socket.close();
      await socket.closed;
      await Bun.sleep(GRACE_MS / 4);
      socket = await dan.chat(id);
    }
    // Longer than the grace: nothing of the closings is still to come.
    await Bun.sleep(2 * GRACE_MS);
    await hub.settled();
    expect(of(hub, dan).map(({ online }) => online)).toEqual([false, true]);
    socket.close();
    hub.close();
  });

  test("a stranger looks like somebody who does not exist, and gets no later frame", async () => {
    const hub = await ann.hub();
    const there = await eve.hub();
    for (const user_id of [eve.id, 2 ** 31 - 1]) {
      hub.send({ type: "watch", user_ids: [user_id] });
      expect(await next(hub, { id: user_id })).toEqual(unknown(user_id));
    }
    there.close();
    await there.closed;
    await Bun.sleep(2 * GRACE_MS);
    await hub.settled();
    expect(hub.all("presence")).toHaveLength(2);
    // From now on they share a conversation: asking again tells.
    await ann.conversation([eve]);
    const back = await eve.hub();
    hub.send({ type: "watch", user_ids: [eve.id] });
    expect((await next(hub, eve)).online).toBe(true);
    for (const socket of [hub, back]) socket.close();
  });

  test("being removed ends it, in both directions, unless another conversation is shared", async () => {
    const [fay, gus] = [await server.person("Fay"), await server.person("Gus")];
    const { id } = await ann.conversation([fay, gus]);
    await ann.conversation([gus]);
    const [a, f, g] = [await ann.hub(), await fay.hub(), await gus.hub()];
    a.send({ type: "watch", user_ids: [fay.id, gus.id] });
    f.send({ type: "watch", user_ids: [ann.id, gus.id] });
    for (const person of [fay, gus]) expect((await next(a, person)).online).toBe(true);
    for (const person of [ann, gus]) expect((await next(f, person)).online).toBe(true);
    await ann.delete(`/api/chat/conversations/${id}/participants/${fay.id}/`);
    expect(await next(a, fay)).toEqual(unknown(fay.id));
    for (const person of [ann, gus]) expect(await next(f, person)).toEqual(unknown(person.id));
    await ann.delete(`/api/chat/conversations/${id}/participants/${gus.id}/`);
    await a.settled();
    expect(of(a, gus)).toHaveLength(1);
    for (const socket of [f, g]) socket.close();
    expect((await next(a, gus)).online).toBe(false);
    expect(of(a, fay)).toHaveLength(2);
    a.close();
  });

  test("a conversation that an admin removes ends it too, unless another one is shared", async () => {
    const root = await superuser(server, "Root");
    const [fay, gus] = [await server.person("Fay"), await server.person("Gus")];
    const { id } = await ann.conversation([fay, gus]);
    await ann.conversation([gus]);
    const [a, f, g] = [await ann.hub(), await fay.hub(), await gus.hub()];
    a.send({ type: "watch", user_ids: [fay.id, gus.id] });
    f.send({ type: "watch", user_ids: [ann.id, gus.id] });
    for (const person of [fay, gus]) expect((await next(a, person)).online).toBe(true);
    for (const person of [ann, gus]) expect((await next(f, person)).online).toBe(true);
    await root.delete(`/api/admin/conversations/${id}/`);
    expect(await next(a, fay)).toEqual(unknown(fay.id));
    for (const person of [ann, gus]) expect(await next(f, person)).toEqual(unknown(person.id));
    for (const socket of [f, g]) socket.close();
    expect((await next(a, gus)).online).toBe(false);
    expect(of(a, fay)).toHaveLength(2);
    a.close();
  });

  test("the end of a session takes its user offline", async () => {
    const { dan, hub } = await watched();
    await dan.hub();
    await next(hub, dan);
    await dan.post("/api/users/logout/");
    expect((await next(hub, dan)).online).toBe(false);
    hub.close();
  });

  test("a watch of a deactivated person reports them when they are back", async () => {
    const root = await superuser(server, "Root");
    const { dan, hub } = await watched();
    hub.close();
    await root.patch(`/api/admin/users/${dan.id}/`, { is_active: false });
    const later = await ann.hub();
    later.send({ type: "watch", user_ids: [dan.id] });
    expect((await next(later, dan)).online).toBe(false);
    await root.patch(`/api/admin/users/${dan.id}/`, { is_active: true });
    await dan.logIn(dan.user?.email ?? "");
    const there = await dan.hub();
    expect((await next(later, dan)).online).toBe(true);
    for (const socket of [later, there]) socket.close();
  });

  test("unwatching ends it, on this socket alone; so does closing", async () => {
    const { dan, hub } = await watched();
    const other = await ann.hub();
    other.send({ type: "watch", user_ids: [dan.id] });
    await next(other, dan);
    hub.send({ type: "unwatch", user_ids: [dan.id] });
    await hub.settled();
    const there = await dan.hub();
    expect((await next(other, dan)).online).toBe(true);
    await hub.settled();
    expect(of(hub, dan)).toHaveLength(1);
    hub.send({ type: "watch", user_ids: [dan.id] });
    expect((await next(hub, dan)).online).toBe(true);
    for (const socket of [hub, other, there]) socket.close();
  });

  test("one socket watches 1,000 people and no more", async () => {
    const hub = await ann.hub();
    await ann.conversation([bob]);
    hub.send({ type: "watch", user_ids: range(1, 1_001), ref: "a" });
    expect(await hub.next("error")).toMatchObject({
      ref: "a",
      code: "validation_failed",
      message: "user_ids: Ensure this list has no more than 1000 user ids.",
    });
    hub.send({ type: "watch", user_ids: [bob.id] });
    await next(hub, bob);
    const strangers = range(1_000_001, 1_001_000);
    hub.send({ type: "watch", user_ids: strangers, ref: "b" });
    expect(await hub.next("error")).toMatchObject({
      ref: "b",
      code: "too_many_watched",
      message: "One socket can watch at most 1000 people; unwatch some of them first",
    });
    hub.send({ type: "unwatch", user_ids: [bob.id] });
    hub.send({ type: "watch", user_ids: strangers });
    await hub.until(() => hub.all("presence").length === 1_001);
    hub.close();
  });

  test("a watch that names nobody is refused, and unknown on the socket of one conversation", async () => {
    const hub = await ann.hub();
    for (const user_ids of [undefined, null, [], "1", 1, {}, [0], [-1], [1.5], ["1"], [null], [2 ** 31], [[1]]])
      for (const type of ["watch", "unwatch"]) {
        hub.send({ type, user_ids, ref: "r" });
        expect(await hub.next("error")).toMatchObject({ ref: "r", code: "validation_failed" });
      }
    const { id } = await ann.conversation([bob]);
    const chat = await ann.chat(id);
    chat.send({ type: "watch", user_ids: [bob.id] });
    expect((await chat.next("error")).code).toBe("unknown_type");
    for (const socket of [hub, chat]) socket.close();
  });
});
