import { beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import type { Conversation } from "../../src/protocol/conversations.ts";
import { until } from "../sdk/people.ts";
import { describeInBrowser } from "../support/chromium.ts";
import type { Client } from "../support/client.ts";
import { composer, message } from "../support/hands.ts";
import { type OpenPage, openPage } from "../support/pages.ts";
import { withServer } from "../support/server.ts";

const LONG = "A long draft that took a while to write";

describeInBrowser("a draft in two tabs", () => {
  const server = withServer("embedded");
  let ann: Client;
  let bob: Client;
  beforeAll(async () => {
    [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
  });

  async function inTwoTabs(use: (one: Page, two: Page, pair: Conversation) => Promise<void>) {
    const pair = await ann.conversation([bob]);
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
});
