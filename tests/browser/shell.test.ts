import { beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { until } from "../sdk/people.ts";
import { seriousFaults } from "../support/axe.ts";
import { describeInBrowser } from "../support/chromium.ts";
import type { Client } from "../support/client.ts";
import { composer, details, heading, message, openDetails, row, startNew } from "../support/hands.ts";
import { openPage } from "../support/pages.ts";
import { withServer } from "../support/server.ts";

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
/** The details stand beside the chat from here on. */
const WIDE = 1100;

const rail = (page: Page) => page.getByRole("navigation", { name: "Sections" });
const section = (page: Page, name: string) => rail(page).getByRole("link", { name });
const pathOf = (page: Page) => new URL(page.url()).pathname;
const hasFocus = (page: Page, selector: string) =>
  page.evaluate<boolean>(`document.activeElement?.matches(${JSON.stringify(selector)})`);

describeInBrowser("the sections of the page", () => {
  const server = withServer("embedded");
  let ann: Client;
  let bob: Client;
  let pair: string;
  beforeAll(async () => {
    [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
    pair = (await ann.conversation([bob])).id;
  });

  test("are marked, and go by a press, by a digit and by Tab", async () => {
    const { page, faults, close } = await openPage(ann, "/");
    await section(page, "Chats").and(page.locator("[aria-current=page]")).waitFor();
    await section(page, "People").click();
    await heading(page, "People").waitFor();
    await section(page, "People").and(page.locator("[aria-current=page]")).waitFor();
    expect(await rail(page).locator("[aria-current]").count()).toBe(1);
    await page.keyboard.press("5");
    await heading(page, "Archive").waitFor();
    await page.keyboard.press("1");
    await page.waitForURL("/");
    await section(page, "Chats").focus();
    for (const name of ["Threads", "Mentions", "People", "Archive", "Saved", "Search", "Settings"]) {
      await page.keyboard.press("Tab");
      expect(await section(page, name).evaluate((link) => link.matches(":focus"))).toBe(true);
    }
    await page.keyboard.press("Enter");
    await heading(page, "Profile").waitFor();
    await page.goto(`/c/${pair}`);
    await section(page, "Chats").and(page.locator("[aria-current=page]")).waitFor();
    // Digits are text while somebody types.
    await composer(page).fill("");
    await composer(page).press("2");
    expect(await composer(page).inputValue()).toBe("2");
    expect(pathOf(page)).toBe(`/c/${pair}`);
    expect(faults).toEqual([]);
    await close();
  });

  test("are on the key sheet, and every key on it is of one section only", async () => {
    const { page, close } = await openPage(ann, "/settings/keyboard");
    const rows = page.locator(".key-row");
    for (const [key, label] of [
      ["1", "Chats"],
      ["4", "People"],
      ["5", "Archive"],
    ] as const)
      await rows
        .filter({ hasText: label })
        .filter({ has: page.locator("kbd", { hasText: key }) })
        .first()
        .waitFor();
    const levels = await page
      .locator("h1, h2, h3, h4")
      .evaluateAll((all) => all.map(({ tagName }) => Number(tagName[1])));
    for (const [n, level] of levels.entries()) expect(level - (levels[n - 1] ?? 0)).toBeLessThanOrEqual(1);
    await close();
  });

  test("count the unread messages at the chats", async () => {
    const cid = await server.person("Cid");
    const { id } = await bob.conversation([cid]);
    for (let n = 0; n < 3; n++) await bob.send(id, `Unread ${n}`);
    const { page, close } = await openPage(cid, "/people");
    await section(page, "Chats").getByText("3 unread messages").waitFor({ state: "attached" });
    await section(page, "Chats").click();
    await row(page, "Bob Tester").click();
    await message(page, "Unread 2").waitFor();
    await section(page, "Chats").getByText("unread").waitFor({ state: "detached" });
    await close();
  });

  test("are tabs at the bottom of a phone, away from a conversation and from the keyboard", async () => {
    const { page, faults, close } = await openPage(ann, "/", PHONE);
    const box = async () => (await rail(page).boundingBox()) ?? { y: 0, height: 0, width: 0 };
    await rail(page).waitFor();
    expect((await box()).y + (await box()).height).toBe(844);
    expect((await box()).width).toBe(390);
    for (const link of await rail(page).getByRole("link").or(rail(page).getByRole("button")).all())
      if (await link.isVisible()) expect((await link.boundingBox())?.height).toBeGreaterThanOrEqual(44);
    await rail(page).getByRole("link", { name: "Archive" }).waitFor({ state: "hidden" });
    await page.getByRole("button", { name: /^Your menu/ }).tap();
    await page.getByRole("menuitem", { name: "Archive" }).tap();
    await heading(page, "Archive").waitFor();
    await section(page, "People").tap();
    await heading(page, "People").waitFor();
    await page.getByRole("button", { name: "Write to Bob Tester" }).tap();
    await composer(page).waitFor();
    await rail(page).waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Back to conversations" }).tap();
    // Back leads to the list that the conversation was opened from.
    await heading(page, "People").waitFor();
    await rail(page).waitFor();
    await page.getByRole("searchbox", { name: "Search people" }).tap();
    await rail(page).waitFor({ state: "hidden" });
    await page.keyboard.type("bob");
    await page.getByText("1 person found").waitFor();
    expect(faults).toEqual([]);
    await close();
  });

  test("stand under no notch and no bar of a phone", async () => {
    const { page, close } = await openPage(ann, "/", PHONE);
    const screen = await page.context().newCDPSession(page);
    await screen.send("Emulation.setSafeAreaInsetsOverride", { insets: { bottom: 34 } });
    await rail(page).waitFor();
    const last = await section(page, "Chats").boundingBox();
    expect((last?.y ?? 0) + (last?.height ?? 0)).toBeLessThanOrEqual(844 - 34);
    await close();
  });

  for (const [name, options] of Object.entries({
    "on a desktop": {},
    "in the dark": { colorScheme: "dark" as const },
    "on a phone": PHONE,
    "on 320 pixels": { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true },
  }))
    test(`are clean ${name}`, async () => {
      const { page, faults, close } = await openPage(ann, "/", { reducedMotion: "reduce", ...options });
      for (const path of ["/", "/people", "/archive"]) {
        await page.goto(path);
        await rail(page).waitFor();
        await page.getByRole("heading", { level: 1 }).or(page.getByRole("searchbox")).first().waitFor();
        expect([path, await seriousFaults(page)]).toEqual([path, []]);
        expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
      }
      expect(faults).toEqual([]);
      await close();
    });

  test("are mirrored from right to left, and fit with text of twice the size", async () => {
    const { page, close } = await openPage(ann, "/people");
    await page.evaluate(`localStorage.setItem("confab.direction", "rtl")`);
    await page.reload();
    await heading(page, "People").waitFor();
    expect((await rail(page).boundingBox())?.x ?? 0).toBeGreaterThan(1000);
    await page.evaluate(`document.documentElement.style.fontSize = "200%"`);
    for (const path of ["People", "Archive", "Chats"]) {
      await section(page, path).click();
      expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
      const cut = await section(page, path).evaluate((link) => link.scrollWidth > link.clientWidth + 1);
      expect(cut).toBe(false);
    }
    await close();
  });
});

describeInBrowser("the details of a conversation", () => {
  const server = withServer("embedded");
  let ann: Client;
  let pair: string;
  let group: string;
  beforeAll(async () => {
    const bob = await server.person("Bob");
    ann = await server.person("Ann");
    pair = (await ann.conversation([bob])).id;
    group = (await ann.conversation([bob, await server.person("Cid")], "Choir")).id;
    await ann.send(pair, "hello");
    await ann.send(group, "hello all");
  });
  const beside = (page: Page) => page.getByRole("complementary");
  const button = (page: Page) => page.getByRole("button", { name: "Details and members" });

  test("stand beside the chat, which stays in use", async () => {
    const { page, faults, close } = await openPage(ann, `/c/${group}`, { viewport: { width: WIDE, height: 700 } });
    await message(page, "hello all").waitFor();
    await button(page).press("Enter");
    await beside(page)
      .and(page.getByRole("complementary", { name: "Group" }))
      .waitFor();
    await until(() => hasFocus(page, ".details h2"));
    expect(await button(page).getAttribute("aria-expanded")).toBe("true");
    expect(await page.getByRole("dialog").count()).toBe(0);
    expect(await seriousFaults(page)).toEqual([]);
    await composer(page).fill("Still here");
    await composer(page).press("Enter");
    await message(page, "Still here").waitFor();
    // They stay for the next conversation, and leave the focus alone.
    await row(page, "Bob Tester").click();
    await page.getByRole("complementary", { name: "Person" }).getByText("Bob Tester").first().waitFor();
    expect(await hasFocus(page, ".details *")).toBe(false);
    await page.reload();
    await page.getByRole("complementary", { name: "Person" }).waitFor();
    expect(await hasFocus(page, ".details *")).toBe(false);
    await beside(page).getByRole("button", { name: "Close" }).click();
    await beside(page).waitFor({ state: "detached" });
    await until(() => hasFocus(page, "[data-header=details]"));
    await page.reload();
    await message(page, "hello").waitFor();
    expect(await beside(page).count()).toBe(0);
    expect(faults).toEqual([]);
    await close();
  });

  test("close by Escape inside them, and by nothing outside", async () => {
    const { page, close } = await openPage(ann, `/c/${group}`);
    await openDetails(page);
    await until(() => hasFocus(page, ".details h2"));
    await composer(page).focus();
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    expect(await beside(page).count()).toBe(1);
    // An open menu inside takes the first Escape.
    await beside(page).getByRole("button", { name: "Mute" }).click();
    await page.getByRole("menuitem", { name: "For 1 hour" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("menuitem", { name: "For 1 hour" }).waitFor({ state: "detached" });
    expect(await beside(page).count()).toBe(1);
    await page.keyboard.press("Escape");
    await beside(page).waitFor({ state: "detached" });
    await until(() => hasFocus(page, "[data-header=details]"));
    await close();
  });

  test("are a part of the page for F6", async () => {
    const { page, close } = await openPage(ann, `/c/${group}`);
    await openDetails(page);
    await until(() => hasFocus(page, ".details h2"));
    await composer(page).focus();
    await page.keyboard.press("F6");
    await until(() => hasFocus(page, ".details *, .details"));
    await page.keyboard.press("F6");
    await until(() => hasFocus(page, ".rail *"));
    await page.keyboard.press("Shift+F6");
    await until(() => hasFocus(page, ".details *, .details"));
    await close();
  });

  test("take the other form when the page becomes narrower or wider", async () => {
    const { page, faults, close } = await openPage(ann, `/c/${group}`, { viewport: { width: WIDE, height: 700 } });
    await openDetails(page);
    await beside(page).waitFor();
    await page.setViewportSize({ width: WIDE - 1, height: 700 });
    await page.getByRole("dialog", { name: "Group" }).waitFor();
    expect(await beside(page).count()).toBe(0);
    await page.setViewportSize({ width: WIDE, height: 700 });
    await beside(page).waitFor();
    expect(await page.getByRole("dialog").count()).toBe(0);
    await page.setViewportSize({ width: WIDE - 1, height: 700 });
    await page.getByRole("dialog", { name: "Group" }).waitFor();
    await page.keyboard.press("Escape");
    await details(page).waitFor({ state: "detached" });
    await page.setViewportSize({ width: WIDE, height: 700 });
    await composer(page).waitFor();
    expect(await details(page).count()).toBe(0);
    expect(faults).toEqual([]);
    await close();
  });

  test("of a person begin a group with them", async () => {
    const { page, faults, close } = await openPage(ann, `/c/${pair}`);
    await openDetails(page);
    await beside(page).getByRole("button", { name: "New group with Bob" }).click();
    await page.getByRole("dialog", { name: "New group" }).waitFor();
    await page.getByRole("button", { name: "Remove Bob Tester" }).waitFor();
    expect(await page.getByRole("button", { name: "Create group" }).isDisabled()).toBe(true);
    await page.getByRole("option", { name: "Cid" }).click();
    await page.getByLabel("Group name").fill("Trio");
    await page.getByRole("button", { name: "Create group of 3" }).click();
    await heading(page, "Trio").waitFor();
    expect(faults).toEqual([]);
    await close();
  });
});

describeInBrowser("a new group", () => {
  const server = withServer("embedded");

  test("is made from the New menu by the keyboard alone", async () => {
    const ann = await server.person("Ann");
    for (const name of ["Émile", "Zoë"]) await server.person(name);
    const { page, faults, close } = await openPage(ann, "/");
    await page.getByRole("button", { name: "New", exact: true }).press("Enter");
    await page.getByRole("menuitem", { name: "New group" }).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.getByLabel("Group name").and(page.locator(":focus")).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await page.keyboard.type("Readers");
    await page.keyboard.press("Tab");
    // Letters without marks find names with them, before the server has answered and after.
    for (const [letters, name] of [
      ["emile", "Émile"],
      ["zoe", "Zoë"],
    ] as const) {
      await page.getByRole("combobox").pressSequentially(letters);
      await until(async () => (await page.getByRole("option").count()) === 1);
      await page.getByRole("option", { name }).waitFor();
      await page.keyboard.press("Enter");
      await page.getByRole("button", { name: `Remove ${name} Tester` }).waitFor();
    }
    await page.keyboard.press("Enter");
    await heading(page, "Readers").waitFor();
    expect(faults).toEqual([]);
    await close();
  });

  test("shows a name as soon as two people are chosen, above them", async () => {
    const ann = await server.person("Ann");
    for (const name of ["Gil", "Hal"]) await server.person(name);
    const { page, close } = await openPage(ann, "/");
    await startNew(page, "New conversation");
    await page.getByRole("option", { name: "Gil" }).click();
    expect(await page.getByLabel("Group name").count()).toBe(0);
    await page.getByRole("option", { name: "Hal" }).click();
    const [name, picker] = [
      await page.getByLabel("Group name").boundingBox(),
      await page.getByRole("combobox").boundingBox(),
    ];
    expect(name?.y ?? 0).toBeLessThan(picker?.y ?? 0);
    expect(await page.getByRole("combobox").evaluate((field) => field.matches(":focus"))).toBe(true);
    await close();
  });
});
