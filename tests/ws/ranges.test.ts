import { beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { dataOf } from "../http/expectations.ts";
import type { Client } from "../support/client.ts";
import { inEachMode } from "../support/modes.ts";
import { withServer } from "../support/server.ts";
import type { Frame, Socket } from "../support/socket.ts";
import { changesIn, range } from "./frames.ts";

setDefaultTimeout(120_000);

/** A socket on one conversation that accepts ranges. */
const ranged = (client: Client, id: string, after?: number, tag?: string) => client.chat(id, after, tag, "ranges");

/** The versions that each change stands for. */
const versionsOf = (frames: Frame[]) =>
  changesIn(frames).flatMap(({ from, version }) => range(from ?? version, version));

const reachedBy = (socket: Socket, version: number) =>
  socket.until((frames) => changesIn(frames).at(-1)?.version >= version, 30_000);

/** The change of each version, as the frames tell it. */
const toldBy = (frames: Frame[]) =>
  changesIn(frames).flatMap(({ changes, change, type }) => changes ?? [change ?? type]);

inEachMode("a socket that accepts ranges", (mode) => {
  const MARKS = mode === "embedded" ? 96 : 240;
  const server = withServer(mode);
  let people: Client[];
  let ann: Client;
  let bob: Client;

  beforeAll(async () => {
    people = [];
    for (const name of ["Ann", "Bob", "Cat", "Dan", "Eve", "Flo"]) people.push(await server.person(name));
    [ann, bob] = people as [Client, Client];
  });

  /** A group, a message in it, and a socket of each person who reacts. */
  async function group() {
    const { id } = await ann.conversation(people.slice(1));
    const message = await ann.send(id, "Lunch?");
    const hands = await Promise.all(people.map((person) => person.chat(id)));
    const react = (who: number, emoji: string, on = true, message_id = message.id) =>
      hands[who]?.send({ type: "react", message_id, emoji, on });
    const headNow = async () => dataOf(await ann.get(`/api/chat/conversations/${id}/messages/`)).last_version;
    return { id, message, hands, react, headNow };
  }

  test("gets a run of reactions to one message as one frame, and other sockets get each by itself", async () => {
    const { id, message, hands, react } = await group();
    const socket = await ranged(bob, id);
    const plain = await bob.chat(id);
    const emoji = ["👍", "🎉", "👀", "🙏", "🔥"];
    for (const one of emoji) for (const who of people.keys()) react(who, one);
    await reachedBy(socket, 31);
    await reachedBy(plain, 31);
    expect(versionsOf(socket.frames)).toEqual(range(2, 31));
    expect(changesIn(plain.frames).map(({ version }) => version)).toEqual(range(2, 31));
    expect(toldBy(socket.frames)).toEqual(toldBy(plain.frames));
    expect(changesIn(socket.frames).length).toBeLessThan(30);
    for (const frame of changesIn(socket.frames)) {
      expect(frame.message.id).toBe(message.id);
      expect(frame.change === undefined).toBe(frame.changes !== undefined);
      expect(frame.from === undefined).toBe(frame.changes === undefined);
      if (frame.changes) expect(frame.changes).toHaveLength(frame.version - frame.from + 1);
    }
    // Both end with the same state and the same tag.
    const [merged, single] = [changesIn(socket.frames).at(-1), changesIn(plain.frames).at(-1)];
    expect(merged.message).toEqual(single.message);
    expect(merged.tag).toBe(single.tag);
    for (const one of [socket, plain, ...hands]) one.close();
  });

  test("gets a single reaction at once, as every other socket", async () => {
    const { id, hands, react } = await group();
    const socket = await ranged(bob, id);
    react(0, "👍");
    const frame = await socket.next("message_changed");
    expect(frame).toMatchObject({ version: 2, change: { kind: "reaction", user_id: ann.id, emoji: "👍", on: true } });
    expect(Object.keys(frame)).not.toContain("from");
    for (const one of [socket, ...hands]) one.close();
  });

  test("gets everything in order when messages, edits and reactions to several messages mix", async () => {
    const { id, message, hands, react, headNow } = await group();
    const socket = await ranged(bob, id);
    const plain = await bob.chat(id);
    const second = await ann.send(id, "Or dinner?");
    for (let i = 0; i < 60; i++) {
      react(i % 6, i % 2 ? "👍" : "🎉", i % 12 < 6, i % 15 < 9 ? message.id : second.id);
      if (i % 10 === 7) hands[i % 6]?.send({ content: `${i}` });
      if (i % 20 === 11) hands[0]?.send({ type: "edit", message_id: message.id, content: `Lunch ${i}?` });
      if (i % 5 === 0) await Bun.sleep(1);
    }
    await Promise.all(hands.map((hand) => hand.settled()));
    const head = await headNow();
    await reachedBy(socket, head);
    await reachedBy(plain, head);
    expect(versionsOf(socket.frames)).toEqual(range(2, head));
    expect(toldBy(socket.frames)).toEqual(toldBy(plain.frames));
    for (const one of [socket, plain, ...hands]) one.close();
  });

  test("joins in the middle of a run without a hole and without a double", async () => {
    const { id, hands, react, headNow } = await group();
    const joined: { socket: Socket; after: number }[] = [];
    const late: Promise<void>[] = [];
    // The first one is always there, so that runs are kept.
    joined.push({ socket: await ranged(bob, id), after: 1 });
    for (let i = 0; i < MARKS; i++) {
      react(i % 6, "👍", i % 12 < 6);
      if (i % 8 === 3) {
        const last = changesIn(joined[0]?.socket.frames ?? []).at(-1);
        const cursors: [number?, string?] = i % 16 === 3 || !last ? [] : [last.version, last.tag];
        late.push(
          ranged(people[i % 6] ?? ann, id, ...cursors).then(async (socket) => {
            const greeting = socket.frames[0];
            joined.push({ socket, after: cursors[0] ?? greeting.last_version });
          }),
        );
      }
      if (i % 4 === 0) await Bun.sleep(2);
    }
    await Promise.all(late);
    await Promise.all(hands.map((hand) => hand.settled()));
    const head = await headNow();
    expect(head).toBeGreaterThan(MARKS / 2);
    for (const { socket, after } of joined) {
      if (after < head) await reachedBy(socket, head);
      expect(versionsOf(socket.frames)).toEqual(range(after + 1, head));
      expect(socket.all("reset")).toEqual([]);
      socket.close();
    }
    for (const hand of hands) hand.close();
  });

  test("replays runs as single frames, from any place in them", async () => {
    const { id, message, hands, react, headNow } = await group();
    const plain = await bob.chat(id, 0);
    for (let i = 0; i < 90; i++) react(i % 6, "👍", i % 12 < 6);
    await Promise.all(hands.map((hand) => hand.settled()));
    await ann.send(id, "A break");
    for (let i = 0; i < 30; i++) react(i % 6, "🎉", i % 12 < 6);
    await Promise.all(hands.map((hand) => hand.settled()));
    const head = await headNow();
    await reachedBy(plain, head);
    const told = toldBy(plain.frames);
    for (const after of [0, 1, 2, 47, 90, 91, 92, 93, head - 1]) {
      const tag = changesIn(plain.frames).find(({ version }) => version === after);
      const socket = await ranged(bob, id, after, after === 0 ? undefined : (tag.tag ?? tag.message.id));
      await reachedBy(socket, head);
      expect(versionsOf(socket.frames)).toEqual(range(after + 1, head));
      expect(toldBy(socket.frames)).toEqual(told.slice(after));
      // The message, a run or two, the break, and the last run.
      expect(changesIn(socket.frames).length).toBeLessThan(8);
      const shown = changesIn(socket.frames).findLast((frame) => frame.message.id === message.id);
      if (shown)
        expect(shown.message.reactions).toEqual(
          dataOf(await ann.get(`/api/chat/conversations/${id}/messages/`)).messages[0].reactions,
        );
      socket.close();
    }
    for (const one of [plain, ...hands]) one.close();
  });

  test("gets everything before a removal, and a removed person's socket nothing after it", async () => {
    const { id, hands, react, headNow } = await group();
    const [socket, removed] = [await ranged(bob, id), await ranged(people[5] ?? ann, id)];
    for (let i = 0; i < 40; i++) react(i % 5, "👍", i % 10 < 5);
    const removal = ann.delete(`/api/chat/conversations/${id}/participants/${people[5]?.id}/`);
    for (let i = 0; i < 40; i++) react(i % 5, "🎉", i % 10 < 5);
    await removal;
    await removed.closed;
    await Promise.all(hands.slice(0, 5).map((hand) => hand.settled()));
    const head = await headNow();
    await reachedBy(socket, head);
    expect(versionsOf(socket.frames)).toEqual(range(2, head));
    const left = changesIn(socket.frames).find(({ type }) => type === "participants").version;
    expect(versionsOf(removed.frames)).toEqual(range(2, left));
    for (const one of [socket, ...hands.slice(0, 5)]) one.close();
  });

  test("is told of a reset in its place", async () => {
    const { id, hands, react } = await group();
    react(0, "👍");
    const socket = await ranged(bob, id, 1, crypto.randomUUID());
    expect(await socket.next("reset")).toMatchObject({ conversation_id: id });
    react(1, "👍");
    await socket.next("message_changed");
    for (const one of [socket, ...hands]) one.close();
  });
});
