import { beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { until } from "../sdk/people.ts";
import { describeInBrowser } from "../support/chromium.ts";
import type { Client } from "../support/client.ts";
import { composer, message } from "../support/hands.ts";
import { openPage } from "../support/pages.ts";
import { withServer } from "../support/server.ts";

const MESSAGES = 80;

/** Pixels between the end of the list and what is in view. */
const LEFT = `(() => {
  const list = document.querySelector(".messages-scroller");
  return list.scrollHeight - list.clientHeight - list.scrollTop;
})()`;
const FRAMES =
  "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done))))";

describeInBrowser("a part of a message", () => {
  const server = withServer("embedded");
  let [ann, bob]: Client[] = [];
  let id = "";
  const ids: string[] = [];
  beforeAll(async () => {
    [ann, bob] = await Promise.all([server.person("Ann"), server.person("Bob")]);
    if (!ann || !bob) throw new Error("nobody is there");
    id = (await ann.conversation([bob])).id;
    for (let n = 1; n <= MESSAGES; n++) ids.push((await ann.send(id, `message ${n}.`)).id);
  });

  /** Ann opens the conversation, in which reactions wait for their chunk until `come` is called. */
  async function open(isAwaited = false) {
    if (!ann) throw new Error("nobody is there");
    const opened = await openPage(ann, "/people");
    const { promise, resolve } = Promise.withResolvers<void>();
    if (isAwaited)
      await opened.page.route("**/assets/bar-*.js", async (route) => {
        await promise;
        await route.continue().catch(() => {});
      });
    await opened.page.goto(`/c/${id}`);
    await composer(opened.page).and(opened.page.locator(":focus")).waitFor();
    await message(opened.page, `message ${MESSAGES}.`).waitFor();
    return { ...opened, come: resolve };
  }
  const react = (n: number, emoji: string) =>
    bob?.put(`/api/chat/conversations/${id}/messages/${ids[n - 1]}/reactions/${encodeURIComponent(emoji)}/`);
  const bar = (page: Page, n: number) => message(page, `message ${n}.`).getByRole("group", { name: "Reactions" });
  const top = (page: Page, n: number) =>
    message(page, `message ${n}.`).evaluate((row) => Math.round(row.getBoundingClientRect().top));

  test("leaves the list at its end, when it appears below the newest message", async () => {
    const { page, faults, close } = await open();
    await until(async () => (await page.evaluate<number>(LEFT)) < 1);
    await react(MESSAGES, "👍");
    await bar(page, MESSAGES).waitFor();
    await page.evaluate(FRAMES);
    expect(await page.evaluate<number>(LEFT)).toBeLessThan(1);
    expect(faults).toEqual([]);
    await close();
  });

  test("moves nothing that the reader of older messages sees, when it appears above it", async () => {
    const { page, faults, close } = await open();
    await page.mouse.move(600, 300);
    await page.mouse.wheel(0, -900);
    await page.evaluate(FRAMES);
    await Bun.sleep(300);
    const drawn = await page.locator(".message").evaluateAll((rows) =>
      rows.flatMap((row) => {
        const { top, bottom } = row.getBoundingClientRect();
        const n = Number(/message (\d+)\./.exec(row.textContent ?? "")?.[1]);
        return [{ n, isAbove: bottom < 56, isIn: top > 150 }];
      }),
    );
    const above = drawn.findLast(({ isAbove }) => isAbove)?.n ?? 0;
    const seen = drawn.find(({ isIn }) => isIn)?.n ?? 0;
    expect(above).toBeGreaterThan(0);
    const before = await top(page, seen);
    await react(above, "🎉");
    await bar(page, above).waitFor({ state: "attached" });
    await page.evaluate(FRAMES);
    expect(await top(page, seen)).toBe(before);
    expect(faults).toEqual([]);
    await close();
  });

  test("has its room before it is loaded, so that nothing moves then", async () => {
    await react(MESSAGES - 2, "👍");
    const { page, faults, come, close } = await open(true);
    await until(async () => (await page.evaluate<number>(LEFT)) < 1);
    await page.evaluate(FRAMES);
    const places = () => Promise.all([MESSAGES - 3, MESSAGES - 2, MESSAGES - 1, MESSAGES].map((n) => top(page, n)));
    const before = await places();
    expect(await bar(page, MESSAGES - 2).count()).toBe(0);
    come();
    await bar(page, MESSAGES - 2).waitFor();
    await page.evaluate(FRAMES);
    expect(await places()).toEqual(before);
    expect(faults).toEqual([]);
    await close();
  });
});
