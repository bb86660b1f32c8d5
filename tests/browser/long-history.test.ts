import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import postgres, { type Sql } from "postgres";
import { Seeder } from "../bench/growth/seed.ts";
import { until } from "../sdk/people.ts";
import { describeInBrowser } from "../support/chromium.ts";
import type { Client } from "../support/client.ts";
import { isInSight, message, missed } from "../support/hands.ts";
import { modes } from "../support/modes.ts";
import { type OpenPage, openPage } from "../support/pages.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

const MESSAGES = 100_000;
/** The wheel turns by so much at a time, in pixels. */
const TURN = 600;
/** A row may move by so much, in pixels, when those above it get their true heights. */
const STILL = 2;

/** The row that is in the middle, and where it is. */
const MIDDLE = `(() => {
  const box = document.querySelector(".messages-scroller").getBoundingClientRect();
  const rows = [...document.querySelectorAll(".message")];
  const row = rows.find((row) => row.getBoundingClientRect().bottom > box.top + box.height / 2);
  return { key: row.dataset.key, top: row.getBoundingClientRect().top };
})()`;
/** Resolves when nothing has moved for some frames. */
const AT_REST = `new Promise((done) => {
  const scroller = document.querySelector(".messages-scroller");
  let [top, frames] = [-1, 0];
  const look = () => {
    frames = scroller.scrollTop === top ? frames + 1 : 0;
    top = scroller.scrollTop;
    if (frames > 12) done();
    else requestAnimationFrame(look);
  };
  look();
})`;
const topOf = (page: Page, key: string) =>
  page.evaluate<number | undefined>(`document.querySelector('[data-key="${key}"]')?.getBoundingClientRect().top`);

describeInBrowser.skipIf(!modes.includes("postgres"))("a conversation of 100,000 messages", () => {
  let server: TestServer;
  let sql: Sql;
  let [ann, bob]: Client[] = [];
  let id = "";
  let opened: OpenPage;

  beforeAll(async () => {
    server = await startTestServer("postgres");
    [ann, bob] = await Promise.all([server.person("Ann"), server.person("Bob")]);
    if (!ann || !bob) throw new Error("nobody is there");
    id = (await ann.conversation([bob])).id;
    sql = postgres(server.environment["DATABASE_URL"] ?? "", { max: 1, onnotice: () => {} });
    await (await Seeder.on(sql)).messages(id, bob.id, MESSAGES);
    // Of different heights.
    await sql`UPDATE messages SET content = repeat(content || ' ', 1 + (seq * 7 % 5)::int)
      WHERE conversation_id = ${id} AND seq > ${MESSAGES - 3000}`;
    await sql`UPDATE participants SET read_seq = ${MESSAGES} WHERE conversation_id = ${id}`;
    opened = await openPage(ann, `/c/${id}`, { viewport: { width: 1200, height: 1500 } });
  });
  afterAll(async () => {
    await opened.close();
    await sql.end();
    await server.stop();
  });

  test("opens at the newest message, and stays in place while older ones load", async () => {
    const { page } = opened;
    await page.locator(".message-text", { hasText: `Message number ${MESSAGES},` }).waitFor();
    const box = await page.locator(".messages-scroller").boundingBox();
    await page.mouse.move((box?.x ?? 0) + 300, (box?.y ?? 0) + 300);
    const heightOf = () => page.evaluate<number>("document.querySelector('.messages-scroller').scrollHeight");
    await page.evaluate(AT_REST);
    let height = await heightOf();
    let pages = 0;
    for (let turn = 0; turn < 200 && pages < 5; turn++) {
      const before = await page.evaluate<{ key: string; top: number }>(MIDDLE);
      await page.mouse.wheel(0, -TURN);
      // By that much and no more, whatever has come above it.
      let moved = 0;
      await until(
        async () => {
          moved = ((await topOf(page, before.key)) ?? Number.NaN) - before.top;
          return Math.abs(moved - TURN) <= STILL;
        },
        () => `a move by ${TURN}, but turn ${turn} moved it by ${moved}`,
      );
      if ((await heightOf()) > height + 1000) pages++;
      height = await heightOf();
    }
    expect(pages).toBeGreaterThanOrEqual(5);
    expect(await page.locator(".message").count()).toBeLessThan(90);
  });

  test("new messages are counted and move nothing, and one press leads back", async () => {
    const { page, faults } = opened;
    const before = await page.evaluate<{ key: string; top: number }>(MIDDLE);
    await bob?.send(id, "the newest of all");
    const jump = page.locator(".jump", { hasText: "1 new message" });
    await jump.waitFor();
    expect(Math.abs(((await topOf(page, before.key)) ?? Number.NaN) - before.top)).toBeLessThanOrEqual(STILL);
    await jump.click();
    await page.locator(".message-text", { hasText: "the newest of all" }).waitFor();
    await jump.waitFor({ state: "detached" });
    // At the end one follows.
    await bob?.send(id, "and one more");
    await page.locator(".message-text", { hasText: "and one more" }).waitFor();
    expect(await page.locator(".message-text", { hasText: "and one more" }).isVisible()).toBe(true);
    const left = "(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight)";
    await until(() => page.evaluate<boolean>(`${left}(document.querySelector(".messages-scroller")) < 2`));
    expect(faults).toEqual([]);
  });

  test("with thousands of new ones opens at the first of them at once, and the newest are one press away", async () => {
    if (!bob) throw new Error("nobody is there");
    const read = MESSAGES - 6000;
    await sql`UPDATE participants SET read_seq = ${read} WHERE conversation_id = ${id} AND user_id = ${bob.id}`;
    const { page, faults, close } = await openPage(bob, "/settings/about");
    let pages = 0;
    await page.routeWebSocket(/\/ws\/(\?|$)/, (socket) => {
      const node = socket.connectToServer();
      socket.onMessage((text) => {
        const { type, limit } = JSON.parse(String(text));
        if (type === "history" && limit !== 1) pages++;
        node.send(text);
      });
    });
    await page.goto(`/c/${id}`);
    const line = page.getByRole("feed").getByText("6,002 new messages", { exact: true });
    await until(() => isInSight(line));
    expect(await isInSight(message(page, `Message number ${read + 1},`))).toBe(true);
    expect(await missed(page).count()).toBe(0);
    // The newest page, the one around the first new message, and a few beside that.
    expect(pages).toBeLessThan(8);
    await page.getByRole("button", { name: "Jump to the newest messages" }).click();
    await until(() => isInSight(message(page, "and one more")));
    expect(await page.getByRole("feed").getByRole("article").count()).toBeLessThan(90);
    expect(faults).toEqual([]);
    await close();
  });
});
