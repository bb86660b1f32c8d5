import { beforeAll, expect, test } from "bun:test";
import type { Page, Route } from "playwright-core";
import { until } from "../sdk/people.ts";
import { seriousFaults } from "../support/axe.ts";
import { describeInBrowser } from "../support/chromium.ts";
import type { Client } from "../support/client.ts";
import { startNew } from "../support/hands.ts";
import { openPage } from "../support/pages.ts";
import { withServer } from "../support/server.ts";

describeInBrowser("people and groups in the browser", () => {
  const server = withServer("embedded");
  let ann: Client;
  let bob: Client;
  let carla: Client;
  beforeAll(async () => {
    [ann, bob, carla] = [await server.person("Ann"), await server.person("Bob"), await server.person("Carla")];
  });

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
    await startNew(page, "New conversation");
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
    await ann.send(body.data.id, "Where to?");
    const own = await openPage(ann, path);
    const { page } = own;
    await details(page);
    await page.waitForSelector("h3:text('3 people')");
    expect(await seriousFaults(page)).toEqual([]);
    await page.click("[aria-label='Rename the group']");
    await page.fill(".details [name=name]", "Trip to the sea");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".details .person-name:has-text('Trip to the sea')");

    await page.click("text=Add people");
    // Members are shown, but nobody can choose them.
    await page.waitForSelector(".option:has-text('Dora')");
    const members = page.getByRole("option", { name: "Already in the group" });
    expect(await members.count()).toBe(2);
    for (const member of await members.all()) {
      expect(await member.getAttribute("aria-disabled")).toBe("true");
      await member.click({ force: true });
    }
    expect(await page.locator(".chip").count()).toBe(0);
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
    await other.page.waitForSelector(".details .person-name:has-text('Trip to the sea')");
    // Only the owner can remove others.
    expect(await other.page.locator("[aria-label^='Remove']").count()).toBe(0);
    await other.page.click(".details >> text=Leave the group");
    await other.page.click(".dialog-small .button-danger");
    await other.page.waitForURL("/");
    await page.waitForSelector("h3:text('2 people')");
    expect([...own.faults, ...other.faults]).toEqual([]);
    await own.close();
    await other.close();
  });

  test("renaming a group is not disturbed by changes in it, and returns the focus", async () => {
    const { id } = await ann.conversation([bob, carla], "Rowers");
    const { page, faults, close } = await openPage(ann, `/c/${id}`);
    await details(page);
    const beside = page.getByRole("complementary", { name: "Group" });
    const rename = beside.getByRole("button", { name: "Rename the group" });
    const field = beside.getByLabel("Group name");
    await rename.click();
    await page.locator(".details input:focus").waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    const focused = () => page.locator(":focus").textContent();
    expect(await focused()).toBe("Cancel");
    const dan = await server.person("Dan");
    await ann.post(`/api/chat/conversations/${id}/participants/`, { user_ids: [dan.id] });
    await beside.getByText("Dan Tester").waitFor();
    expect(await focused()).toBe("Cancel");
    await page.keyboard.press("Enter");
    await page.locator("[aria-label='Rename the group']:focus").waitFor();
    await page.keyboard.press("Enter");
    await field.fill("Rowers of the lake");
    await page.keyboard.press("Enter");
    await page.locator("[aria-label='Rename the group']:focus").waitFor();
    await rename.click();
    await page.keyboard.press("Escape");
    await field.waitFor({ state: "detached" });
    expect(await beside.count()).toBe(1);
    await page.keyboard.press("Escape");
    await beside.waitFor({ state: "detached" });
    expect(faults).toEqual([]);
    await close();
  });

  test("the key sheet has the keys of the page, letters are text while you type, and F6 cycles", async () => {
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
    await page.getByRole("navigation", { name: "Sections" }).locator(":focus").waitFor();
    await page.keyboard.press("F6");
    await page.locator(".sidebar :focus").waitFor();
    await page.keyboard.press("F6");
    await page.locator("main :focus, main:focus").waitFor();
    expect(faults).toEqual([]);
    await close();
  });

  test("the switcher finds conversations that the list has not loaded, and closes with its page", async () => {
    const many = await server.person("Many");
    const { id } = await many.conversation([bob, carla], "Glass blowers");
    // More than a page of the list.
    for (let n = 0; n < 55; n++) await many.conversation([bob, carla], `Choir ${n}`);
    const { page, faults, close } = await openPage(many, "/");
    await page.getByText("Choir 54").first().waitFor();
    await page.keyboard.press("Control+k");
    await page.keyboard.type("blow");
    await page.getByRole("option", { name: "Glass blowers" }).waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/c/${id}`);
    await details(page);
    await page.getByRole("complementary").getByText("Carla Tester").waitFor();
    await page.goBack();
    await page.getByRole("complementary").waitFor({ state: "detached" });
    await page.waitForURL((url) => url.pathname === "/");
    expect(faults).toEqual([]);
    await close();
  });

  test("a confirmation closes with its page, and keys that lead elsewhere close what is open", async () => {
    const { id } = await ann.conversation([bob, carla], "Readers");
    await ann.send(id, "keep me");
    const { page, faults, close } = await openPage(ann, "/");
    await page.click("a:has-text('Readers')");
    await page.locator(".message", { hasText: "keep me" }).focus();
    await page.keyboard.press("Delete");
    await page.getByRole("dialog", { name: "Delete this message?" }).waitFor();
    await page.goBack();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.keyboard.press("n");
    await page.getByRole("dialog", { name: "New conversation" }).waitFor();
    await page.keyboard.press("Control+,");
    await page.waitForURL("**/settings/profile");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(faults).toEqual([]);
    await close();
  });

  test("a member removed while they look at the members is told", async () => {
    const { id } = await bob.conversation([ann, carla], "Chess");
    const { page, faults, close } = await openPage(ann, `/c/${id}`);
    await details(page);
    await page.getByRole("complementary").getByText("Carla Tester").waitFor();
    await bob.delete(`/api/chat/conversations/${id}/participants/${ann.id}/`);
    await page.getByRole("complementary").waitFor({ state: "detached" });
    const title = page.getByRole("heading", { name: "You are no longer in this conversation" });
    await until(async () => title.evaluate((heading) => heading.matches(":focus")));
    expect(faults).toEqual([]);
    await close();
  });

  test("Enter before the server has answered chooses nobody from an earlier list", async () => {
    await server.person("Zoe");
    const { page, faults, close } = await openPage(ann, "/");
    const held: Route[] = [];
    await page.route(/users\/list\/\?search=[^&]/, (route) => void held.push(route));
    // The page asks a moment after the last key: earlier requests may be held already.
    const answer = async (search: string) => {
      await until(() => held.some((route) => new URL(route.request().url()).searchParams.get("search") === search));
      for (const route of held.splice(0)) void route.continue();
    };
    await startNew(page, "New conversation");
    await page.getByRole("option", { name: "Zoe" }).waitFor();
    await page.keyboard.type("Carla");
    await page.keyboard.press("Enter");
    await page.locator(".chip", { hasText: "Carla" }).waitFor();
    await page.keyboard.type("Nobody");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Backspace");
    await answer("Nobod");
    await page.getByText("No one found").waitFor();
    expect(await page.locator(".chip").allTextContents()).toEqual(["Carla Tester"]);
    await page.keyboard.press("Escape");

    await page.keyboard.press("Control+k");
    await page.keyboard.type("Zo");
    await answer("Zo");
    await page.getByRole("option", { name: "Zoe" }).waitFor();
    await page.keyboard.type("ltan");
    await page.keyboard.press("Enter");
    await answer("Zoltan");
    await page.getByText("Nothing found").waitFor();
    expect(new URL(page.url()).pathname).toBe("/");
    await page.keyboard.press("Control+a");
    await page.keyboard.type("Zoe");
    await page.keyboard.press("Enter");
    await answer("Zoe");
    await page.waitForURL(/\/c\//);
    expect(faults).toEqual([]);
    await close();
  });

  test("the presence of a list's people is asked for in one frame, so that later frames do not wait", async () => {
    const una = await server.person("Una");
    for (let n = 0; n < 8; n++) await una.conversation([await server.person("Vic")]);
    const { page, faults, close } = await openPage(una, "/");
    const watched: number[] = [];
    page.on("websocket", (socket) =>
      socket.on("framesent", ({ payload }) => {
        const frame = JSON.parse(String(payload));
        if (frame.type === "watch") watched.push(frame.user_ids.length);
      }),
    );
    await page.reload();
    await until(() => watched.length > 0);
    expect(Math.max(...watched)).toBeGreaterThanOrEqual(8);
    expect(faults).toEqual([]);
    await close();
  });
});
