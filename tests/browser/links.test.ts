import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import type { Locator, Page } from "playwright-core";
import postgres, { type Sql } from "postgres";
import { Seeder } from "../bench/growth/seed.ts";
import { until } from "../sdk/people.ts";
import { seriousFaults } from "../support/axe.ts";
import { describeInBrowser } from "../support/chromium.ts";
import { type Client, PASSWORD } from "../support/client.ts";
import { choose, composer, isInSight, message, row, say } from "../support/hands.ts";
import { modes } from "../support/modes.ts";
import { type OpenPage, openPage } from "../support/pages.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

const MESSAGES = 100_000;
const GONE = "This message is no longer here.";
/** The wheel turns by so much at a time, in pixels. */
const TURN = 500;

describeInBrowser.skipIf(!modes.includes("postgres"))("a link to a message", () => {
  let server: TestServer;
  let sql: Sql;
  let [ann, bob, cat]: Client[] = [];
  let id = "";
  let aside = "";
  const open: OpenPage[] = [];

  beforeAll(async () => {
    server = await startTestServer("postgres");
    [ann, bob, cat] = await Promise.all([server.person("Ann"), server.person("Bob"), server.person("Cat")]);
    if (!ann || !bob || !cat) throw new Error("nobody is there");
    id = (await ann.conversation([bob])).id;
    aside = (await ann.conversation([cat])).id;
    sql = postgres(server.environment["DATABASE_URL"] ?? "", { max: 1, onnotice: () => {} });
    await (await Seeder.on(sql)).messages(id, bob.id, MESSAGES);
    // Of different heights.
    await sql`UPDATE messages SET content = repeat(content || ' ', 1 + (seq * 7 % 5)::int) WHERE conversation_id = ${id}`;
    await sql`UPDATE participants SET read_seq = ${MESSAGES} WHERE conversation_id = ${id}`;
    await cat.send(aside, `Look: ${server.url}/c/${id}/700 and https://example.com/c/${id}/700`);
  });
  afterAll(async () => {
    await sql.end();
    await server.stop();
  });
  afterEach(async () => {
    const faults = open.flatMap((opened) => opened.faults);
    await Promise.all(open.splice(0).map((opened) => opened.close()));
    expect(faults).toEqual([]);
  });

  const show = async (path: string, options: Parameters<typeof openPage>[2] = {}, who = ann) => {
    if (!who) throw new Error("nobody is there");
    const opened = await openPage(who, path, { viewport: { width: 1200, height: 900 }, ...options });
    open.push(opened);
    return opened.page;
  };
  const numbered = (page: Page, seq: number) => message(page, `Message number ${seq},`);
  const isMarked = (what: Locator) => what.evaluate((element) => element.matches(".message-linked"));
  const hasFocus = (what: Locator) => what.evaluate((element) => element.matches(":focus"));
  const newest = (page: Page) => page.getByRole("button", { name: "Jump to the newest messages" });
  const inFeed = (page: Page, link: string) => page.getByRole("feed").getByRole("link", { name: link });
  const pathOf = (page: Page) => new URL(page.url()).pathname;
  /** How far the middle of the row is from the middle of the list, in pixels. */
  const offMiddle = async (what: Locator) => {
    const [box, list] = await Promise.all([
      what.boundingBox(),
      what.page().getByRole("feed").locator("..").boundingBox(),
    ]);
    if (!box || !list) return Number.POSITIVE_INFINITY;
    return Math.abs(box.y + box.height / 2 - (list.y + list.height / 2));
  };
  /** Turns the wheel until the message is in sight. Each message on the way must come once, in order. */
  async function scrollTo(page: Page, seq: number, turn: number) {
    const seqs = `[...document.querySelectorAll("[role=feed] article")].filter((row) => row.textContent.includes("Message number"))
      .map((row) => Number(/Message number (\\d+)/.exec(row.textContent)[1]))`;
    await page.locator(".messages-scroller").hover();
    for (let turns = 0; !(await isInSight(numbered(page, seq))); turns++) {
      expect(turns).toBeLessThan(400);
      await page.mouse.wheel(0, turn);
      await page.evaluate("new Promise(requestAnimationFrame)");
      const shown = await page.evaluate<number[]>(seqs);
      // The row with the focus stays drawn wherever it is.
      const steps = shown.slice(1).map((one, n) => one - (shown[n] ?? 0));
      expect(steps.filter((step) => step !== 1).length).toBeLessThanOrEqual(2);
      expect(steps.every((step) => step > 0)).toBe(true);
    }
  }

  test("to the 700th of 100,000 shows it in the middle, marked and with the focus, and both directions go on from there", async () => {
    const page = await show(`/c/${id}/700`);
    await until(() => isInSight(numbered(page, 700)));
    expect(await offMiddle(numbered(page, 700))).toBeLessThan(60);
    expect(await isMarked(numbered(page, 700))).toBe(true);
    await until(() => hasFocus(numbered(page, 700)));
    // The day over the list fades out after scrolling. On its way it has no contrast.
    await page.locator(".day-pill[data-shown=true]").waitFor({ state: "detached" });
    await page.waitForTimeout(400);
    expect(await seriousFaults(page)).toEqual([]);
    await until(async () => !(await isMarked(numbered(page, 700))));
    await scrollTo(page, 400, -TURN);
    await scrollTo(page, 1000, TURN);
    expect(await page.getByRole("feed").getByRole("article").count()).toBeLessThan(90);
    expect(pathOf(page)).toBe(`/c/${id}/700`);
  });

  test("near the end goes over to the live messages without a jump", async () => {
    const page = await show(`/c/${id}/${MESSAGES - 400}`);
    await until(() => isInSight(numbered(page, MESSAGES - 400)));
    await scrollTo(page, MESSAGES, TURN);
    await newest(page).waitFor({ state: "detached" });
    await bob?.send(id, "a live one");
    await until(() => isInSight(message(page, "a live one")));
    await scrollTo(page, MESSAGES - 500, -TURN);
    await newest(page).click();
    await until(() => isInSight(message(page, "a live one")));
  });

  test("gives way to the newest by one press, and the browser's back returns to the place before", async () => {
    const page = await show(`/c/${aside}`);
    await inFeed(page, `${server.url}/c/${id}/700`).click();
    await until(() => isInSight(numbered(page, 700)));
    expect(page.context().pages()).toHaveLength(1);
    await scrollTo(page, 720, TURN);
    await row(page, "Cat Tester").click();
    await composer(page).waitFor();
    await page.goBack();
    await until(() => isInSight(numbered(page, 720)));
    expect(pathOf(page)).toBe(`/c/${id}/700`);
    await newest(page).click();
    await until(() => isInSight(numbered(page, MESSAGES).or(message(page, "a live one")).last()));
    expect(pathOf(page)).toBe(`/c/${id}`);
    await page.goBack();
    await until(() => pathOf(page) === `/c/${aside}`);
  });

  test("to an address elsewhere still opens a tab of its own", async () => {
    const page = await show(`/c/${aside}`);
    const link = inFeed(page, `https://example.com/c/${id}/700`);
    expect(await link.getAttribute("target")).toBe("_blank");
  });

  test("is copied from the menu and by a key, and leads to the message in another tab", async () => {
    const page = await show(`/c/${id}/3000`, { permissions: ["clipboard-read", "clipboard-write"] });
    await until(() => isInSight(numbered(page, 3000)));
    await choose(page, "Message number 3001,", "Copy link");
    await page.getByText("Link copied").waitFor();
    const copied = await page.evaluate<string>("navigator.clipboard.readText()");
    expect(copied).toBe(`${server.url}/c/${id}/3001`);
    await numbered(page, 3002).focus();
    await page.keyboard.press("l");
    await until(async () => (await page.evaluate("navigator.clipboard.readText()")) === `${server.url}/c/${id}/3002`);
    const other = await page.context().newPage();
    await other.goto(copied);
    await until(() => isInSight(numbered(other, 3001)));
    await until(() => hasFocus(numbered(other, 3001)));
  });

  test("in the same conversation opens in place, again and again", async () => {
    await ann?.send(id, `see ${server.url}/c/${id}/5000`);
    const page = await show(`/c/${id}`);
    const link = inFeed(page, `${server.url}/c/${id}/5000`);
    for (const _ of [1, 2]) {
      await link.click();
      await until(() => isInSight(numbered(page, 5000)));
      expect(await isMarked(numbered(page, 5000))).toBe(true);
      await page.goBack();
      await until(() => isInSight(link));
    }
  });

  test("to a message that is deleted, or is not there, says so and shows the nearest place", async () => {
    const { id: messageId, seq } = (await ann?.send(id, "soon gone")) ?? {};
    await ann?.delete(`/api/chat/conversations/${id}/messages/${messageId}/`);
    const page = await show(`/c/${id}/${seq}`);
    await page.getByText(GONE).waitFor();
    await until(() => isInSight(message(page, "This message was deleted.").last()));
    await page.goto(`/c/${id}/999999999`);
    await page.getByText(GONE).waitFor();
    await until(() => isInSight(message(page, "This message was deleted.").last()));
    await page.goto(`/c/${id}/0`);
    await page.getByText(GONE).waitFor();
    await until(() => isInSight(numbered(page, 1)));
  });

  test("of somebody who is no member shows what it shows without a message", async () => {
    const page = await show(`/c/${id}/700`, {}, cat);
    await page.getByRole("heading", { name: "Conversation not found" }).waitFor();
  });

  test("is kept through signing in", async () => {
    const page = await show(`/c/${id}/700`, {}, server.visitor());
    await page.getByLabel("Email").fill((await ann?.get("/api/users/profile/"))?.body.data.email);
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await until(() => isInSight(numbered(page, 700)));
    await until(() => hasFocus(numbered(page, 700)));
  });

  test("works on a phone, from right to left, with less motion and forced colours", async () => {
    const page = await show("/settings/about", {
      viewport: { width: 360, height: 640 },
      hasTouch: true,
      isMobile: true,
      reducedMotion: "reduce",
      forcedColors: "active",
    });
    await page.evaluate(`localStorage.setItem("confab.direction", "rtl")`);
    await page.goto(`/c/${id}/700`);
    await until(() => isInSight(numbered(page, 700)));
    expect(await isMarked(numbered(page, 700))).toBe(true);
    const look = "getComputedStyle(document.querySelector('.message-linked'))";
    expect(await page.evaluate<string>(`${look}.animationName`)).toBe("none");
    expect(await page.evaluate<string>(`${look}.outlineStyle`)).toBe("solid");
    expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBeLessThanOrEqual(360);
    await until(async () => !(await isMarked(numbered(page, 700))));
  });

  test("without a connection shows what is kept on the device, or says that it waits", async () => {
    const page = await show(`/c/${id}`, { worker: true });
    await numbered(page, MESSAGES).waitFor();
    // The page keeps what it has shown.
    await page.waitForTimeout(1500);
    await page.evaluate("navigator.serviceWorker.ready");
    await page.context().setOffline(true);
    await page.goto(`/c/${id}/${MESSAGES}`);
    await until(() => isInSight(numbered(page, MESSAGES)));
    await page.goto(`/c/${id}/700`);
    await page.getByText("This message is not on this device yet.").waitFor();
    await page.getByRole("button", { name: "Go to newest messages" }).click();
    await numbered(page, MESSAGES).waitFor();
    expect(pathOf(page)).toBe(`/c/${id}`);
    await page.goto(`/c/${id}/700`);
    await page.getByText("This message is not on this device yet.").waitFor();
    await page.context().setOffline(false);
    await until(() => isInSight(numbered(page, 700)));
  });

  test("is left for your last message when you edit that one", async () => {
    const page = await show(`/c/${id}/700`);
    await until(() => isInSight(numbered(page, 700)));
    await ann?.send(id, "my last message");
    for (let n = 1; n <= 60; n++) await bob?.send(id, `after it ${n}`);
    await composer(page).focus();
    await page.keyboard.press("ArrowUp");
    await until(async () => (await composer(page).inputValue()) === "my last message");
    await until(() => isInSight(message(page, "my last message")));
    await page.waitForTimeout(300);
    expect(await isInSight(message(page, "my last message"))).toBe(true);
    expect(await composer(page).evaluate((field) => field.matches(":focus"))).toBe(true);
    await page.keyboard.press("Escape");
  });

  test("opens there also while a message of yours waits to be sent", async () => {
    const page = await show(`/c/${aside}`);
    await page.routeWebSocket(/./, (socket) => {
      const there = socket.connectToServer();
      socket.onMessage((frame) => (`${frame}`.includes("this one waits") ? undefined : there.send(frame)));
    });
    await page.goto(`/c/${id}`);
    await newest(page).waitFor({ state: "detached" });
    await say(page, "this one waits");
    await message(page, "this one waits").waitFor();
    await page.goto(`/c/${id}/700`);
    await until(() => isInSight(numbered(page, 700)));
    await page.waitForTimeout(300);
    expect(await isInSight(numbered(page, 700))).toBe(true);
    expect(pathOf(page)).toBe(`/c/${id}/700`);
  });

  test("shows edits and deletions as they happen, and sending leads to the newest", async () => {
    const sent = await bob?.send(id, "the one that changes");
    for (let n = 1; n <= 3; n++) await bob?.send(id, `after it ${n}`);
    const page = await show(`/c/${id}/40000`);
    await until(() => isInSight(numbered(page, 40_000)));
    const path = `/api/chat/conversations/${id}/messages/`;
    const [at] = (await ann?.get(`${path}?around_seq=40001&limit=1`))?.body.data.messages ?? [];
    await bob?.patch(`${path}${at.id}/`, { content: "edited far back" });
    await message(page, "edited far back").waitFor();
    await bob?.delete(`${path}${at.id}/`);
    await message(page, "This message was deleted.").waitFor();
    await say(page, "an answer from far back");
    await until(() => isInSight(message(page, "an answer from far back")));
    expect(await message(page, "the one that changes").count()).toBe(1);
    expect(pathOf(page)).toBe(`/c/${id}`);
    expect(sent?.seq).toBeGreaterThan(0);
  });
});
