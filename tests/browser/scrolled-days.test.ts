import { afterAll, beforeAll, expect, test } from "bun:test";
import postgres, { type Sql } from "postgres";
import { Seeder } from "../bench/growth/seed.ts";
import { until } from "../sdk/people.ts";
import { describeInBrowser } from "../support/chromium.ts";
import type { Client } from "../support/client.ts";
import { message } from "../support/hands.ts";
import { modes } from "../support/modes.ts";
import { openPage } from "../support/pages.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

const MESSAGES = 400;
const A_DAY = 40;

/** The label of the pill, the label of the line above the first row in view, and whether a line is near the top. */
const LOOK = `(() => {
  const list = document.querySelector(".messages-scroller").getBoundingClientRect();
  const pill = document.querySelector(".day-pill");
  const lines = [...document.querySelectorAll(".messages-scroller .day")].map((line) => ({ text: line.textContent, box: line.getBoundingClientRect() }));
  const above = lines.filter(({ box }) => box.top <= list.top).at(-1);
  const shown = pill && pill.dataset.shown === "true";
  const place = pill?.getBoundingClientRect();
  const over = shown && lines.some(({ box }) => box.top < place.bottom && box.bottom > place.top);
  return { pill: shown ? pill.textContent : "", above: above?.text ?? "", over };
})()`;
interface Look {
  pill: string;
  above: string;
  over: boolean;
}

describeInBrowser.skipIf(!modes.includes("postgres"))("the day while the reader scrolls", () => {
  let server: TestServer;
  let sql: Sql;
  let [ann, bob]: Client[] = [];
  let id = "";
  beforeAll(async () => {
    server = await startTestServer("postgres");
    [ann, bob] = await Promise.all([server.person("Ann"), server.person("Bob")]);
    if (!ann || !bob) throw new Error("nobody is there");
    id = (await ann.conversation([bob])).id;
    sql = postgres(server.environment["DATABASE_URL"] ?? "", { max: 1, onnotice: () => {} });
    await (await Seeder.on(sql)).messages(id, bob.id, MESSAGES);
    await sql`UPDATE messages SET created_at = now() - ((${MESSAGES} - seq) / ${A_DAY})::int * interval '1 day'
      WHERE conversation_id = ${id}`;
    await sql`UPDATE participants SET read_seq = ${MESSAGES} WHERE conversation_id = ${id}`;
  });
  afterAll(async () => {
    await sql.end();
    await server.stop();
  });

  test("stands at the top, never over a line between two days, and goes again", async () => {
    if (!ann || !bob) throw new Error("nobody is there");
    const { page, faults, close } = await openPage(ann, `/c/${id}`, { viewport: { width: 1000, height: 700 } });
    const look = () => page.evaluate<Look>(LOOK);
    await message(page, `Message number ${MESSAGES},`).waitFor();
    await page.evaluate("new Promise((done) => setTimeout(done, 500))");
    // Nobody scrolls when a message arrives.
    await bob.send(id, "just now");
    await message(page, "just now").waitFor();
    await page.evaluate("new Promise((done) => setTimeout(done, 200))");
    expect((await look()).pill).toBe("");

    await page.locator(".messages-scroller").hover();
    const seen = new Set<string>();
    for (let turn = 0; turn < 60; turn++) {
      await page.mouse.wheel(0, -70);
      await page.evaluate("new Promise((done) => setTimeout(done, 40))");
      const { pill, above, over } = await look();
      expect({ turn, over }).toEqual({ turn, over: false });
      if (pill === "") continue;
      seen.add(pill);
      if (above !== "") expect({ turn, pill }).toEqual({ turn, pill: above });
    }
    expect(seen.has("Today")).toBe(true);
    expect(seen.has("Yesterday")).toBe(true);
    await until(async () => (await look()).pill === "");
    expect(faults).toEqual([]);
    await close();
  });
});
