import { describe, expect, test } from "bun:test";
import type { Bus, BusEvent } from "../../src/domain/bus.ts";
import { InProcessExchange } from "../../src/stores/embedded/bus.ts";

/** Each driver, as two nodes of one bus. */
const drivers: Record<string, () => [Bus, Bus]> = {
  "in process": () => {
    const exchange = new InProcessExchange();
    return [exchange.connect(), exchange.connect()];
  },
};

const change = (conversationId: string, version: number): BusEvent => ({
  kind: "change",
  conversationId,
  version,
  lastSeq: version,
  frame: `{"n":${version}}`,
});

for (const [name, connect] of Object.entries(drivers))
  describe(`a bus (${name})`, () => {
    function nodes() {
      const [here, there] = connect();
      const got = { here: [] as BusEvent[], there: [] as BusEvent[] };
      here.onEvent((event) => got.here.push(event));
      there.onEvent((event) => got.there.push(event));
      return { here, there, got };
    }

    test("an event reaches its own node before publish returns, subscribed or not", () => {
      const { here, got } = nodes();
      here.publish(change("a", 1));
      expect(got.here).toEqual([change("a", 1)]);
    });

    test("a conversation's events reach the nodes that subscribed to it, in order, once", async () => {
      const { here, there, got } = nodes();
      here.publish(change("a", 1));
      await there.subscribe("a");
      for (let version = 2; version <= 100; version++) here.publish(change("a", version));
      here.publish(change("b", 1));
      await Bun.sleep(50);
      expect(got.there).toEqual(Array.from({ length: 99 }, (_, i) => change("a", i + 2)));
      there.unsubscribe("a");
      here.publish(change("a", 101));
      await Bun.sleep(50);
      expect(got.there.length).toBe(99);
      expect(got.here.length).toBe(102);
    });

    test("what concerns no conversation reaches everyone", async () => {
      const { here, got } = nodes();
      const event: BusEvent = { kind: "sessions_ended", userId: 1, sessions: [{ id: "i", key: "k" }] };
      here.publish(event);
      await Bun.sleep(50);
      expect(got.there).toEqual([event]);
    });

    test("a closed node hears nothing any more", async () => {
      const { here, there, got } = nodes();
      await there.subscribe("a");
      await there.close();
      here.publish(change("a", 1));
      await Bun.sleep(50);
      expect(got.there).toEqual([]);
    });
  });
