import { beforeAll, expect, test } from "bun:test";
import type { CDPSession, Locator, Page } from "playwright-core";
import { until } from "../sdk/people.ts";
import { seriousFaults } from "../support/axe.ts";
import { describeInBrowser } from "../support/chromium.ts";
import type { Client } from "../support/client.ts";
import { composer, message, messages } from "../support/hands.ts";
import { openPage } from "../support/pages.ts";
import { withServer } from "../support/server.ts";

/** A finger that rests this long on a message opens its actions, in ms. */
const RESTS_MS = 450;
const OWN = [
  "React",
  "Reply",
  "Quote",
  "Reply in thread",
  "Edit",
  "Save for later",
  "Pin",
  "Copy text",
  "Copy link",
  "Delete",
];
const WHY = "Why was I notified, or not?";
const OTHERS = ["React", "Reply", "Quote", "Reply in thread", "Save for later", "Pin", "Copy text", "Copy link", WHY];
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

describeInBrowser("the actions of a message", () => {
  const server = withServer("embedded");
  let [ann, bob]: Client[] = [];
  let id = "";
  beforeAll(async () => {
    [ann, bob] = await Promise.all([server.person("Ann"), server.person("Bob")]);
    if (!ann || !bob) throw new Error("nobody is there");
    id = (await ann.conversation([bob])).id;
    await bob.send(id, "apples\nand pears");
    await ann.send(id, "plums, see https://example.com/plums");
    const gone = await bob.send(id, "figs");
    await bob.delete(`/api/chat/conversations/${id}/messages/${gone.id}/`);
    await bob.send(id, `\`\`\`\n${"cherries ".repeat(60)}\n\`\`\``);
    await ann.send(id, "grapes");
  });

  async function open(options: Parameters<typeof openPage>[2] = {}) {
    if (!ann) throw new Error("nobody is there");
    const opened = await openPage(ann, `/c/${id}`, options);
    await message(opened.page, "grapes").waitFor();
    // The text field takes the focus once, some moments later.
    if (!options.hasTouch) await composer(opened.page).and(opened.page.locator(":focus")).waitFor();
    return opened;
  }
  const items = (page: Page) => page.getByRole("menuitem");
  /** The labels, without the keys. */
  const labels = async (page: Page) => {
    await items(page).first().waitFor();
    return items(page).locator(".menu-label").allTextContents();
  };
  const close = async (page: Page) => {
    await page.keyboard.press("Escape");
    await items(page).first().waitFor({ state: "detached" });
  };
  /** Presses the right button. Resolves with whether the page shows its own menu. */
  const rightClick = async (page: Page, on: Locator, options: Parameters<Locator["click"]>[0] = {}) => {
    const taken = page.evaluate<boolean>(
      "new Promise((done) => addEventListener('contextmenu', (event) => done(event.defaultPrevented), { once: true }))",
    );
    await page.evaluate("0");
    await on.click({ button: "right", ...options });
    return taken;
  };

  test("are the same by keyboard, by the button, by the right button of the mouse", async () => {
    const { page, faults, close: end } = await open();
    for (const [text, expected] of [
      ["grapes", OWN],
      ["apples", OTHERS],
    ] as const) {
      for (const key of ["Enter", "ContextMenu"]) {
        await message(page, text).focus();
        await page.keyboard.press(key);
        expect(await labels(page)).toEqual([...expected]);
        await close(page);
        expect(await message(page, text).evaluate((one) => one.matches(":focus"))).toBe(true);
      }
      expect(await rightClick(page, message(page, text))).toBe(true);
      expect(await labels(page)).toEqual([...expected]);
      await close(page);
    }
    await message(page, "grapes").hover();
    await message(page, "grapes").getByRole("button", { name: "More actions" }).click();
    expect(await labels(page)).toEqual(OWN);
    expect(await seriousFaults(page)).toEqual([]);
    // The same button closes the menu.
    await message(page, "grapes").getByRole("button", { name: "More actions" }).click();
    await items(page).first().waitFor({ state: "detached" });
    await page.evaluate("new Promise((done) => setTimeout(done, 200))");
    expect(await items(page).count()).toBe(0);
    expect(faults).toEqual([]);
    await end();
  });

  test("stay open for a message when they open in the frame in which those of another message close", async () => {
    const { page, faults, close: end } = await open();
    await message(page, "grapes").focus();
    await page.keyboard.press("Enter");
    expect(await labels(page)).toEqual(OWN);
    // Runs after the page's own listener, when the menu is gone.
    await page.evaluate(`{
      const row = [...document.querySelectorAll("article")].find((one) => one.textContent.includes("apples"));
      document.querySelector("[popover=auto]:popover-open").addEventListener("toggle", () => {
        row.focus();
        row.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
      });
    }`);
    await page.keyboard.press("Escape");
    await until(async () => (await labels(page)).length === OTHERS.length);
    await page.evaluate("new Promise((done) => setTimeout(done, 200))");
    expect(await items(page).locator(".menu-label").count()).toBe(OTHERS.length);
    expect(faults).toEqual([]);
    await end();
  });

  test("are never one in a menu, and no menu repeats only the buttons beside it", async () => {
    const { page, faults, close: end } = await open();
    // Some actions come with the later parts of the page.
    await page.waitForLoadState("networkidle");
    for (const one of await messages(page).all()) {
      await one.focus();
      const names = await one
        .getByRole("toolbar")
        .getByRole("button")
        .evaluateAll((all) => all.map((b) => b.ariaLabel));
      await page.keyboard.press("Enter");
      await page.evaluate("new Promise((done) => setTimeout(done, 100))");
      const shown = await items(page).locator(".menu-label").allTextContents();
      expect(shown).not.toHaveLength(1);
      const hasMenu = names.includes("More actions");
      if (shown.length === 0) expect(names).toEqual([]);
      else expect(hasMenu).toBe(shown.some((label) => !names.includes(label)));
      if (shown.length > 0) await close(page);
    }
    expect(faults).toEqual([]);
    await end();
  });

  test("leave selected text, links and Shift to the browser", async () => {
    const { page, faults, close: end } = await open();
    const text = message(page, "apples").locator(".message-text");
    expect(await rightClick(page, message(page, "plums").getByRole("link"))).toBe(false);
    expect(await rightClick(page, text, { modifiers: ["Shift"] })).toBe(false);
    await page.keyboard.press("Escape");
    await text.dblclick({ position: { x: 10, y: 8 } });
    expect(await page.evaluate<string>("String(getSelection()).trim()")).toBe("apples");
    expect(await rightClick(page, text, { position: { x: 10, y: 8 } })).toBe(false);
    expect(await items(page).count()).toBe(0);
    expect(await page.evaluate<string>("String(getSelection()).trim()")).toBe("apples");
    expect(faults).toEqual([]);
    await end();
  });

  test("open within the page, at its edge too", async () => {
    const { page, close: end } = await open({ viewport: { width: 700, height: 420 } });
    const last = message(page, "grapes");
    const box = await last.boundingBox();
    for (const x of [4, (box?.width ?? 0) - 4]) {
      await rightClick(page, last, { position: { x, y: 10 } });
      await items(page).first().waitFor();
      const menu = await page.locator(".menu:popover-open").boundingBox();
      expect(menu?.x ?? -1).toBeGreaterThanOrEqual(0);
      expect((menu?.x ?? 0) + (menu?.width ?? 0)).toBeLessThanOrEqual(700);
      expect((menu?.y ?? 0) + (menu?.height ?? 0)).toBeLessThanOrEqual(420);
      await close(page);
    }
    await end();
  });

  test("a quote goes below the line of the caret, and the draft stays around it", async () => {
    const { page, faults, close: end } = await open();
    const shows = (text: string) => until(async () => (await composer(page).inputValue()) === text);
    await composer(page).fill("before\nafter");
    await composer(page).evaluate((field) =>
      (field as unknown as { setSelectionRange(a: number, b: number): void }).setSelectionRange(3, 3),
    );
    await message(page, "apples").focus();
    await page.keyboard.press("q");
    await shows("before\n\n> apples\n> and pears\n\n\n\nafter");
    expect(await composer(page).evaluate((field) => field.matches(":focus"))).toBe(true);
    await page.keyboard.press("Control+z");
    await shows("before\nafter");
    await composer(page).fill("");
    await message(page, "grapes").focus();
    await page.keyboard.press("q");
    await shows("> grapes\n\n");
    await composer(page).fill("in the middle");
    await message(page, "grapes").focus();
    await page.keyboard.press("q");
    await shows("in the middle\n\n> grapes\n\n");
    await composer(page).fill("");
    expect(faults).toEqual([]);
    await end();
  });

  test("are on a sheet with the beginning of the message after a long press", async () => {
    const { page, faults, close: end } = await open(PHONE);
    const finger = await page.context().newCDPSession(page);
    for (const [text, expected] of [
      ["grapes", OWN],
      ["apples", OTHERS],
    ] as const) {
      await drag(finger, message(page, text).locator(".message-text"), [[0, 0]]);
      expect(await labels(page)).toEqual([...expected]);
      const sheet = page.locator(".menu-sheet");
      expect(await sheet.textContent()).toStartWith(text);
      const box = await sheet.boundingBox();
      expect(Math.round((box?.y ?? 0) + (box?.height ?? 0))).toBe(844);
      for (const item of await items(page).all())
        expect((await item.boundingBox())?.height ?? 0).toBeGreaterThanOrEqual(44);
      expect(await seriousFaults(page)).toEqual([]);
      await close(page);
    }
    expect(faults).toEqual([]);
    await end();
  });

  for (const [direction, way] of [
    ["ltr", 1],
    ["rtl", -1],
  ] as const)
    test(`a swipe along the text replies to a message, ${direction}`, async () => {
      const { page, faults, close: end } = await open(PHONE);
      await page.evaluate(`localStorage.setItem("confab.direction", "${direction}")`);
      await page.reload();
      await message(page, "grapes").waitFor();
      await page.evaluate("new Promise((done) => setTimeout(done, 300))");
      const finger = await page.context().newCDPSession(page);
      const text = message(page, "apples").locator(".message-content");
      const replying = page.locator(".composer-reply");
      const steps = (length: number, fall = 0): [number, number][] =>
        Array.from({ length: 10 }, (_, n) => [((n + 1) * length * way) / 10, ((n + 1) * fall) / 10]);
      // Too short, back again, down the page, and against the text.
      await drag(finger, text, steps(40));
      await drag(finger, text, [...steps(80), ...steps(80).reverse(), [0, 0]]);
      await drag(finger, text, steps(30, 120));
      await drag(finger, text, steps(-90));
      // Code under the finger scrolls itself.
      await drag(finger, message(page, "cherries").locator("pre"), steps(90));
      await page.evaluate("new Promise((done) => setTimeout(done, 200))");
      expect(await replying.count()).toBe(0);
      expect(await items(page).count()).toBe(0);
      await drag(finger, text, steps(90), async () => {
        expect(await page.locator(".swipe-icon").isVisible()).toBe(true);
        const moved = await message(page, "apples").evaluate(
          (one) => (one as unknown as { style: { translate: string } }).style.translate,
        );
        expect(Math.sign(Number.parseFloat(moved))).toBe(way);
      });
      await replying.getByText("apples").waitFor();
      expect(await page.locator(".swipe-icon").isVisible()).toBe(false);
      expect(faults).toEqual([]);
      await end();
    });

  test("a swipe moves nothing but its icon with reduced motion", async () => {
    const { page, close: end } = await open({ ...PHONE, reducedMotion: "reduce" });
    const finger = await page.context().newCDPSession(page);
    const text = message(page, "apples").locator(".message-content");
    await page.evaluate("new Promise((done) => setTimeout(done, 300))");
    const before = await text.boundingBox();
    await drag(
      finger,
      text,
      [
        [30, 0],
        [90, 0],
      ],
      async () => {
        expect(await text.boundingBox()).toEqual(before);
        expect(await page.locator(".swipe-icon").isVisible()).toBe(true);
      },
    );
    await page.locator(".composer-reply").waitFor();
    await end();
  });

  test("open after a long press also when the page is too busy for its timers", async () => {
    const { page, faults, close } = await open(PHONE);
    // The timer of the press comes after the finger is lifted.
    await page.addInitScript(
      "const later = setTimeout; setTimeout = (run, ms, ...more) => later(run, ms === 400 ? 3_000 : ms, ...more);",
    );
    await page.reload();
    await message(page, "grapes").waitFor();
    const finger = await page.context().newCDPSession(page);
    await drag(finger, message(page, "grapes").locator(".message-text"), [[0, 0]]);
    await items(page).first().waitFor({ timeout: 2_000 });
    expect(faults).toEqual([]);
    await close();
  });
});

/**
 * A finger touches an element, moves, and is lifted. Without a move it rests first.
 * @param steps the distances from the beginning, in pixels
 * @param at runs before the finger is lifted
 */
async function drag(
  finger: CDPSession,
  on: Locator,
  steps: readonly (readonly [number, number])[],
  at?: () => Promise<void>,
) {
  const box = await on.boundingBox();
  if (!box) throw new Error("it is not there");
  const [x, y] = [box.x + box.width / 2, box.y + Math.min(box.height / 2, 10)];
  await finger.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [{ x, y }] });
  if (steps.length === 1) await Bun.sleep(RESTS_MS);
  else
    for (const [dx, dy] of steps) {
      await finger.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: [{ x: x + dx, y: y + dy }] });
      await Bun.sleep(8);
    }
  await at?.();
  await finger.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  await Bun.sleep(150);
}
