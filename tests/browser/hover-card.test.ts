import { beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { until } from "../sdk/people.ts";
import { seriousFaults } from "../support/axe.ts";
import { describeInBrowser } from "../support/chromium.ts";
import type { Client } from "../support/client.ts";
import { composer, heading, message } from "../support/hands.ts";
import { openPage } from "../support/pages.ts";
import { withServer } from "../support/server.ts";

describeInBrowser("the card of a person", () => {
  const server = withServer("embedded");
  let [ann, bob, cid, dora]: Client[] = [];
  let id = "";
  beforeAll(async () => {
    [ann, bob, cid, dora] = await Promise.all(["Ann", "Bob", "Cid", "Dora"].map((name) => server.person(name)));
    if (!ann || !bob || !cid || !dora) throw new Error("nobody is there");
    id = (await ann.conversation([bob, cid, dora], "Garden")).id;
    await cid.send(id, "I am leaving");
    await bob.send(id, "hello");
    await ann.send(id, "hello, too");
    await ann.delete(`/api/chat/conversations/${id}/participants/${cid.id}/`);
  });

  async function open(options: Parameters<typeof openPage>[2] = {}) {
    if (!ann) throw new Error("nobody is there");
    const opened = await openPage(ann, `/c/${id}`, { reducedMotion: "reduce", ...options });
    await message(opened.page, "hello, too").waitFor();
    if (!options.hasTouch) await composer(opened.page).and(opened.page.locator(":focus")).waitFor();
    return opened;
  }
  const card = (page: Page, name = "Bob Tester") => page.getByRole("dialog", { name: `About ${name}` });
  const author = (page: Page, name = "Bob Tester") => page.getByRole("feed").getByRole("button", { name }).last();
  const focused = (page: Page) => page.evaluate<string>("document.activeElement.textContent");

  test("shows when the pointer rests on a name or a picture, and goes when it leaves", async () => {
    const { page, faults, close } = await open();
    for (const place of [author(page), page.locator(".message .avatar", { hasText: "" }).nth(1)]) {
      await place.hover();
      await card(page).waitFor();
      expect(await card(page).textContent()).toContain(bob?.user?.email ?? "no address");
      // The way to the card leads over a gap.
      await card(page).getByRole("button", { name: "Message" }).hover();
      await page.evaluate("new Promise((done) => setTimeout(done, 400))");
      expect(await card(page).isVisible()).toBe(true);
      await composer(page).hover();
      await card(page).waitFor({ state: "detached" });
    }
    expect(faults).toEqual([]);
    await close();
  });

  test("does not show where the pointer only passes", async () => {
    const { page, close } = await open();
    await author(page).hover();
    await card(page).waitFor();
    await composer(page).hover();
    await card(page).waitFor({ state: "detached" });
    await author(page).hover();
    await composer(page).hover();
    await page.evaluate("new Promise((done) => setTimeout(done, 500))");
    expect(await card(page).count()).toBe(0);
    await close();
  });

  test("opens by the keyboard, and leads to the conversation with the person", async () => {
    const { page, faults, close } = await open();
    await message(page, "hello").first().focus();
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Tab");
    expect(await focused(page)).toBe("Bob Tester");
    await card(page).waitFor();
    // It shows without taking the focus.
    expect(await focused(page)).toBe("Bob Tester");
    await page.keyboard.press("Escape");
    await card(page).waitFor({ state: "detached" });
    await author(page).press("Enter");
    await card(page).waitFor();
    expect(await focused(page)).toBe("Message");
    expect(await seriousFaults(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await card(page).waitFor({ state: "detached" });
    expect(await focused(page)).toBe("Bob Tester");
    await page.keyboard.press("Enter");
    await card(page).getByRole("button", { name: "Message" }).press("Enter");
    await heading(page, "Bob Tester").waitFor();
    await card(page).waitFor({ state: "detached" });
    expect(faults).toEqual([]);
    await close();
  });

  test("of yourself leads to your profile", async () => {
    const { page, close } = await open();
    await author(page, "Ann Tester").click();
    await card(page, "Ann Tester").getByRole("button", { name: "Edit profile" }).click();
    await heading(page, "Profile").waitFor();
    await close();
  });

  test("of somebody who has left shows the name only", async () => {
    const { page, faults, close } = await open();
    await author(page, "Cid Tester").click();
    await card(page, "Cid Tester").getByText("No longer in this conversation").waitFor();
    expect(await card(page, "Cid Tester").textContent()).not.toContain("@");
    expect(await card(page, "Cid Tester").getByRole("button").count()).toBe(0);
    await page.keyboard.press("Escape");
    await card(page, "Cid Tester").waitFor({ state: "detached" });
    expect(faults).toEqual([]);
    await close();
  });

  test("opens and closes with the press of a finger or a mouse, once each", async () => {
    const { page, faults, close } = await open({
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      isMobile: true,
    });
    await author(page).tap();
    await card(page).waitFor();
    const box = await card(page).boundingBox();
    expect(box?.x ?? -1).toBeGreaterThanOrEqual(0);
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(390);
    await page.touchscreen.tap(200, 80);
    await card(page).waitFor({ state: "detached" });
    await author(page).tap();
    await until(async () => (await card(page).count()) === 1);
    expect(faults).toEqual([]);
    await close();
  });
});
