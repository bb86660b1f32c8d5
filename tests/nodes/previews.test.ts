import { afterAll, expect, test } from "bun:test";
import type { Message } from "../../src/protocol/messages.ts";
import { makePlace, modes } from "../support/modes.ts";
import { type ServerProcess, spawnServer } from "../support/process.ts";
import { until } from "../support/until.ts";

/** How long a page takes: long enough to kill a node meanwhile. */
const SLOW_MS = 700;
/** The requests for each path. */
const hits = new Map<string, number>();
const pages = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  async fetch(request) {
    const { pathname } = new URL(request.url);
    hits.set(pathname, (hits.get(pathname) ?? 0) + 1);
    await Bun.sleep(SLOW_MS);
    return new Response(`<!doctype html><title>Page ${pathname}</title>`, { headers: { "content-type": "text/html" } });
  },
});
afterAll(() => pages.stop(true));

if (modes.includes("redis"))
  test("two nodes fetch a page once, and the one that is left fetches what a killed node had begun", async () => {
    const place = await makePlace("redis");
    const nodes: ServerProcess[] = [];
    try {
      const environment = { ...place.environment, LINK_PREVIEWS: "on", ALLOW_PRIVATE: "127.0.0.1" };
      for (let i = 0; i < 2; i++) nodes.push(await spawnServer(environment));
      const [first, second] = nodes;
      if (!first || !second) throw new Error("no nodes");
      const [ann, bob] = [await first.visitor().signUp("Ann"), await first.visitor().signUp("Bob")];
      const { id } = await ann.conversation([bob], "Links");
      const there = ann.at(second.url);
      const titles = async () => {
        const { body } = await there.get(`/api/chat/conversations/${id}/messages/?limit=50`);
        const messages: Message[] = body.data.messages;
        return messages.map(({ previews }) => previews?.map(({ title }) => title).join());
      };
      const send = (n: number, by = ann) => by.send(id, `see ${pages.url}page-${n}`);
      const titlesUpTo = (n: number) => Array.from({ length: n }, (_, i) => `Page /page-${i + 1}`);

      for (const n of [1, 2, 3]) await send(n, n === 2 ? there : ann);
      await until(async () => Bun.deepEquals(await titles(), titlesUpTo(3)));
      expect([...hits.values()]).toEqual([1, 1, 1]);

      const live = await there.chat(id);
      for (const n of [4, 5, 6]) await send(n);
      await until(() => hits.has("/page-4"));
      first.kill("SIGKILL");
      // A lease of the dead node ends after ten seconds.
      await until(async () => Bun.deepEquals(await titles(), titlesUpTo(6)), { withinMs: 30_000 });
      // Only pages on which the dead node worked were fetched again.
      expect([...hits.values()].slice(0, 3)).toEqual([1, 1, 1]);
      expect(Math.max(...hits.values())).toBeLessThanOrEqual(2);
      await until(() => live.all("message_changed").length >= 3);
      expect(live.all("message_changed").length).toBe(3);
      live.close();
    } finally {
      for (const node of nodes) node.kill("SIGKILL");
      await Promise.all(nodes.map((node) => node.exited));
      place.remove();
    }
  }, 90_000);
