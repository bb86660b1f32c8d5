import { describe, expect, test } from "bun:test";
import type { Message } from "../../src/protocol/messages.ts";
import { Client } from "../support/client.ts";
import { makePlace, modes } from "../support/modes.ts";
import { type ServerProcess, spawnServer } from "../support/process.ts";

const WINDOW = 30;
const ROUNDS = 3;
/** docs/contract.md §8: other nodes catch up in 2 s; three-fold slack. */
const CATCH_UP_MS = 6_000;

if (modes.includes("redis"))
  describe("three nodes", () => {
    test("kill -9 of a node in the middle of sends: what it committed reaches the others in time, once and in order", async () => {
      const place = await makePlace("redis");
      const nodes: ServerProcess[] = [];
      try {
        for (let i = 0; i < 3; i++) nodes.push(await spawnServer(place.environment));
        const at = (i: number, person: Client) => {
          const there = new Client(nodes[i]?.url ?? "");
          there.cookie = person.cookie;
          there.user = person.user;
          return there;
        };
        const person = async (name: string) => new Client(nodes[1]?.url ?? "").signUp(name);
        const [ann, bob, eve] = [await person("Ann"), await person("Bob"), await person("Eve")];
        const { id } = await ann.conversation([bob, eve]);
        const readers = [await at(1, bob).chat(id), await at(2, eve).chat(id)];
        const acked = new Map<string, number>();
        let sent = 0;
        for (let round = 0; round < ROUNDS; round++) {
          const sender = await at(0, ann).chat(id);
          const before = sent;
          while (sender.all("ack").length < 100) {
            while (sent - before - sender.all("ack").length < WINDOW) {
              const clientId = `${++sent}`;
              sender.send({ content: clientId, client_id: clientId });
            }
            await Bun.sleep(1);
          }
          nodes[0]?.kill("SIGKILL");
          await sender.closed;
          for (const { client_id, seq } of sender.all("ack")) acked.set(client_id, seq);
          const killed = performance.now();
          // Nothing else is sent, so the others must find the unpublished changes of the dead node without a push.
          const { body } = await at(1, ann).get(`/api/chat/conversations/${id}/messages/?limit=1`);
          const newest = body.data.messages[0].seq;
          for (const reader of readers)
            await reader.until((frames) => frames.some((frame) => frame.message?.seq === newest), CATCH_UP_MS);
          expect(performance.now() - killed).toBeLessThan(CATCH_UP_MS);
          await nodes[0]?.exited;
          nodes[0] = await spawnServer(place.environment);
        }
        const [first, second] = readers.map((reader) => reader.all("message").map(({ message }) => message as Message));
        expect(first?.map(({ seq }) => seq)).toEqual(first?.map((_, i) => i + 1));
        expect(second).toEqual(first);
        const seqOf = new Map(first?.map(({ client_id, seq }) => [client_id, seq]));
        expect(seqOf.size).toBe(first?.length ?? 0);
        for (const [clientId, seq] of acked) expect(seqOf.get(clientId)).toBe(seq);
        expect(acked.size).toBeGreaterThanOrEqual(ROUNDS * 100);
      } finally {
        for (const node of nodes) node.kill("SIGKILL");
        await Promise.all(nodes.map((node) => node.exited));
        place.remove();
      }
    });

    test("a rolling restart of all nodes while people chat: clients get a 1012 and miss nothing", async () => {
      const place = await makePlace("redis");
      const nodes: ServerProcess[] = [];
      try {
        for (let i = 0; i < 3; i++) nodes.push(await spawnServer(place.environment));
        const url = (i: number) => nodes[i % nodes.length]?.url ?? "";
        const ann = await new Client(url(0)).signUp("Ann");
        const bob = await new Client(url(0)).signUp("Bob");
        const { id } = await ann.conversation([bob]);
        const seen: Message[] = [];
        let sent = 0;
        for (let i = 0; i < nodes.length; i++) {
          // The reader is on the node that restarts, the sender on the next one.
          bob.url = url(i);
          ann.url = url(i + 1);
          const reader = await bob.chat(id, seen.at(-1)?.version ?? 0);
          const sender = await ann.chat(id);
          for (let n = 0; n < 50; n++) sender.send({ content: `${++sent}`, client_id: `${sent}` });
          await sender.next("ack");
          nodes[i]?.kill("SIGTERM");
          const { code, reason } = await reader.closed;
          expect(code).toBe(1012);
          expect(JSON.parse(reason).reconnect_after_ms).toBeGreaterThan(0);
          expect(await nodes[i]?.exited).toBe(0);
          seen.push(...reader.all("message").map(({ message }) => message));
          await sender.until(() => sender.all("ack").length === 50);
          sender.close();
          nodes[i] = await spawnServer(place.environment);
        }
        bob.url = url(0);
        const reader = await bob.chat(id, seen.at(-1)?.version ?? 0);
        await reader.until(() => seen.length + reader.all("message").length === sent);
        seen.push(...reader.all("message").map(({ message }) => message));
        expect(seen.map(({ seq, content }) => [seq, content])).toEqual(
          Array.from({ length: sent }, (_, i) => [i + 1, `${i + 1}`]),
        );
        reader.close();
      } finally {
        for (const node of nodes) node.kill("SIGKILL");
        await Promise.all(nodes.map((node) => node.exited));
        place.remove();
      }
    });
  });
