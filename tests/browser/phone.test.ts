import { beforeAll, expect, test } from "bun:test";
import type { Locator, Page } from "playwright-core";
import { until } from "../sdk/people.ts";
import { describeInBrowser } from "../support/chromium.ts";
import { type Client, PASSWORD } from "../support/client.ts";
import { composer, confirm, heading, message, row, startNew } from "../support/hands.ts";
import { openPage } from "../support/pages.ts";
import { withServer } from "../support/server.ts";

const PHONES = [
  { width: 390, height: 844 },
  { width: 320, height: 640 },
];
/** WCAG 2.2, 2.5.8: a target smaller than this, in pixels, is missed by a finger. Links within a text may be. */
const TARGET = 24;
/** A finger that rests this long on a message opens its menu, in ms. */
const RESTS_MS = 450;

/** Everything to press that is too small, and by how much the page is wider than the screen. */
const FAULTS = `(() => {
  const small = [...document.querySelectorAll("button, [role=button], [role=menuitem], input, textarea, a[href]")]
    .filter((element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
    .filter((element) => !element.closest(".visually-hidden, .skip-link, p, dd, li.plain"))
    .filter((element) => getComputedStyle(element).clipPath === "none" && element.type !== "radio")
    .map((element) => [element, element.getBoundingClientRect()])
    .filter(([, { width, height }]) => width > 0 && (width < ${TARGET} || height < ${TARGET}))
    .map(([element, { width, height }]) => (element.ariaLabel ?? element.textContent) + " " + width + "x" + height);
  const over = document.documentElement.scrollWidth - innerWidth;
  return over > 0 ? [...small, "wider than the screen by " + over] : small;
})()`;

describeInBrowser("a whole conversation on a phone, by touch", () => {
  const server = withServer("embedded");
  let bob: Client;
  beforeAll(async () => {
    bob = await server.person("Bob");
    await server.person("Maximiliane Wilhelmine");
  });

  for (const viewport of PHONES)
    test(`${viewport.width} by ${viewport.height} pixels`, async () => {
      const ann = await server.person("Ann");
      const { id } = await bob.conversation([ann]);
      await bob.send(id, `Hello from a long-winded friend: ${"x".repeat(200)} https://example.com/${"y".repeat(200)}`);
      const visitor = server.visitor();
      const { page, faults, close } = await openPage(visitor, "/sign-in", { viewport, hasTouch: true, isMobile: true });
      const fits = async (view: string) =>
        expect({ view, faults: await page.evaluate(FAULTS) }).toEqual({ view, faults: [] });

      await page.getByLabel("Email").fill(ann.user?.email ?? "");
      await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
      await fits("sign-in");
      await page.getByRole("button", { name: "Sign in" }).tap();
      await row(page, "Bob Tester").waitFor();
      await fits("the list");
      // One thing at a time: the list, or what is open.
      expect(await page.getByRole("main").isVisible()).toBe(false);
      await row(page, "Bob Tester").tap();
      await message(page, "Hello from").waitFor();
      await fits("a conversation");
      expect(await row(page, "Bob Tester").isVisible()).toBe(false);

      await composer(page).fill("On my way");
      await page.getByRole("button", { name: "Send", exact: true }).tap();
      await page.getByText("Sent", { exact: true }).waitFor();
      await openMenu(page, message(page, "On my way").getByText("On my way"));
      await fits("a message's menu");
      await page.getByRole("menuitem", { name: "Edit" }).tap();
      await fits("editing");
      await composer(page).fill("On my way home");
      await page.getByRole("button", { name: "Save" }).tap();
      await message(page, "On my way home").waitFor();
      // With the keyboard still there, as after sending.
      expect(await composer(page).evaluate((field) => field.matches(":focus"))).toBe(true);
      await openMenu(page, message(page, "On my way home").getByText("On my way home"));
      await page.getByRole("menuitem", { name: "Delete" }).tap();
      await page.getByRole("dialog").waitFor();
      await fits("a question");
      await confirm(page, "Delete message");
      await message(page, "This message was deleted.").waitFor();

      await page.getByRole("button", { name: "Details and members" }).tap();
      await page.getByRole("dialog").waitFor();
      await fits("details");
      await page.getByRole("button", { name: "Close" }).tap();
      await page.getByRole("button", { name: "Back to conversations" }).tap();
      await row(page, "Message deleted").waitFor();

      await page.getByRole("button", { name: "New", exact: true }).tap();
      await fits("the menu of New");
      await page.getByRole("menuitem", { name: "New conversation" }).tap();
      await page.getByRole("option", { name: "Maximiliane" }).tap();
      await fits("a new conversation");
      await page.getByRole("button", { name: "Close" }).tap();
      await page.getByRole("button", { name: /^Your menu/ }).tap();
      await fits("one's menu");
      await page.getByRole("menuitem", { name: "Settings" }).tap();
      await heading(page, "Profile").waitFor();
      for (const part of ["Password", "Sessions", "Appearance", "Notifications", "Keyboard", "About"]) {
        await page.getByRole("button", { name: "Back" }).tap();
        await page.getByRole("link", { name: part }).tap();
        await heading(page, part).waitFor();
        await fits(part);
      }
      expect(faults).toEqual([]);
      await close();
    });
});

describeInBrowser("going back on a narrow screen", () => {
  const server = withServer("embedded");

  const pathOf = (page: Page) => new URL(page.url()).pathname;
  const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

  test("nothing covers the people to choose from on a low screen", async () => {
    const ann = await server.person("Ann");
    for (const name of ["Cid", "Dora"]) await server.person(name);
    const { page, faults, close } = await openPage(ann, "/", { viewport: { width: 360, height: 420 }, hasTouch: true });
    await startNew(page, "New conversation");
    for (const name of ["Cid", "Dora"]) await page.getByRole("option", { name }).tap();
    const [list, field] = [page.getByRole("listbox"), page.getByLabel("Group name")];
    const [above, below] = [await field.boundingBox(), await list.boundingBox()];
    expect((above?.y ?? 0) + (above?.height ?? 0)).toBeLessThanOrEqual(below?.y ?? 0);
    expect(below?.height).toBeGreaterThan(100);
    await field.fill("Choir");
    await page.getByRole("option", { name: "Dora" }).tap();
    await field.waitFor({ state: "detached" });
    expect(faults).toEqual([]);
    await close();
  });

  test("a draft of some lines is in view as far as there is room, also when the phone is turned", async () => {
    const ann = await server.person("Ann");
    const { id } = await ann.conversation([await server.person("Bob")]);
    const [narrow, broad] = [
      { width: 360, height: 740 },
      { width: 740, height: 360 },
    ];
    const { page, faults, close } = await openPage(ann, `/c/${id}`, {
      viewport: broad,
      hasTouch: true,
      isMobile: true,
    });
    await composer(page).fill("a word or two and ".repeat(10).trim());
    const hidden = () => composer(page).evaluate((field) => Math.abs(field.scrollHeight - field.clientHeight) > 1);
    const height = async () => (await composer(page).boundingBox())?.height ?? 0;
    const before = await height();
    await page.setViewportSize(narrow);
    await until(async () => !(await hidden()) && (await height()) > before);
    await page.setViewportSize(broad);
    await until(async () => (await height()) === before);
    expect(faults).toEqual([]);
    await close();
  });

  test("the page's arrow and the phone's back both leave a conversation, and never reopen it", async () => {
    const [ann, bob, cid] = await Promise.all(["Ann", "Bob", "Cid"].map((name) => server.person(name)));
    if (!ann || !bob || !cid) throw new Error("nobody is there");
    for (const other of [bob, cid]) await other.send((await other.conversation([ann])).id, "hello");
    const { page, faults, close } = await openPage(ann, "/settings/about", phone);
    const back = () => page.getByRole("button", { name: "Back to conversations" }).tap();
    await page.goto("/");
    for (const name of ["Bob Tester", "Cid Tester", "Bob Tester"]) {
      await row(page, name).tap();
      await heading(page, name).waitFor();
      await back();
      await row(page, name).waitFor();
    }
    await page.getByRole("button", { name: /^Your menu/ }).tap();
    await page.getByRole("menuitem", { name: "Settings" }).tap();
    await page.getByRole("button", { name: "Back" }).tap();
    await page.getByRole("link", { name: "Appearance" }).tap();
    await heading(page, "Appearance").waitFor();
    await page.goBack();
    await page.getByRole("link", { name: "Appearance" }).waitFor();
    await page.getByRole("button", { name: "Back" }).tap();
    await row(page, "Bob Tester").waitFor();
    await page.goBack();
    expect(pathOf(page)).toBe("/settings/about");
    // Where one came by a link there is nothing to go back to, and nothing is added.
    await page.goto(`/c/${(await ann.conversation([bob])).id}`);
    await back();
    await row(page, "Bob Tester").waitFor();
    await page.goBack();
    expect(pathOf(page)).toBe("/settings/about");
    expect(faults).toEqual([]);
    await close();
  });

  test("the focus moves to the view that opens, and back to where it was", async () => {
    const [ann, bob, cid] = await Promise.all(["Ann", "Bob", "Cid"].map((name) => server.person(name)));
    if (!ann || !bob || !cid) throw new Error("nobody is there");
    for (const other of [bob, cid]) await other.send((await other.conversation([ann])).id, "hello");
    const { page, faults, close } = await openPage(ann, "/", phone);
    const focused = page.locator(":focus");
    await row(page, "Bob Tester").press("Enter");
    await focused.and(heading(page, "Bob Tester")).waitFor();
    await page.keyboard.press("Escape");
    await focused.and(row(page, "Bob Tester")).waitFor();
    expect(faults).toEqual([]);
    await close();
  });

  test("Escape closes what is open over a conversation, and then leaves it", async () => {
    const [ann, bob] = await Promise.all(["Ann", "Bob"].map((name) => server.person(name)));
    if (!ann || !bob) throw new Error("nobody is there");
    const { id } = await ann.conversation([bob]);
    await ann.send(id, "hello");
    const { page, faults, close } = await openPage(ann, `/c/${id}`, phone);
    await message(page, "hello").press("Enter");
    await page.getByRole("menuitem", { name: "Edit" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("menuitem", { name: "Edit" }).waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Insert an emoji" }).press("Enter");
    await page.getByRole("searchbox", { name: "Search emoji" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("searchbox", { name: "Search emoji" }).waitFor({ state: "detached" });
    expect(pathOf(page)).toBe(`/c/${id}`);
    await page.keyboard.press("Escape");
    await row(page, "Bob Tester").waitFor();
    expect(faults).toEqual([]);
    await close();
  });

  test("settings that were opened beside a conversation lead back to it", async () => {
    const [ann, bob] = await Promise.all(["Ann", "Bob"].map((name) => server.person(name)));
    if (!ann || !bob) throw new Error("nobody is there");
    const { id } = await ann.conversation([bob]);
    const { page, faults, close } = await openPage(ann, `/c/${id}`);
    await composer(page).waitFor();
    await page.keyboard.press("Control+,");
    await heading(page, "Profile").waitFor();
    await page.getByRole("link", { name: "Appearance" }).click();
    await heading(page, "Appearance").waitFor();
    await page.keyboard.press("Escape");
    await page.waitForURL(`**/c/${id}`);
    expect(faults).toEqual([]);
    await close();
  });
});

describeInBrowser("a phone's own parts of the screen", () => {
  const server = withServer("embedded");

  async function open(viewport: { width: number; height: number }) {
    const [ann, bob] = await Promise.all(["Ann", "Bob"].map((name) => server.person(name)));
    if (!ann || !bob) throw new Error("nobody is there");
    const { id } = await ann.conversation([bob]);
    await ann.send(id, "word ".repeat(100));
    const opened = await openPage(ann, `/c/${id}`, { viewport, hasTouch: true, isMobile: true });
    await message(opened.page, "word").waitFor();
    return opened;
  }
  const edge = async (what: Locator, side: "left" | "right" | "top" | "bottom") => {
    const box = await what.boundingBox();
    if (!box) throw new Error("it is not there");
    return { left: box.x, right: box.x + box.width, top: box.y, bottom: box.y + box.height }[side];
  };

  test("an on-screen keyboard over the page covers neither the heading nor the text field", async () => {
    const { page, faults, close } = await open({ width: 390, height: 844 });
    await page.evaluate(`Object.defineProperty(visualViewport, "height", { configurable: true, get: () => 500 });
      visualViewport.dispatchEvent(new Event("resize"))`);
    await until(async () => (await edge(composer(page), "bottom")) <= 500);
    expect(await edge(heading(page, "Bob Tester"), "top")).toBeGreaterThanOrEqual(0);
    await page.getByRole("button", { name: "Details and members" }).tap();
    expect(await edge(page.getByRole("dialog"), "bottom")).toBe(500);
    // Zooming in shows a part of the page.
    await page.evaluate(`Object.defineProperty(visualViewport, "scale", { configurable: true, get: () => 2 });
      visualViewport.dispatchEvent(new Event("resize"))`);
    await until(async () => (await edge(page.getByRole("dialog"), "bottom")) === 844);
    expect(faults).toEqual([]);
    await close();
  });

  test("nothing to read or press is under a notch, round corners or the bar at the bottom", async () => {
    const { page, faults, close } = await open({ width: 844, height: 390 });
    const insets = { left: 47, right: 47, bottom: 21 };
    const screen = await page.context().newCDPSession(page);
    await screen.send("Emulation.setSafeAreaInsetsOverride", { insets });
    for (const direction of ["ltr", "rtl"]) {
      await page.evaluate(`document.documentElement.dir = "${direction}"`);
      const list = page.getByRole("searchbox");
      const details = page.getByRole("button", { name: "Details and members" });
      for (const one of [list, details, composer(page), page.locator(".message-text")]) {
        expect(await edge(one, "left")).toBeGreaterThanOrEqual(insets.left);
        expect(await edge(one, "right")).toBeLessThanOrEqual(844 - insets.right);
      }
      expect(await edge(composer(page), "bottom")).toBeLessThanOrEqual(390 - insets.bottom);
    }
    await page.setViewportSize({ width: 390, height: 844 });
    await page.getByRole("button", { name: "Back to conversations" }).tap();
    await startNew(page, "New conversation");
    const start = page.getByRole("button", { name: "Start chat" });
    await start.waitFor();
    expect(await edge(start, "bottom")).toBeLessThanOrEqual(844 - insets.bottom);
    expect(faults).toEqual([]);
    await close();
  });
});

/** A finger lies on a message for a while, and again where the message has moved away under it. */
async function openMenu(page: Page, on: Locator) {
  const item = page.getByRole("menuitem", { name: "Edit" });
  await until(async () => {
    await rest(page, on);
    return item.waitFor({ timeout: 1_000 }).then(
      () => true,
      () => false,
    );
  });
}

async function rest(page: Page, on: Locator) {
  const box = await on.boundingBox();
  const finger = await page.context().newCDPSession(page);
  const touchPoints = [{ x: (box?.x ?? 0) + 5, y: (box?.y ?? 0) + 5 }];
  await finger.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints });
  await Bun.sleep(RESTS_MS);
  await finger.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  await finger.detach();
}
