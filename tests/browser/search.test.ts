import { beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { until } from "../sdk/people.ts";
import { seriousFaults } from "../support/axe.ts";
import { describeInBrowser } from "../support/chromium.ts";
import type { Client } from "../support/client.ts";
import { composer, isInSight, message } from "../support/hands.ts";
import { openPage } from "../support/pages.ts";
import { withServer } from "../support/server.ts";

const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };
const box = (page: Page) => page.getByRole("searchbox", { name: "Search messages, people and conversations" });
const findBox = (page: Page) => page.getByRole("searchbox", { name: "Find in this conversation" });
const results = (page: Page) => page.getByRole("region", { name: "Messages", exact: true });
const hit = (page: Page, text: string) => results(page).getByRole("link").filter({ hasText: text });
const marks = (page: Page) => results(page).locator("mark").allTextContents();
const says = (page: Page, text: string | RegExp) =>
  page.getByRole("status").filter({ hasText: text }).first().waitFor();
const focused = (page: Page) => page.evaluate<string>("document.activeElement?.textContent ?? ''");

describeInBrowser("the search", () => {
  const server = withServer("embedded");
  let bob: Client;
  beforeAll(async () => {
    bob = await server.person("Bob");
  });

  /** Ann in a group with Bob. */
  async function open(
    options: Parameters<typeof openPage>[2] = {},
    path: string | ((id: string) => string) = "/search",
  ) {
    const ann = await server.person("Ann");
    const { id } = await ann.conversation([bob, await server.person("Cid")], "Orchard");
    const say = (...all: string[]) =>
      all.reduce((before, text) => before.then(() => bob.send(id, text)), Promise.resolve<unknown>(0));
    const go = () => openPage(ann, typeof path === "string" ? path : path(id), options);
    return { ann, id, say, go };
  }

  test("finds a message by keys alone, leads to it, and comes back to the results", async () => {
    const { say, go } = await open();
    await say(...Array.from({ length: 70 }, (_, i) => (i === 3 ? "the **pear** tree" : `filler ${i}`)));
    await say(...Array.from({ length: 40 }, (_, i) => `pear number ${i}`));
    const { page, faults, close } = await go();
    await box(page).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await page.keyboard.type("pear");
    await says(page, "41 messages found").catch(() => says(page, "30+ messages found"));
    expect(new Set(await marks(page))).toEqual(new Set(["pear"]));
    expect(await seriousFaults(page)).toEqual([]);
    expect(new URL(page.url()).search).toBe("?q=pear");
    // More come while the keys move on.
    await page.keyboard.press("ArrowDown");
    for (let i = 0; i < 30; i++) await page.keyboard.press("ArrowDown");
    await says(page, "41 messages found");
    await page.keyboard.press("End");
    await until(async () => (await focused(page)).includes("the pear tree"));
    await page.keyboard.press("Enter");
    await until(() => isInSight(message(page, "the pear tree")));
    await page.getByRole("button", { name: "Back to the results" }).click();
    // The same place, with the focus on the message that was opened.
    await until(async () => (await focused(page)).includes("the pear tree"));
    expect(await box(page).inputValue()).toBe("pear");
    expect(await hit(page, "the pear tree").evaluate((link) => link.getBoundingClientRect().bottom <= 700)).toBe(true);
    // Escape leads back to the field, and empties it. The search is among the recent ones then.
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "pear", exact: true }).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await page.getByRole("button", { name: "Remove “pear” from the recent searches" }).click();
    await page.getByText("Find anything you can read").waitFor();
    expect(faults).toEqual([]);
    await close();
  });

  test("writes filters into the query, shows them, and takes them out", async () => {
    const { ann, id, say, go } = await open();
    await say("a cherry", "a cherry at https://example.com/cherry");
    await ann.send(id, "my own cherry");
    const { page, close } = await go();
    await box(page).fill("cherry ");
    await says(page, "3 messages found");
    await page.getByRole("button", { name: "From", exact: true }).click();
    await page.getByRole("combobox", { name: "Name or email" }).fill("Bob");
    await page.getByRole("option", { name: /Bob Tester/ }).click();
    await says(page, "2 messages found");
    expect(await box(page).inputValue()).toBe(`cherry from:${bob.user?.email} `);
    await page.getByRole("button", { name: "Has", exact: true }).click();
    await page.getByRole("menuitem", { name: "A link" }).click();
    await says(page, "1 message found");
    await page.getByRole("button", { name: "In", exact: true }).click();
    await page.getByRole("combobox", { name: "A conversation" }).fill("Orch");
    const answer = page.waitForResponse(/\/api\/chat\/search\/.*Orchard/);
    await page.getByRole("option", { name: "Orchard" }).click();
    await page.getByRole("button", { name: "Date", exact: true }).click();
    // Earlier results are pale while others are on their way.
    await answer;
    await page.locator(".search-found[aria-busy=false]").waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await page.getByRole("button", { name: "Last 7 days" }).click();
    await page.getByRole("button", { name: /^Remove the filter: Since/ }).waitFor();
    await says(page, "1 message found");
    await page.getByRole("button", { name: "Date", exact: true }).click();
    await page.getByLabel("Before", { exact: true }).fill("2001-01-01");
    await page.getByRole("button", { name: "Apply" }).click();
    await page
      .getByText(/No messages found/)
      .first()
      .waitFor();
    for (const filter of ["Since", "Before", "In Orchard", "Has a link", "From Bob Tester"])
      await page.getByRole("button", { name: new RegExp(`^Remove the filter: ${filter}`) }).click();
    expect(await box(page).inputValue()).toBe("cherry");
    await says(page, "3 messages found");
    await page.getByRole("button", { name: /^Order/ }).click();
    await page.getByRole("menuitem", { name: "Oldest first" }).click();
    await until(async () => (await hit(page, "cherry").first().textContent())?.includes("a cherry"));
    expect(new URL(page.url()).search).toBe("?q=cherry&sort=oldest");
    // A link has the whole search.
    await page.reload();
    await until(async () => (await hit(page, "cherry").count()) === 3);
    expect(await hit(page, "cherry").first().textContent()).toContain("a cherry");
    await close();
  });

  test("follows messages that come, change and go while their results are shown", async () => {
    const { ann, id, say, go } = await open();
    await say("first melon", "second melon", "unrelated");
    const { page, close } = await go();
    await box(page).fill("melon");
    await says(page, "2 messages found");
    await bob.send(id, "a melon of just now");
    await hit(page, "a melon of just now").waitFor();
    const [first, second, other] = (await ann.get(`/api/chat/conversations/${id}/messages/`)).body.data.messages;
    const path = (message: { id: string }) => `/api/chat/conversations/${id}/messages/${message.id}/`;
    await bob.delete(path(first));
    await hit(page, "first melon").waitFor({ state: "detached" });
    await bob.patch(path(second), { content: "second **melons**, changed" });
    await hit(page, "second melons, changed").waitFor();
    await bob.patch(path(second), { content: "no fruit" });
    await hit(page, "second").waitFor({ state: "detached" });
    expect(other.content).toBe("unrelated");
    await says(page, "1 message found");
    await ann.delete(`/api/chat/conversations/${id}/participants/${ann.id}/`);
    await hit(page, "melon").waitFor({ state: "detached" });
    await page.getByText("No messages found for “melon”").waitFor();
    await close();
  });

  test("finds a message of just now, and words of scripts without spaces or from right to left", async () => {
    const { say, go } = await open();
    const { page, close } = await go();
    await box(page).waitFor();
    await say("明日の会議は三時からです", "الاجتماع غدًا في الثالثة");
    await box(page).fill("会議");
    await hit(page, "会議").waitFor();
    expect(await marks(page)).toEqual(["会議"]);
    await box(page).fill("الاجتماع");
    await hit(page, "الاجتماع").waitFor();
    expect(await marks(page)).toEqual(["الاجتماع"]);
    await close();
  });

  test("leads to a reply in its thread, beside the conversation", async () => {
    const { ann, id, say, go } = await open();
    await say("which tree?");
    const [root] = (await ann.get(`/api/chat/conversations/${id}/messages/`)).body.data.messages;
    const { body } = await ann.post(`/api/chat/conversations/${id}/messages/${root.id}/thread/`);
    await bob.send(body.data.id, "the quince by the gate");
    for (let i = 0; i < 60; i++) await bob.send(body.data.id, `more of it ${i}`);
    const { page, close } = await go();
    await box(page).fill("quince");
    await hit(page, "quince").getByText("Thread in Orchard").waitFor();
    await hit(page, "quince").click();
    const thread = page.getByRole("complementary", { name: "Thread" });
    await thread.getByRole("article").filter({ hasText: "the quince by the gate" }).waitFor();
    await page.goBack();
    await hit(page, "quince").waitFor();
    await close();
  });

  test("says what it can't search while the server is away, and goes on when it is back", async () => {
    const { say, go } = await open({}, (id) => `/c/${id}`);
    await say("one walnut");
    const { page, close } = await go();
    await message(page, "one walnut").waitFor();
    await page.route("**/api/chat/search/**", (route) => route.abort());
    await page.keyboard.press("Control+Shift+F");
    await box(page).waitFor();
    await page.keyboard.type("walnut");
    await page.getByText("You are offline.").waitFor();
    await hit(page, "one walnut").waitFor();
    await box(page).fill("nothing of that kind");
    await page.getByText("No messages on this device match.").waitFor();
    await page.unroute("**/api/chat/search/**");
    await box(page).fill("walnut");
    await says(page, "1 message found");
    expect(await page.getByText("You are offline.").count()).toBe(0);
    await close();
  });

  test("names people and conversations too, and is reached from the quick switcher and the list", async () => {
    const { say, go } = await open({}, "/");
    await say("an apple");
    const { page, close } = await go();
    await page
      .getByRole("region", { name: "Conversations" })
      .getByRole("link", { name: /Orchard/ })
      .waitFor();
    await page.keyboard.press("Control+K");
    await page.getByRole("combobox").fill("apple");
    await page.getByRole("option", { name: "Search messages for “apple”" }).waitFor();
    // Until then Enter waits for a person of that name.
    await page.getByText("Nothing found").waitFor();
    await page.keyboard.press("Enter");
    await hit(page, "an apple").waitFor();
    await box(page).fill("orchard");
    await page
      .getByRole("region", { name: "People and conversations" })
      .getByRole("button", { name: "Orchard" })
      .waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await composer(page).waitFor();
    await page.getByRole("searchbox", { name: "Search people and conversations" }).fill("apple");
    await page.getByRole("link", { name: "Search messages for “apple”" }).click();
    await hit(page, "an apple").waitFor();
    await close();
  });

  test("works on a phone, in the dark, with large text and from right to left", async () => {
    const { say, go } = await open({ ...PHONE, colorScheme: "dark" }, "/");
    await say("a plum by the river", "another plum");
    const { page, faults, close } = await go();
    await page.getByRole("button", { name: /^Your menu/ }).tap();
    await page.getByRole("menuitem", { name: "Search" }).tap();
    await box(page).fill("plum");
    await says(page, "2 messages found");
    expect(await seriousFaults(page)).toEqual([]);
    await page.evaluate("document.documentElement.dir = 'rtl'; document.documentElement.style.fontSize = '200%'");
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    await hit(page, "by the river").tap();
    await message(page, "a plum by the river").waitFor();
    await page.getByRole("button", { name: "Back to the results" }).tap();
    await hit(page, "by the river").waitFor();
    expect(faults).toEqual([]);
    await close();
  });

  test("forgets the recent searches at sign-out", async () => {
    const { say, go } = await open();
    await say("a fig");
    const { page, close } = await go();
    await box(page).fill("fig");
    await page.keyboard.press("Enter");
    await hit(page, "a fig").waitFor();
    const kept = () => page.evaluate<string[]>("Object.keys(localStorage).filter((key) => key.includes('searches'))");
    expect(await kept()).toHaveLength(1);
    await page.getByRole("button", { name: /^Your menu/ }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByLabel("Email").waitFor();
    expect(await kept()).toEqual([]);
    await close();
  });

  test("within a conversation it counts, marks and leads from newer to older messages, and back", async () => {
    const { ann, id, say, go } = await open({}, (id) => `/c/${id}`);
    await say(
      "the oldest *lime*",
      ...Array.from({ length: 120 }, (_, i) => (i % 40 === 20 ? `lime ${i}` : `filler ${i}`)),
    );
    // Her own message leaves nothing unread, so the conversation opens at its end.
    await ann.send(id, "the end");
    const { page, faults, close } = await go();
    await until(() => isInSight(message(page, "the end")));
    await page.keyboard.press("Control+F");
    await findBox(page).waitFor();
    await page.keyboard.type("lime");
    await says(page, "1 of 4");
    await until(() => isInSight(message(page, "lime 100")));
    const highlighted = () =>
      page.evaluate<string[][]>(
        "['found', 'found-current'].map((name) => [...(CSS.highlights.get(name) ?? [])].map(String))",
      );
    await until(async () => (await highlighted())[1]?.join() === "lime");
    expect(await seriousFaults(page)).toEqual([]);
    await page.keyboard.press("Enter");
    await page.keyboard.press("F3");
    await says(page, "3 of 4");
    await until(() => isInSight(message(page, "lime 20")));
    await page.keyboard.press("Enter");
    await until(() => isInSight(message(page, "the oldest lime")));
    // From the last one to the first.
    await page.keyboard.press("Enter");
    await until(() => isInSight(message(page, "lime 100")));
    await page.keyboard.press("Shift+Enter");
    await says(page, "4 of 4");
    await until(() => isInSight(message(page, "the oldest lime")));
    expect(await findBox(page).evaluate((field) => field.matches(":focus"))).toBe(true);
    // One more comes, and counts.
    await say("a lime of now");
    await says(page, "5 of 5");
    await page.keyboard.press("Escape");
    await findBox(page).waitFor({ state: "detached" });
    await until(() => isInSight(message(page, "a lime of now")));
    expect(await highlighted()).toEqual([[], []]);
    expect(faults).toEqual([]);
    await close();
  });

  test("within a conversation the same keys again are left to the browser", async () => {
    const { say, go } = await open({}, (id) => `/c/${id}`);
    await say("a date palm");
    const { page, close } = await go();
    await message(page, "a date palm").waitFor();
    const isLeft = () =>
      page.evaluate<boolean>(
        "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', " +
          "{ key: 'f', code: 'KeyF', ctrlKey: true, bubbles: true, cancelable: true }))",
      );
    expect(await isLeft()).toBe(false);
    await findBox(page).waitFor();
    await until(() => findBox(page).evaluate((field) => field.matches(":focus")));
    expect(await isLeft()).toBe(true);
    await findBox(page).fill("nowhere");
    await says(page, "Not found");
    await page.getByRole("button", { name: "Close, and stay here" }).click();
    await findBox(page).waitFor({ state: "detached" });
    // The menu of the header has it too.
    await page.getByRole("button", { name: "More about this conversation" }).click();
    await page.getByRole("menuitem", { name: "Find in this conversation" }).click();
    await findBox(page).waitFor();
    await close();
  });
});
