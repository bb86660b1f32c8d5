import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { seriousFaults } from "../support/axe.ts";
import { describeInBrowser } from "../support/chromium.ts";
import type { Client } from "../support/client.ts";
import { openPage } from "../support/pages.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

describeInBrowser("people and groups in the browser", () => {
  let server: TestServer;
  let ann: Client;
  let bob: Client;
  let carla: Client;
  beforeAll(async () => {
    server = await startTestServer("embedded");
    [ann, bob, carla] = [await server.person("Ann"), await server.person("Bob"), await server.person("Carla")];
  });
  afterAll(() => server.stop());

  /** By its letters, and Enter when it is the one. */
  async function choose(page: Page, name: string) {
    await page.keyboard.type(name);
    await page.waitForSelector(`.option-active:has-text('${name}')`);
    await page.keyboard.press("Enter");
    await page.waitForSelector(`.chip:has-text('${name}')`);
  }
  const details = (page: Page) => page.click("main header [aria-label*='etails'], main header .icon-button:last-child");

  test("a 1-on-1 and a group are started by the keyboard alone, and the switcher finds both", async () => {
    const { page, faults, close } = await openPage(ann, "/");
    await page.waitForSelector("h1:text('Say hello')");
    await page.keyboard.press("n");
    await page.waitForSelector(".option");
    expect(await seriousFaults(page)).toEqual([]);
    await choose(page, "Bob");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/c/*");
    const pair = page.url();

    // The first Escape leaves the composer, so that letters are keys.
    await page.waitForSelector("textarea:focus");
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    await page.waitForSelector("dialog[open]:has-text('Keyboard shortcuts')");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+k");
    await page.waitForSelector("dialog[open]:has-text('Go to')");
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog[open]", { state: "detached" });
    await page.click("[aria-label='New conversation']");
    await choose(page, "Bob");
    await choose(page, "Carla");
    await page.fill("[name=name]", "Garden party");
    await page.click("text=Create group of 3");
    await page.waitForURL((url) => url.pathname.startsWith("/c/") && url.href !== pair);

    await page.keyboard.press("Control+k");
    await page.keyboard.type("bob");
    await page.waitForSelector(".option-active:has-text('Bob Tester')");
    expect(await seriousFaults(page)).toEqual([]);
    await page.keyboard.press("Enter");
    await page.waitForURL(pair);
    await page.keyboard.press("Alt+ArrowUp");
    await page.waitForURL((url) => url.href !== pair);
    expect(faults).toEqual([]);
    await close();
  });

  test("an owner renames a group, takes people in and out; another one leaves", async () => {
    const dora = await server.person("Dora");
    const { body } = await ann.post("/api/chat/conversations/", { participant_ids: [bob.id, carla.id], name: "Trip" });
    const path = `/c/${body.data.id}`;
    const own = await openPage(ann, path);
    const { page } = own;
    await details(page);
    await page.waitForSelector("h3:text('3 people')");
    expect(await seriousFaults(page)).toEqual([]);
    await page.click("[aria-label='Rename the group']");
    await page.fill("dialog [name=name]", "Trip to the sea");
    await page.keyboard.press("Enter");
    await page.waitForSelector("dialog .person-name:has-text('Trip to the sea')");

    await page.click("text=Add people");
    // Who is in already is not offered.
    await page.waitForSelector(".option:has-text('Dora')");
    expect(await page.locator(".option").count()).toBe(1);
    await choose(page, "Dora");
    await page.click("text=Add 1 person");
    await page.waitForSelector("h3:text('4 people')");
    await page.click("[aria-label='Remove Carla Tester from the group']");
    await page.click(".dialog-small .button-danger");
    await page.waitForSelector("h3:text('3 people')");
    await page.click(".row-button:has-text('Dora')");
    await page.waitForSelector(".person-card:has-text('Dora Tester')");
    expect(await seriousFaults(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.waitForSelector(".members-head");

    const other = await openPage(dora, path);
    await details(other.page);
    await other.page.waitForSelector("dialog .person-name:has-text('Trip to the sea')");
    // Only the owner can remove others.
    expect(await other.page.locator("[aria-label^='Remove']").count()).toBe(0);
    await other.page.click("dialog >> text=Leave the group");
    await other.page.click(".dialog-small .button-danger");
    await other.page.waitForURL("/");
    await page.waitForSelector("h3:text('2 people')");
    expect([...own.faults, ...other.faults]).toEqual([]);
    await own.close();
    await other.close();
  });

  test("the sheet has the keys of the page, a letter is a letter while one types, and F6 goes round", async () => {
    const { page, faults, close } = await openPage(bob, "/");
    await page.waitForSelector(".sidebar-header");
    await page.keyboard.press("?");
    await page.waitForSelector("dialog:has-text('Keyboard shortcuts')");
    const keys = await page.locator("dialog kbd").allTextContents();
    for (const key of ["Ctrl+K", "N", "Alt+↓", "F6", "/"]) expect(keys).toContain(key);
    expect(await seriousFaults(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog[open]", { state: "detached" });

    await page.keyboard.press("/");
    await page.keyboard.type("n?");
    expect(await page.inputValue(":focus")).toBe("n?");
    expect(await page.locator("dialog[open]").count()).toBe(0);

    await page.click("h1");
    await page.keyboard.press("F6");
    expect(await page.locator(".sidebar :focus").count()).toBe(1);
    await page.keyboard.press("F6");
    expect(await page.locator("main :focus, main:focus").count()).toBe(1);
    expect(faults).toEqual([]);
    await close();
  });
});
