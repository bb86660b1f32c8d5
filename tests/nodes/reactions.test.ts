import { beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { dataOf } from "../http/expectations.ts";
import type { Client } from "../support/client.ts";
import { modes } from "../support/modes.ts";
import { withTwoNodes } from "../support/server.ts";
import { changesIn, range } from "../ws/frames.ts";

setDefaultTimeout(60_000);

if (modes.includes("redis")) {
  const { one, two } = withTwoNodes();
  let people: Client[];
  let id: string;

  beforeAll(async () => {
    people = [];
    for (const name of ["Ann", "Bob", "Cat", "Dan"]) people.push(await one.person(name));
    const [ann] = people as [Client];
    id = (await ann.conversation(people.slice(1))).id;
  });

  const at = (who: number, node: { url: string }) => people[who]?.at(node.url) as Client;
  const path = (messageId: string, emoji: string) =>
    `/api/chat/conversations/${id}/messages/${messageId}/reactions/${encodeURIComponent(emoji)}/`;
  const page = async (node: { url: string }) =>
    dataOf(await at(0, node).get(`/api/chat/conversations/${id}/messages/`));

  test("reactions of people on two nodes reach all sockets in one order, merged for those that accept ranges", async () => {
    const message = await at(0, one).send(id, "Lunch?");
    const before = (await page(two)).last_version;
    const hands = await Promise.all(people.map((_, who) => at(who, who % 2 ? one : two).chat(id)));
    const ranged = [
      await at(0, one).chat(id, undefined, undefined, "ranges"),
      await at(1, two).chat(id, undefined, undefined, "ranges"),
    ];
    for (let i = 0; i < 160; i++) {
      hands[i % 4]?.send({ type: "react", message_id: message.id, emoji: "👍", on: i % 8 < 4 });
      if (i % 20 === 0) await Bun.sleep(3);
    }
    await Promise.all(hands.map((hand) => hand.settled()));
    const { last_version: head } = await page(one);
    expect(head).toBeGreaterThan(before + 40);
    for (const socket of ranged) {
      await socket.until((frames) => changesIn(frames).at(-1)?.version >= head, 20_000);
      const frames = changesIn(socket.frames);
      expect(frames.flatMap(({ from, version }) => range(from ?? version, version))).toEqual(range(before + 1, head));
      expect(frames.length).toBeLessThan(head - before);
    }
    const told = ([...ranged, ...hands] as typeof ranged).map(({ frames }) =>
      changesIn(frames).flatMap(({ changes, change }) => changes ?? [change]),
    );
    await Promise.all(hands.map((hand) => hand.until((frames) => changesIn(frames).at(-1)?.version >= head, 20_000)));
    expect(told[1]).toEqual(told[0]);
    for (const socket of [...ranged, ...hands]) socket.close();
  });

  test("two people who react at once on two nodes count once each, and both nodes show the same", async () => {
    const message = await at(0, one).send(id, "Or dinner?");
    await Promise.all(
      [0, 1, 2, 3].flatMap((who) => [
        at(who, one).put(path(message.id, "🎉")),
        at(who, two).put(path(message.id, "🎉")),
      ]),
    );
    for (const node of [one, two]) {
      const shown = (await page(node)).messages.at(-1).reactions;
      expect(shown).toMatchObject([{ emoji: "🎉", count: 4 }]);
      expect(new Set(shown[0].user_ids).size).toBe(4);
    }
    await Promise.all([one, two].map((node) => at(3, node).delete(path(message.id, "🎉"))));
    for (const node of [one, two]) expect((await page(node)).messages.at(-1).reactions[0].count).toBe(3);
  });
}
