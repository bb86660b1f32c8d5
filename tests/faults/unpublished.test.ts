import { expect, test } from "bun:test";
import { makePlace, modes } from "../support/modes.ts";
import { type ServerProcess, spawnServer } from "../support/process.ts";
import { startProxy } from "../support/proxy.ts";

const SENDS = 20;
/** docs/contract.md §8: other nodes catch up in 2 s; three-fold slack. */
const CATCH_UP_MS = 6_000;

if (modes.includes("redis"))
  test("kill -9 between commit and publish: the unpublished changes reach the other node's readers in time, in order", async () => {
    const place = await makePlace("redis");
    const redis = new URL(place.environment["REDIS_URL"] ?? "");
    const proxy = await startProxy(Number(redis.port));
    redis.port = String(proxy.port);
    const nodes: ServerProcess[] = [];
    try {
      const doomed = await spawnServer({ ...place.environment, REDIS_URL: redis.href });
      nodes.push(doomed);
      const other = await spawnServer(place.environment);
      nodes.push(other);
      const [ann, bob] = [await doomed.visitor().signUp("Ann"), await doomed.visitor().signUp("Bob")];
      const { id } = await ann.conversation([bob]);
      const there = bob.at(other.url);
      const [sender, reader, hub] = [await ann.chat(id), await there.chat(id), await there.hub()];
      sender.send({ content: "published", ref: "0" });
      await reader.next("message");

      // From now on, nothing that the node sends reaches Redis.
      proxy.state = "freeze";
      for (let i = 1; i <= SENDS; i++) sender.send({ content: `${i}`, ref: `${i}` });
      await sender.until(() => sender.all("ack").length === SENDS + 1);
      doomed.kill("SIGKILL");
      expect(reader.all("message")).toHaveLength(1);
      await reader.until(() => reader.all("message").length === SENDS + 1, CATCH_UP_MS);
      expect(reader.all("message").map(({ message }) => message.seq)).toEqual(sender.all("ack").map(({ seq }) => seq));
      await hub.next("activity", (frame) => frame.last_seq === SENDS + 1);
      for (const socket of [reader, hub]) socket.close();
    } finally {
      for (const node of nodes) node.kill("SIGKILL");
      await Promise.all(nodes.map((node) => node.exited));
      await proxy.stop();
      place.remove();
    }
  });
