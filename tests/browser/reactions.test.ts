import { beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import type { Message } from "../../src/protocol/messages.ts";
import { until } from "../sdk/people.ts";
import { seriousFaults } from "../support/axe.ts";
import { describeInBrowser } from "../support/chromium.ts";
import type { Client } from "../support/client.ts";
import { composer, isInSight, message, messages } from "../support/hands.ts";
import { openPage } from "../support/pages.ts";
import { withServer } from "../support/server.ts";

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

describeInBrowser("reactions in the page", () => {
  const server = withServer("embedded");
  let people: Client[] = [];
  let ann: Client;
  let bob: Client;
  let id = "";
  let plums: Message;

  beforeAll(async () => {
    people = [];
    for (const name of ["Ann", "Bob", "Cat", "Dan", "Eve"]) people.push(await server.person(name));
    [ann, bob] = people as [Client, Client];
    id = (await ann.conversation(people.slice(1))).id;
    await bob.send(id, "apples");
    plums = await ann.send(id, "plums");
  });

  const path = (of: Message, emoji: string) =>
    `/api/chat/conversations/${id}/messages/${of.id}/reactions/${encodeURIComponent(emoji)}/`;
  const react = (who: Client, of: Message, emoji: string) => who.put(path(of, emoji));
  const takeBack = (who: Client, of: Message, emoji: string) => who.delete(path(of, emoji));
  const bar = (page: Page, text: string) => message(page, text).getByRole("group", { name: "Reactions" });
  const pill = (page: Page, text: string, emoji: string) =>
    bar(page, text).getByRole("button", { name: new RegExp(`reacted with ${emoji}$`) });
  const pressed = async (page: Page, text: string, emoji: string) =>
    (await pill(page, text, emoji).getAttribute("aria-pressed")) === "true";
  const truth = async (of: Message) => {
    const { messages: all } = (await ann.get(`/api/chat/conversations/${id}/messages/?limit=100`)).body.data;
    return all.find((one: Message) => one.id === of.id).reactions ?? [];
  };

  async function open(who = ann, options: Parameters<typeof openPage>[2] = {}) {
    const opened = await openPage(who, `/c/${id}`, options);
    await message(opened.page, "plums").waitFor();
    if (!options.hasTouch) await composer(opened.page).and(opened.page.locator(":focus")).waitFor();
    return opened;
  }

  test("show live with their people, and a press sets and takes back your own", async () => {
    const { page, faults, close } = await open();
    await react(bob, plums, "🎉");
    await pill(page, "plums", "🎉").waitFor();
    expect(await pill(page, "plums", "🎉").textContent()).toEndWith("Bob Tester reacted with 🎉");
    expect(await pressed(page, "plums", "🎉")).toBe(false);
    await pill(page, "plums", "🎉").click();
    await until(() => pressed(page, "plums", "🎉"));
    expect(await pill(page, "plums", "🎉").textContent()).toEndWith("You and Bob Tester reacted with 🎉");
    await until(async () => (await truth(plums))[0].count === 2);
    expect(await seriousFaults(page)).toEqual([]);
    await pill(page, "plums", "🎉").click();
    await until(async () => (await truth(plums))[0].count === 1);
    await takeBack(bob, plums, "🎉");
    await bar(page, "plums").waitFor({ state: "detached" });
    expect(faults).toEqual([]);
    await close();
  });

  test("are chosen by keyboard alone: a key, a name, Enter, and arrows between them", async () => {
    const { page, faults, close } = await open();
    await message(page, "plums").focus();
    await page.keyboard.press("+");
    const picker = page.getByRole("dialog", { name: "React with an emoji" });
    await picker.getByRole("searchbox").and(page.locator(":focus")).waitFor();
    await page.keyboard.type("tada");
    await picker.getByRole("button", { name: "tada" }).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await page.keyboard.press("Enter");
    await picker.waitFor({ state: "detached" });
    await until(() => pressed(page, "plums", "🎉"));
    expect(await message(page, "plums").evaluate((row) => row.matches(":focus"))).toBe(true);
    await react(bob, plums, "👀");
    await pill(page, "plums", "👀").waitFor();
    await pill(page, "plums", "🎉").focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Enter");
    await until(() => pressed(page, "plums", "👀"));
    await page.keyboard.press("Escape");
    expect(await message(page, "plums").evaluate((row) => row.matches(":focus"))).toBe(true);
    for (const emoji of ["🎉", "👀"]) for (const who of [ann, bob]) await takeBack(who, plums, emoji);
    await bar(page, "plums").waitFor({ state: "detached" });
    expect(faults).toEqual([]);
    await close();
  });

  test("a text of a plus sign and an emoji reacts to the newest message, and sends nothing", async () => {
    const { page, faults, close } = await open();
    const before = await messages(page).count();
    await composer(page).fill("+:thumbsup:");
    await page.keyboard.press("Enter");
    await until(() => pressed(page, "plums", "👍"));
    await composer(page).fill("+🎉");
    await page.keyboard.press("Enter");
    await until(() => pressed(page, "plums", "🎉"));
    expect(await composer(page).inputValue()).toBe("");
    expect(await messages(page).count()).toBe(before);
    await until(async () => (await truth(plums)).length === 2);
    for (const emoji of ["👍", "🎉"]) await takeBack(ann, plums, emoji);
    await bar(page, "plums").waitFor({ state: "detached" });
    // Anything else is a message.
    await composer(page).fill("+:nothing:");
    await page.keyboard.press("Enter");
    await message(page, "+:nothing:").waitFor();
    expect(faults).toEqual([]);
    await close();
  });

  test("a skin tone stays chosen, and makes an emoji of its own", async () => {
    const { page, faults, close } = await open();
    await message(page, "plums").hover();
    await message(page, "plums").getByRole("button", { name: "React", exact: true }).click();
    const picker = page.getByRole("dialog", { name: "React with an emoji" });
    await picker.getByRole("button", { name: "Medium", exact: true }).click();
    await picker.getByRole("searchbox").fill("wave");
    await picker.getByRole("button", { name: "wave", exact: true }).click();
    await until(() => pressed(page, "plums", "👋🏽"));
    await message(page, "plums").hover();
    await message(page, "plums").getByRole("button", { name: "React with 👋🏽" }).click();
    await bar(page, "plums").waitFor({ state: "detached" });
    expect(faults).toEqual([]);
    await close();
  });

  test("a long press on the phone shows who reacted, and a sheet has recent emoji", async () => {
    for (const who of people) await react(who, plums, "👍");
    const { page, faults, close } = await open(ann, PHONE);
    await until(() => pressed(page, "plums", "👍"));
    const finger = await page.context().newCDPSession(page);
    const box = await pill(page, "plums", "👍").boundingBox();
    const point = { x: (box?.x ?? 0) + (box?.width ?? 0) / 2, y: (box?.y ?? 0) + (box?.height ?? 0) / 2 };
    expect(box?.height ?? 0).toBeGreaterThanOrEqual(32);
    await finger.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [point] });
    const who = page.getByRole("dialog", { name: "People who reacted" });
    await page.evaluate("new Promise((done) => setTimeout(done, 450))");
    await finger.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
    await who.getByRole("listitem").nth(4).waitFor();
    expect(await who.getByRole("listitem").allTextContents()).toEqual(
      people.map(({ user }) => expect.stringContaining(user?.full_name ?? "")),
    );
    expect(await seriousFaults(page)).toEqual([]);
    expect(await pressed(page, "plums", "👍")).toBe(true);
    await page.keyboard.press("Escape");
    await who.waitFor({ state: "detached" });
    for (const one of people) await takeBack(one, plums, "👍");
    expect(faults).toEqual([]);
    await close();
  });

  test("the list does not jump when reactions come and go above the place of the reader", async () => {
    const first = await bob.send(id, "first");
    for (let i = 0; i < 30; i++) await bob.send(id, `line ${i}`);
    // She has read them, so the page opens at the end.
    await ann.get(`/api/chat/conversations/${id}/messages/`);
    const { page, faults, close } = await openPage(ann, `/c/${id}`);
    await message(page, "line 29").waitFor();
    const placeOf = async (text: string) => (await message(page, text).boundingBox())?.y ?? 0;
    const pause = () => page.evaluate("new Promise((done) => setTimeout(done, 500))");
    await pause();
    const before = await placeOf("line 29");
    for (const emoji of ["👍", "🎉"]) await react(bob, first, emoji);
    await pause();
    expect(await placeOf("first")).toBeLessThan(0);
    expect(Math.abs((await placeOf("line 29")) - before)).toBeLessThan(2);
    // Those on the newest message push it up, and the end stays in sight.
    const newest = await bob.send(id, "newest");
    await react(bob, newest, "👍");
    await bar(page, "newest").waitFor();
    await pause();
    expect(await isInSight(bar(page, "newest"))).toBe(true);
    expect(faults).toEqual([]);
    await close();
  });
});
