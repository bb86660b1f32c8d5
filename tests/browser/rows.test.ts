import { beforeAll, expect, test } from "bun:test";
import type { Page, WebSocketRoute } from "playwright-core";
import { until } from "../sdk/people.ts";
import { describeInBrowser } from "../support/chromium.ts";
import type { Client } from "../support/client.ts";
import { composer, message, messages, row, say } from "../support/hands.ts";
import { openPage } from "../support/pages.ts";
import { withServer } from "../support/server.ts";

const WIDTHS = [320, 390, 768, 1280, 2560];
/** Browsers place letters between pixels. */
const NEARLY = 0.6;

interface Edges {
  /** The start of each author, and of each text, from the start of its row. */
  authors: number[];
  texts: number[];
  /** The end of each time in the first column. */
  sides: number[];
  /** Everything that reaches out of its row. */
  outside: string[];
}

/** In pixels from the edge at which lines begin. */
const EDGES = `(() => {
  const rtl = document.documentElement.dir === "rtl";
  const start = (box) => (rtl ? innerWidth - box.right : box.left);
  const end = (box) => (rtl ? innerWidth - box.left : box.right);
  const all = (selector) => [...document.querySelectorAll(".message " + selector)].map((one) => one.getBoundingClientRect());
  const outside = [...document.querySelectorAll(".message :is(time, .message-author, .message-text, .receipt)")].filter((one) => {
    const [box, row] = [one.getBoundingClientRect(), one.closest(".message").getBoundingClientRect()];
    return box.left < row.left - 0.5 || box.right > row.right + 0.5 || box.top < row.top - 0.5 || box.bottom > row.bottom + 0.5;
  });
  return {
    authors: all(".message-author").map(start),
    texts: all(".message-content").map(start),
    sides: all(".message-side time").map(end),
    outside: outside.map((one) => one.className + " " + one.textContent.slice(0, 30)),
  };
})()`;

/** The boxes of all that a row shows, whether it is to be seen or not. */
const BOXES = `[...document.querySelectorAll(".messages-scroller, .message, .message :is(.avatar, .message-author, time, .message-content, .receipt)")]
  .map((one) => one.getBoundingClientRect()).map(({ x, y, width, height }) => [x, y, width, height].join())`;

const TEXTS =
  "> quoted\n\nsaid\n\n```\ncode that is longer than any phone is wide, so that it scrolls within its own box\n```";

describeInBrowser("rows of messages", () => {
  const server = withServer("embedded");
  let [ann, bob, leyla]: Client[] = [];
  let group = "";
  let pair = "";
  beforeAll(async () => {
    [ann, bob, leyla] = await Promise.all(["Ann", "Bob", "Maximiliane Wilhelmine"].map((name) => server.person(name)));
    if (!ann || !bob || !leyla) throw new Error("nobody is there");
    group = (await ann.conversation([bob, leyla], "Garden")).id;
    pair = (await ann.conversation([bob])).id;
    for (const id of [group, pair]) {
      await bob.send(id, "apples");
      await bob.send(id, `two ${"w".repeat(200)}`);
      await bob.send(id, TEXTS);
      await ann.send(id, "three");
      const edited = await ann.send(id, "four");
      await ann.patch(`/api/chat/conversations/${id}/messages/${edited.id}/`, { content: "four of them" });
      await bob.send(id, "سلام، حال شما چطور است؟");
      const gone = await bob.send(id, "gone");
      await bob.delete(`/api/chat/conversations/${id}/messages/${gone.id}/`);
      await bob.send(id, "🎉");
      await ann.send(id, "last");
    }
    await leyla.send(group, "a long name said this");
    await ann.send(group, "the end");
  });

  async function open(options: Parameters<typeof openPage>[2] & { kept?: Record<string, string>; id?: string } = {}) {
    if (!ann) throw new Error("nobody is there");
    const { kept = {}, id = group, ...browser } = options;
    const opened = await openPage(ann, "/settings/about", { reducedMotion: "reduce", ...browser });
    for (const [name, value] of Object.entries(kept))
      await opened.page.evaluate(`localStorage.setItem("confab.${name}", "${value}")`);
    await opened.page.goto(`/c/${id}`);
    await messages(opened.page).last().waitFor();
    await message(opened.page, "apples").waitFor();
    await opened.page.evaluate("document.fonts.ready.then(() => new Promise((done) => setTimeout(done, 300)))");
    return opened;
  }
  const spread = (values: readonly number[]) => Math.max(...values) - Math.min(...values);

  for (const direction of ["ltr", "rtl"])
    for (const layout of ["comfortable", "compact"])
      test(`authors, texts and times stand in columns at every width, ${layout} and ${direction}`, async () => {
        const { page, faults, close } = await open({
          kept: { direction, layout },
          viewport: { width: 1280, height: 1400 },
        });
        for (const width of WIDTHS) {
          await page.setViewportSize({ width, height: 1400 });
          await page.evaluate("new Promise((done) => setTimeout(done, 200))");
          const { authors, texts, sides, outside } = await page.evaluate<Edges>(EDGES);
          const columns = { width, authors: spread(authors), texts: spread(texts), sides: spread(sides) };
          expect(authors.length).toBeGreaterThan(3);
          expect(sides.length).toBeGreaterThan(3);
          for (const column of ["authors", "texts", "sides"] as const) expect(columns[column]).toBeLessThan(NEARLY);
          // The author stands above the text, and the times before both.
          expect(Math.abs((authors[0] ?? 0) - (texts[0] ?? 0))).toBeLessThan(NEARLY);
          expect(Math.max(...sides)).toBeLessThanOrEqual(Math.min(...texts));
          expect({ width, outside }).toEqual({ width, outside: [] });
          expect(await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth")).toBe(0);
        }
        expect(faults).toEqual([]);
        await close();
      });

  test("lines of text stay readable on a very wide screen, and stand in the middle of it", async () => {
    const { page, close } = await open({ viewport: { width: 2560, height: 1400 } });
    const box = await message(page, "two www").locator(".message-text p").boundingBox();
    expect(box?.width ?? 0).toBeLessThanOrEqual(46 * 16);
    const [pane, line] = [
      await page.locator(".messages-scroller").boundingBox(),
      await messages(page).first().boundingBox(),
    ];
    const middle = (one: typeof pane) => (one?.x ?? 0) + (one?.width ?? 0) / 2;
    expect(Math.abs(middle(pane) - middle(line))).toBeLessThan(12);
    await close();
  });

  for (const scale of [100, 200])
    test(`nothing moves when the pointer or the focus enters a row, with text at ${scale} %`, async () => {
      const { page, faults, close } = await open({ viewport: { width: 1000, height: 1500 } });
      await page.evaluate(`document.documentElement.style.setProperty("font-size", "${scale}%")`);
      await page.evaluate("new Promise((done) => setTimeout(done, 300))");
      await page.mouse.move(5, 5);
      await messages(page).last().scrollIntoViewIfNeeded();
      const before = await page.evaluate<string[]>(BOXES);
      const places = new Set<string>();
      for (const one of await messages(page).all()) {
        const isWhole = await one.evaluate((row) => {
          const list = row.closest(".messages-scroller")?.getBoundingClientRect();
          const box = row.getBoundingClientRect();
          return list !== undefined && box.top > list.top + 20 && box.bottom < list.bottom;
        });
        if (!isWhole) continue;
        await one.hover();
        expect(await page.evaluate<string[]>(BOXES)).toEqual(before);
        const toolbar = one.getByRole("toolbar");
        if ((await toolbar.count()) === 0) continue;
        const [bar, box] = [await toolbar.boundingBox(), await one.boundingBox()];
        if (!bar || !box) throw new Error("it is not there");
        places.add(`${Math.round(box.x + box.width - bar.x - bar.width)} ${Math.round(bar.y - box.y)}`);
      }
      // The same place in every row.
      expect([...places]).toHaveLength(1);
      await page.mouse.move(5, 5);
      await messages(page).last().focus();
      for (let step = 0; step < 4; step++) {
        await page.keyboard.press("ArrowUp");
        await page.evaluate("new Promise((done) => setTimeout(done, 50))");
        expect(await page.evaluate<string[]>(BOXES)).toEqual(before);
      }
      expect(faults).toEqual([]);
      await close();
    });

  test("nothing moves when a message on its way is sent", async () => {
    if (!ann || !bob) throw new Error("nobody is there");
    const { page, faults, close } = await openPage(ann, "/settings/about", { reducedMotion: "reduce" });
    let hold = false;
    const held: (() => void)[] = [];
    await page.routeWebSocket("**/ws/**", (socket: WebSocketRoute) => {
      const node = socket.connectToServer();
      socket.onMessage((text) => {
        if (hold && String(text).includes('"message"')) held.push(() => node.send(text));
        else node.send(text);
      });
    });
    await page.goto(`/c/${pair}`);
    await message(page, "last").waitFor();
    hold = true;
    await say(page, "on its way");
    await message(page, "on its way").waitFor();
    await until(() => held.length > 0);
    await page.evaluate("new Promise((done) => setTimeout(done, 800))");
    await page.getByText("Sending…").waitFor();
    const before = await page.evaluate<string[]>(BOXES);
    for (const go of held) go();
    await message(page, "on its way").getByText("Sent", { exact: true }).waitFor();
    expect(await page.evaluate<string[]>(BOXES)).toEqual(before);
    expect(faults).toEqual([]);
    await close();
  });

  test("the compact layout is chosen in the settings, shows at once, and stays", async () => {
    const { page, faults, close } = await open();
    const pictures = () => page.getByRole("feed").locator(".avatar").count();
    const height = async () => (await message(page, "four of them").boundingBox())?.height ?? 0;
    const [before, tall] = [await pictures(), await height()];
    expect(before).toBeGreaterThan(2);
    await page.keyboard.press("Control+,");
    await page.getByRole("link", { name: "Appearance" }).click();
    await page.getByRole("radio", { name: "Compact" }).check();
    await page.goBack();
    await page.goto(`/c/${group}`);
    await message(page, "the end").waitFor();
    expect(await pictures()).toBe(0);
    expect(await height()).toBeLessThan(tall);
    // The author stands in the line of the text.
    const [author, text] = [
      await message(page, "a long name said this").locator(".message-author").boundingBox(),
      await message(page, "a long name said this").locator(".message-text").boundingBox(),
    ];
    expect(Math.abs((author?.y ?? 0) - (text?.y ?? 99))).toBeLessThan(4);
    // Another tab of this browser follows at once.
    const other = await page.context().newPage();
    await other.goto("/settings/appearance");
    await other.getByRole("radio", { name: "Comfortable" }).check();
    await until(async () => (await pictures()) === before);
    expect(faults).toEqual([]);
    await close();
  });

  test("your own messages have your name, and stand where all others do", async () => {
    const { page, close } = await open({ id: pair });
    const [own, theirs] = [message(page, "three"), message(page, "apples")];
    expect(await own.locator(".message-author").textContent()).toBe("Ann Tester");
    expect(await own.getAttribute("aria-label")).toStartWith("You, ");
    const [mine, yours] = [await own.locator(".avatar").boundingBox(), await theirs.locator(".avatar").boundingBox()];
    expect(mine?.x).toBe(yours?.x ?? -1);
    const colours = await page.evaluate<string[]>(
      "[...document.querySelectorAll('.message-author')].map((name) => name.textContent + getComputedStyle(name).color)",
    );
    expect(new Set(colours.map((colour) => colour.replace(/^.*rgb|^.*ok/, ""))).size).toBe(2);
    await close();
  });

  test("an edit of a message without a header is marked within its row", async () => {
    const { page, close } = await open();
    const mark = message(page, "four of them").getByText("(edited)");
    const [box, text] = [await mark.boundingBox(), await message(page, "four of them").locator("p").boundingBox()];
    expect(box?.x ?? 0).toBeGreaterThan((text?.x ?? 0) + 20);
    expect(Math.abs((box?.y ?? 0) + (box?.height ?? 0) - (text?.y ?? 0) - (text?.height ?? 0))).toBeLessThan(6);
    await close();
  });
});

describeInBrowser("a direction that differs from the language", () => {
  const server = withServer("embedded");

  test("puts what stands at the end of a line on the other side", async () => {
    const [ann, bob] = await Promise.all([server.person("Ann"), server.person("Bob")]);
    const { id } = await ann.conversation([bob]);
    await bob.send(id, "hello");
    const { page, faults, close } = await openPage(ann, `/c/${id}`);
    const side = async (show: (page: Page) => Promise<unknown>, selector: string) => {
      await show(page);
      const box = await page.locator(selector).first().boundingBox();
      const inside = await message(page, "hello").boundingBox();
      return (box?.x ?? 0) > (inside?.x ?? 0) + (inside?.width ?? 0) / 2 ? "right" : "left";
    };
    const hover = () => message(page, "hello").hover();
    await composer(page).waitFor();
    expect(await side(hover, ".message-toolbar")).toBe("right");
    await page.evaluate(`localStorage.setItem("confab.direction", "rtl")`);
    await page.reload();
    await row(page, "Bob Tester").waitFor();
    expect(await side(hover, ".message-toolbar")).toBe("left");
    expect(faults).toEqual([]);
    await close();
  });
});
