import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { modes } from "../support/modes.ts";
import { withTwoNodes } from "../support/server.ts";
import type { Frame } from "../support/socket.ts";
import { on } from "./two-nodes.ts";

setDefaultTimeout(120_000);

const COUNT = 30;
const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();

if (modes.includes("redis"))
  describe("messages and reminders that are due later, on two nodes", () => {
    const { one, two } = withTwoNodes();

    async function pair() {
      const [ann, bob] = [await one.person("Ann"), await one.person("Bob")];
      const { id } = await ann.conversation([bob]);
      return { ann, bob, id, there: on(two, ann) };
    }

    test("scheduled messages that are due at once go out once each, whichever node does it", async () => {
      const { ann, bob, id, there } = await pair();
      const [reader, device] = [await on(two, bob).chat(id), await there.hub()];
      const at = inMs(6_000);
      for (let n = 0; n < COUNT; n++) {
        const from = n % 2 === 0 ? ann : there;
        const body = { content: `${n}`, send_at: at };
        expect((await from.post(`/api/chat/conversations/${id}/scheduled/`, body)).status).toBe(201);
      }
      await reader.until(() => reader.all("message").length >= COUNT, 60_000);
      await device.until(() => device.all("me").filter(({ value }: Frame) => value === null).length >= COUNT, 60_000);
      await Bun.sleep(2_000);
      await reader.settled();
      const sent = reader.all("message").map(({ message }: Frame) => message.content);
      expect(sent.toSorted()).toEqual(Array.from({ length: COUNT }, (_, n) => `${n}`).toSorted());
      for (const socket of [reader, device]) socket.close();
    });

    test("a reminder that one node makes reaches the sockets of the other", async () => {
      const { ann, bob, id, there } = await pair();
      const { id: message } = await bob.send(id, "one");
      const devices = [await ann.hub(), await there.hub()];
      await there.put(`/api/chat/saved/${message}/`, { remind_at: inMs(1_500) });
      for (const device of devices) {
        const isDue = ({ kind, key }: Frame) => kind === "reminder" && key === message;
        await device.until(() => device.all("me").some(isDue), 30_000);
        await device.settled();
        expect(device.all("me").filter(isDue)).toHaveLength(1);
        device.close();
      }
    });

    test("a request that waits on one node gets the change of the other, and one on a node that stops ends", async () => {
      const { ann, bob, id } = await pair();
      const { version } = await ann.send(id, "one");
      const path = `/api/chat/conversations/${id}/changes/?wait=30&after_version=`;
      const waiting = on(two, bob).get(`${path}${version}`);
      await Bun.sleep(500);
      await ann.send(id, "two");
      const since = performance.now();
      expect((await waiting).body.data.changes).toMatchObject([{ type: "message", message: { content: "two" } }]);
      expect(performance.now() - since).toBeLessThan(6_000);
      const ended = on(two, bob).get(`${path}${version + 1}`);
      await Bun.sleep(500);
      await two.running.stop();
      expect((await ended).body.data).toMatchObject({ changes: [], next: version + 1 });
    });
  });
