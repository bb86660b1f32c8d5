import { beforeAll, expect, test } from "bun:test";
import type { Locator, Page } from "playwright-core";
import { until } from "../sdk/people.ts";
import { seriousFaults } from "../support/axe.ts";
import { describeInBrowser } from "../support/chromium.ts";
import type { Client } from "../support/client.ts";
import { chooseInMenu, composer, heading, message, row, say } from "../support/hands.ts";
import { openPage } from "../support/pages.ts";
import { withServer } from "../support/server.ts";

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
/** A finger that rests this long on a row opens its menu, in ms. */
const RESTS_MS = 550;

const item = (page: Page, name: string | RegExp) => page.getByRole("menuitem", { name });
const archived = (page: Page, text: string) =>
  page.getByRole("main").getByRole("listitem").filter({ hasText: text }).getByRole("link");
const rail = (page: Page) => page.getByRole("navigation", { name: "Sections" });

describeInBrowser("the actions on a conversation", () => {
  const server = withServer("embedded");
  let bob: Client;
  let cid: Client;
  beforeAll(async () => {
    [bob, cid] = [await server.person("Bob"), await server.person("Cid")];
  });

  /** Somebody with a message from Bob and one from Cid. */
  async function open(options: Parameters<typeof openPage>[2] = {}) {
    const ann = await server.person("Ann");
    const ids = [];
    for (const other of [bob, cid]) {
      const { id } = await other.conversation([ann]);
      await other.send(id, `hello from ${other.user?.first_name}`);
      ids.push(id);
    }
    const opened = await openPage(ann, "/", options);
    await row(opened.page, "Bob Tester").waitFor();
    return { ...opened, ann, pair: ids[0] ?? "" };
  }

  test("open by the right button, by the keys of a menu, and by the button of the row", async () => {
    const { page, faults, close } = await open();
    await row(page, "Bob Tester").click({ button: "right" });
    await item(page, "Archive").waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    // Arrow keys, first letters and Escape are those of every menu.
    await page.keyboard.press("End");
    await item(page, "Hide this conversation").and(page.locator(":focus")).waitFor();
    await page.keyboard.press("a");
    await item(page, "Archive").and(page.locator(":focus")).waitFor();
    await page.keyboard.press("Escape");
    await item(page, "Archive").waitFor({ state: "detached" });

    for (const key of ["Shift+F10", "ContextMenu"]) {
      await row(page, "Bob Tester").focus();
      await page.keyboard.press(key);
      await item(page, "Mark as read").and(page.locator(":focus")).waitFor();
      expect(await page.getByRole("menu").count()).toBe(1);
      await page.keyboard.press("Escape");
      await row(page, "Bob Tester").and(page.locator(":focus")).waitFor();
    }
    await row(page, "Bob Tester").hover();
    await page.getByRole("button", { name: "Actions for Bob Tester" }).click();
    await item(page, "Details").click();
    await page.getByRole("complementary", { name: "Person" }).getByText("Bob Tester").first().waitFor();
    expect(faults).toEqual([]);
    await close();
  });

  test("stay inside the page at any corner, from left to right and from right to left", async () => {
    const { page, close } = await open({ viewport: { width: 800, height: 320 } });
    for (const direction of ["ltr", "rtl"]) {
      await page.evaluate(`document.documentElement.dir = "${direction}"`);
      const box = await row(page, "Bob Tester").boundingBox();
      if (!box) throw new Error("the row is not there");
      for (const x of [box.x + 4, box.x + box.width - 4]) {
        await page.mouse.click(x, box.y + box.height - 4, { button: "right" });
        await item(page, "Archive").waitFor();
        const menu = await page.getByRole("menu").boundingBox();
        expect(menu?.x).toBeGreaterThanOrEqual(0);
        expect((menu?.x ?? 0) + (menu?.width ?? 0)).toBeLessThanOrEqual(800);
        expect(menu?.y).toBeGreaterThanOrEqual(0);
        expect((menu?.y ?? 0) + (menu?.height ?? 0)).toBeLessThanOrEqual(320);
        await page.keyboard.press("Escape");
        await item(page, "Archive").waitFor({ state: "detached" });
      }
    }
    await close();
  });

  test("mute for a time, step by step with the arrow keys, and unmute", async () => {
    const { page, ann, pair, faults, close } = await open();
    const state = async () => (await ann.get(`/api/chat/conversations/${pair}/`)).body.data.me;
    await row(page, "Bob Tester").focus();
    await page.keyboard.press("Shift+F10");
    await item(page, "Mark as read").and(page.locator(":focus")).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowRight");
    await item(page, "For 1 hour").and(page.locator(":focus")).waitFor();
    await page.keyboard.press("ArrowLeft");
    await item(page, "Mute").and(page.locator(":focus")).waitFor();
    await page.keyboard.press("Enter");
    await item(page, "For 8 hours").click();
    await row(page, "Bob Tester").getByText("muted").waitFor({ state: "attached" });
    await until(async () => (await state()).muted_until !== null);
    const hours = (Date.parse((await state()).muted_until) - Date.now()) / 3_600_000;
    expect(hours).toBeCloseTo(8, 1);
    // A muted conversation counts in no total.
    await rail(page).getByText("1 unread message").waitFor({ state: "attached" });

    await row(page, "Bob Tester").click({ button: "right" });
    await item(page, "Unmute").click();
    await row(page, "Bob Tester").getByText("muted").waitFor({ state: "detached" });
    await rail(page).getByText("2 unread messages").waitFor({ state: "attached" });
    await row(page, "Bob Tester").click({ button: "right" });
    await item(page, "Mute").click();
    await item(page, "Until I unmute it").click();
    await row(page, "Bob Tester").getByText("muted").waitFor({ state: "attached" });
    await until(async () => (await state()).level === "nothing");
    expect(faults).toEqual([]);
    await close();
  });

  test("mark as read and as unread; opening it ends the mark", async () => {
    const { page, ann, pair, faults, close } = await open();
    await row(page, "Bob Tester").click({ button: "right" });
    await item(page, "Mark as read").click();
    await row(page, "Bob Tester").getByText("unread").waitFor({ state: "detached" });
    await until(async () => (await ann.get(`/api/chat/conversations/${pair}/`)).body.data.unread_count === 0);
    await row(page, "Bob Tester").click({ button: "right" });
    await item(page, "Mark as unread").click();
    await row(page, "Bob Tester").getByText("marked as unread").waitFor({ state: "attached" });
    await page.reload();
    await row(page, "Bob Tester").getByText("marked as unread").waitFor({ state: "attached" });
    await row(page, "Bob Tester").click();
    await message(page, "hello from Bob").waitFor();
    await row(page, "Bob Tester").getByText("marked as unread").waitFor({ state: "detached" });
    // The open one can be marked too, and keeps the mark.
    await row(page, "Bob Tester").click({ button: "right" });
    await item(page, "Mark as unread").click();
    await row(page, "Bob Tester").getByText("marked as unread").waitFor({ state: "attached" });
    await row(page, "Cid Tester").click();
    await message(page, "hello from Cid").waitFor();
    await row(page, "Bob Tester").getByText("marked as unread").waitFor({ state: "attached" });
    expect(faults).toEqual([]);
    await close();
  });

  test("archive, undo, and find it in the archive, from which a message brings it back", async () => {
    const { page, pair, faults, close } = await open();
    await row(page, "Bob Tester").focus();
    await page.keyboard.press("Shift+F10");
    await item(page, "Archive").click();
    await row(page, "Bob Tester").waitFor({ state: "detached" });
    // The next row has the focus.
    await row(page, "Cid Tester").and(page.locator(":focus")).waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await row(page, "Bob Tester").waitFor();
    await row(page, "Bob Tester").click({ button: "right" });
    await item(page, "Archive").click();
    await row(page, "Bob Tester").waitFor({ state: "detached" });

    await rail(page).getByRole("link", { name: "Archive" }).click();
    await archived(page, "Bob Tester").waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await archived(page, "Bob Tester").click();
    await message(page, "hello from Bob").waitFor();
    await page.goBack();
    await heading(page, "Archive").waitFor();
    await bob.send(pair, "It is me again");
    await row(page, "It is me again").waitFor();
    await archived(page, "Bob Tester").waitFor({ state: "detached" });
    await page.getByText("Nothing is archived").waitFor();
    expect(faults).toEqual([]);
    await close();
  });

  test("archive by the button of the row, and the next row has the focus", async () => {
    const { page, faults, close } = await open();
    await row(page, "Bob Tester").hover();
    await page.getByRole("button", { name: "Actions for Bob Tester" }).click();
    await item(page, "Archive").click();
    await row(page, "Bob Tester").waitFor({ state: "detached" });
    await row(page, "Cid Tester").and(page.locator(":focus")).waitFor();
    expect(faults).toEqual([]);
    await close();
  });

  test("stay open when a letter finds none of them, and the letter does nothing else", async () => {
    const { page, faults, close } = await open();
    await row(page, "Bob Tester").click({ button: "right" });
    await item(page, "Archive").waitFor();
    for (const key of ["n", "2", "/", "?"]) await page.keyboard.press(key);
    await page.waitForTimeout(200);
    expect(await page.getByRole("dialog").count()).toBe(0);
    expect(new URL(page.url()).pathname).toBe("/");
    expect(await item(page, "Archive").isVisible()).toBe(true);
    expect(faults).toEqual([]);
    await close();
  });

  test("mute, and the keys to the next unread one pass it by", async () => {
    const { page, ann, pair, close } = await open();
    // Bob's is first.
    await bob.send(pair, "a newer one");
    await row(page, "a newer one").waitFor();
    await ann.patch(`/api/chat/conversations/${pair}/me/`, { level: "nothing" });
    await row(page, "Bob Tester").getByText("muted").waitFor({ state: "attached" });
    await page.keyboard.press("Alt+Shift+ArrowDown");
    await message(page, "hello from Cid").waitFor();
    await close();
  });

  test("archive one with a message that waits, and signing out still asks before it is lost", async () => {
    const { page, close } = await open({ worker: true });
    await row(page, "Bob Tester").click();
    await message(page, "hello from Bob").waitFor();
    await page.context().setOffline(true);
    await say(page, "this one waits");
    await message(page, "this one waits").waitFor();
    await row(page, "Bob Tester").click({ button: "right" });
    await item(page, "Archive").click();
    await row(page, "Bob Tester").waitFor({ state: "detached" });
    await rail(page).getByRole("link", { name: "Chats" }).click();
    await chooseInMenu(page, "Sign out");
    await page.getByText("Some messages are not sent yet").waitFor();
    await close();
  });

  test("an empty archive says how to fill it, also as the first page", async () => {
    const { page, ann, pair, faults, close } = await open();
    await page.goto("/archive");
    await page.getByText("Nothing is archived").waitFor();
    await ann.patch(`/api/chat/conversations/${pair}/me/`, { archived: true });
    await archived(page, "Bob Tester").waitFor();
    await page.reload();
    await archived(page, "Bob Tester").waitFor();
    expect(faults).toEqual([]);
    await close();
  });

  test("in the archive a muted one stays, and can be put back", async () => {
    const { page, ann, pair, close } = await open();
    await ann.patch(`/api/chat/conversations/${pair}/me/`, { archived: true, level: "nothing" });
    await row(page, "Bob Tester").waitFor({ state: "detached" });
    await page.keyboard.press("5");
    await archived(page, "Bob Tester").waitFor();
    await bob.send(pair, "Do you hear me?");
    await archived(page, "Do you hear me?").waitFor();
    expect(await row(page, "Bob Tester").count()).toBe(0);
    await archived(page, "Bob Tester").click({ button: "right" });
    await item(page, "Unarchive").click();
    await row(page, "Bob Tester").waitFor();
    await close();
  });

  /** Moves a finger on a row by steps, and lifts it. */
  async function swipe(page: Page, on: Locator, by: { x: number; y: number }) {
    const box = await on.boundingBox();
    if (!box) throw new Error("the row is not there");
    const finger = await page.context().newCDPSession(page);
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    const touch = (type: string, part: number) =>
      finger.send("Input.dispatchTouchEvent", {
        type: type as "touchStart",
        touchPoints: type === "touchEnd" ? [] : [{ x: x + by.x * part, y: y + by.y * part }],
      });
    await touch("touchStart", 0);
    for (let part = 0.1; part <= 1.01; part += 0.1) await touch("touchMove", part);
    await touch("touchEnd", 1);
    await finger.detach();
  }

  for (const direction of ["ltr", "rtl"])
    test(`a swipe archives or marks as read, ${direction}`, async () => {
      const { page, faults, close } = await open(PHONE);
      await page.evaluate(`localStorage.setItem("confab.direction", "${direction}")`);
      await page.reload();
      await row(page, "Bob Tester").getByText("unread").waitFor({ state: "attached" });
      const toEnd = direction === "ltr" ? 1 : -1;
      // The part for touch loads after the page.
      await until(async () => {
        await swipe(page, row(page, "Bob Tester"), { x: 140 * toEnd, y: 4 });
        await Bun.sleep(300);
        return (await row(page, "Bob Tester").getByText("unread").count()) === 0;
      });
      await swipe(page, row(page, "Cid Tester"), { x: -60 * toEnd, y: 0 });
      await swipe(page, row(page, "Cid Tester"), { x: -100 * toEnd, y: 160 });
      await Bun.sleep(300);
      expect(await row(page, "Cid Tester").count()).toBe(1);
      expect(new URL(page.url()).pathname).toBe("/");
      await swipe(page, row(page, "Cid Tester"), { x: -140 * toEnd, y: 4 });
      await row(page, "Cid Tester").waitFor({ state: "detached" });
      await page.getByRole("button", { name: "Undo" }).tap();
      await row(page, "Cid Tester").waitFor();
      expect(faults).toEqual([]);
      await close();
    });

  /** Rests with a finger on Bob's row until its menu opens. The page may not listen yet at the first time. */
  const restOnRow = (page: Page) =>
    until(async () => {
      const box = await row(page, "Bob Tester").boundingBox();
      const finger = await page.context().newCDPSession(page);
      const touchPoints = [{ x: (box?.x ?? 0) + 80, y: (box?.y ?? 0) + 20 }];
      await finger.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints });
      await Bun.sleep(RESTS_MS);
      await finger.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
      await finger.detach();
      return item(page, "Archive")
        .waitFor({ timeout: 1_000 })
        .then(
          () => true,
          () => false,
        );
    });

  test("open by a finger that rests on a row also when the page is too busy for its timers", async () => {
    const { page, faults, close } = await open(PHONE);
    // The timer of the press comes after the finger is lifted.
    await page.addInitScript(
      "const later = setTimeout; setTimeout = (run, ms, ...more) => later(run, ms === 450 ? 5_000 : ms, ...more);",
    );
    await page.reload();
    await row(page, "Bob Tester").waitFor();
    await restOnRow(page);
    expect(new URL(page.url()).pathname).toBe("/");
    expect(faults).toEqual([]);
    await close();
  });

  test("a finger that rests on a row opens its menu, and a short press the conversation", async () => {
    const { page, faults, close } = await open(PHONE);
    await restOnRow(page);
    expect(new URL(page.url()).pathname).toBe("/");
    for (const one of await page.getByRole("menuitem").all())
      expect((await one.boundingBox())?.height).toBeGreaterThanOrEqual(44);
    await item(page, "Mute").tap();
    await item(page, "For 1 hour").tap();
    await row(page, "Bob Tester").getByText("muted").waitFor({ state: "attached" });
    await row(page, "Bob Tester").tap();
    await composer(page).waitFor();
    expect(faults).toEqual([]);
    await close();
  });
});
