import { beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import type { Conversation } from "../../src/protocol/conversations.ts";
import { until } from "../sdk/people.ts";
import { seriousFaults } from "../support/axe.ts";
import { describeInBrowser } from "../support/chromium.ts";
import type { Client } from "../support/client.ts";
import { chooseInMenu, composer, message } from "../support/hands.ts";
import { type OpenPage, openPage } from "../support/pages.ts";
import { withServer } from "../support/server.ts";

interface Entry {
  key: string;
  value: { content: string };
}

const LONG = "A long draft that took a while to write";

describeInBrowser("a draft in two tabs", () => {
  const server = withServer("embedded");
  let ann: Client;
  beforeAll(async () => {
    ann = await server.person("Ann");
  });

  async function inTwoTabs(use: (one: Page, two: Page, pair: Conversation) => Promise<void>) {
    // With a person of their own: a pair has one conversation, which would have the texts of the test before.
    const pair = await ann.conversation([await server.person("Bob")]);
    const opened: OpenPage = await openPage(ann, `/c/${pair.id}`);
    const two = await opened.page.context().newPage();
    await two.goto(`/c/${pair.id}`);
    for (const page of [opened.page, two]) await composer(page).waitFor();
    await use(opened.page, two, pair);
    expect(opened.faults).toEqual([]);
    await opened.close();
  }
  const shows = (page: Page, text: string) => until(async () => (await composer(page).inputValue()) === text);
  const storedIn = (page: Page) =>
    page.evaluate(() => Object.entries(localStorage).find(([name]) => name.startsWith("confab.draft."))?.[1] ?? "");

  test("follows what is typed, deleted and sent in the other one", () =>
    inTwoTabs(async (one, two) => {
      await composer(one).pressSequentially("Hello you");
      await shows(two, "Hello you");
      for (let i = 0; i < 4; i++) await composer(two).press("Backspace");
      await shows(one, "Hello");
      await composer(one).press("Enter");
      await message(two, "Hello").waitFor();
      await shows(two, "");
      expect(await storedIn(two)).toBe("");
    }));

  test("is not lost to a shorter one: each tab shows its own, and the longer one is stored", () =>
    inTwoTabs(async (one, two, { id }) => {
      await composer(one).fill(LONG);
      await shows(two, LONG);
      await composer(two).fill("short");
      await until(async () => (await storedIn(one)) === LONG);
      await shows(one, LONG);
      await shows(two, "short");
      // The short one is sent: the long one is still there, and over a reload.
      await composer(two).press("Enter");
      await message(one, "short").waitFor();
      await shows(one, LONG);
      expect(await storedIn(one)).toBe(LONG);
      await one.goto("/");
      await one.goto(`/c/${id}`);
      await shows(one, LONG);
      // And the other way round: the long one is sent, what is begun in the other tab stays.
      await composer(two).fill("begun");
      await composer(one).press("Enter");
      await message(two, LONG).waitFor();
      await shows(two, "begun");
    }));

  test("is offered to a tab that has a shorter one, which takes it in one step of undo or keeps its own", () =>
    inTwoTabs(async (one, two) => {
      const offer = (page: Page) => page.getByText("Another tab has a longer draft.");
      await composer(one).fill(LONG);
      await shows(two, LONG);
      await composer(two).fill("my own");
      await offer(two).waitFor();
      expect(await offer(one).count()).toBe(0);
      expect(await seriousFaults(two)).toEqual([]);
      await two.getByRole("button", { name: "Use it" }).click();
      await shows(two, LONG);
      await offer(two).waitFor({ state: "detached" });
      await composer(two).press("Control+z");
      await shows(two, "my own");
      await offer(two).waitFor();
      await two.getByRole("button", { name: "Keep the draft of this tab" }).click();
      await offer(two).waitFor({ state: "detached" });
      expect(await storedIn(one)).toBe(LONG);
      // The long one is sent: the other text is stored in its place, and no offer is left.
      await composer(one).press("Enter");
      await message(two, LONG).waitFor();
      expect(await message(two, LONG).count()).toBe(1);
      await until(async () => (await storedIn(one)) === "my own");
      await shows(two, "my own");
    }));

  test("goes to other devices only when it is the longest, and a send in one tab leaves that of the other", () =>
    inTwoTabs(async (one, two, { id }) => {
      const there = async () => {
        const entries: Entry[] = (await ann.get("/api/chat/me/draft/")).body.data;
        return entries.find(({ key }) => key === id)?.value.content;
      };
      await composer(one).fill(LONG);
      await until(async () => (await there()) === LONG);
      await composer(two).fill("my own");
      // Longer than the pause after which a draft goes out.
      await Bun.sleep(2_500);
      expect(await there()).toBe(LONG);
      expect(await composer(one).inputValue()).toBe(LONG);
      await composer(one).press("Enter");
      await message(two, LONG).waitFor();
      await until(async () => (await there()) === "my own");
      await shows(two, "my own");
      expect(await storedIn(one)).toBe("my own");
      // Ann has drafts on all of her devices, and so in the other tests.
      await composer(two).fill("");
      await until(async () => (await there()) === undefined);
    }));

  test("is kept when the tab with the longer one closes, and stores nothing after a sign-out in another tab", () =>
    inTwoTabs(async (one, two, { id }) => {
      await composer(one).fill("Xy");
      await shows(two, "Xy");
      await composer(two).fill(LONG);
      await shows(one, "Xy");
      await composer(one).fill("Zz");
      await two.close({ runBeforeUnload: true });
      expect(await storedIn(one)).toBe(LONG);
      const three = await one.context().newPage();
      await three.goto(`/c/${id}`);
      await shows(three, LONG);
      await chooseInMenu(three, "Sign out");
      await three.getByLabel("Email").waitFor();
      await one.goto("/");
      await one.getByLabel("Email").waitFor();
      expect(await storedIn(one)).toBe("");
    }));
});
