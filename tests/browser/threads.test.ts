import { beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { threadIdOf } from "../../src/server/features/threads/id.ts";
import { until } from "../sdk/people.ts";
import { seriousFaults } from "../support/axe.ts";
import { describeInBrowser } from "../support/chromium.ts";
import type { Client } from "../support/client.ts";
import { message } from "../support/hands.ts";
import { openPage } from "../support/pages.ts";
import { withServer } from "../support/server.ts";

const WIDE = { viewport: { width: 1400, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

const panel = (page: Page) => page.getByRole("complementary", { name: "Thread" });
const field = (page: Page) => panel(page).getByRole("textbox");
const rail = (page: Page) => page.getByRole("navigation", { name: "Sections" });

describeInBrowser("threads on the page", () => {
  const server = withServer("embedded");
  let bob: Client;
  beforeAll(async () => {
    bob = await server.person("Bob");
  });

  async function setting() {
    const ann = await server.person("Ann");
    const { id } = await bob.conversation([ann], "Lunch");
    const root = await bob.send(id, "Where do we eat?");
    await bob.send(id, "Hungry.");
    const threadId = threadIdOf(id, root.id);
    const answer = (content: string) =>
      bob.post(`/api/chat/conversations/${id}/messages/${root.id}/thread/messages/`, { content });
    const contents = async () => {
      const page = await ann.get(`/api/chat/conversations/${threadId}/messages/?mark_read=false`);
      return page.status === 200 ? page.body.data.messages.map((one: { content: string }) => one.content) : [];
    };
    return { ann, id, root, threadId, answer, contents };
  }

  test("a key opens the thread beside the conversation, and Escape gives the focus back", async () => {
    const { ann, id, answer, contents } = await setting();
    const { page, faults, close } = await openPage(ann, `/c/${id}`, WIDE);
    await message(page, "Where do we eat?").focus();
    await page.keyboard.press("t");
    await panel(page).getByText("No replies yet").waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await field(page).fill("At the sea.");
    await field(page).press("Enter");
    await panel(page).getByText("At the sea.").waitFor();
    await until(async () => (await contents()).length === 1);
    await answer("Good.");
    await panel(page).getByText("Good.").waitFor();
    await page.getByRole("button", { name: "Open the thread: 2 replies" }).waitFor();
    await field(page).press("Escape");
    await panel(page).waitFor({ state: "detached" });
    await message(page, "Where do we eat?").and(page.locator(":focus")).waitFor();
    // The row below the message leads there too.
    await page.getByRole("button", { name: "Open the thread: 2 replies" }).click();
    await panel(page).getByText("At the sea.").waitFor();
    expect(faults).toEqual([]);
    await close();
  });

  test("a reply can go to the conversation too, and leads back to its thread", async () => {
    const { ann, id } = await setting();
    const { page, faults, close } = await openPage(ann, `/c/${id}`, WIDE);
    await message(page, "Where do we eat?").focus();
    await page.keyboard.press("t");
    await panel(page).getByLabel("Also send to").check();
    await field(page).fill("Everybody: the sea.");
    await field(page).press("Enter");
    const main = page.getByRole("main");
    await main.getByText("Everybody: the sea.").waitFor();
    expect(await panel(page).getByLabel("Also send to").isChecked()).toBe(false);
    await page.keyboard.press("Escape");
    await panel(page).waitFor({ state: "detached" });
    await main.getByRole("button", { name: "Open the thread", exact: true }).click();
    await panel(page).getByText("Everybody: the sea.").waitFor();
    expect(faults).toEqual([]);
    await close();
  });

  test("the list of threads counts exactly, and reading there reads nothing else", async () => {
    const { ann, id, threadId, answer } = await setting();
    await answer("one");
    await ann.send(threadId, "mine");
    for (const text of ["two", "three"]) await answer(text);
    const { page, faults, close } = await openPage(ann, "/threads", WIDE);
    const entry = page.getByRole("main").getByRole("link", { name: /Where do we eat/ });
    await entry.getByText("2", { exact: true }).waitFor();
    await rail(page)
      .getByRole("link", { name: /Threads/ })
      .getByText("2", { exact: true })
      .waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await entry.click();
    await panel(page).getByText("three").waitFor();
    await until(async () => {
      const answer = await ann.get("/api/chat/conversations/?kind=thread");
      return answer.body.data[0].unread_count === 0;
    });
    await rail(page)
      .getByRole("link", { name: /Threads/ })
      .getByText("2", { exact: true })
      .waitFor({ state: "detached" });
    await panel(page).getByRole("button", { name: "Stop following this thread" }).click();
    await panel(page).getByRole("button", { name: "Follow this thread" }).waitFor();
    await rail(page)
      .getByRole("link", { name: /Threads/ })
      .click();
    await page.getByText("No threads yet").waitFor();
    expect(await ann.get(`/api/chat/conversations/${id}/`)).toMatchObject({ status: 200 });
    expect(faults).toEqual([]);
    await close();
  });

  test("on a phone a thread is a page of its own: back works, and so does a reload", async () => {
    const { ann, id, answer } = await setting();
    await answer("At the sea.");
    const { page, faults, close } = await openPage(ann, `/c/${id}`, PHONE);
    await page.getByRole("button", { name: /Open the thread/ }).tap();
    await page.getByRole("heading", { name: "Thread" }).waitFor();
    await page.getByText("At the sea.").waitFor();
    expect(new URL(page.url()).pathname).toBe(`/c/${id}/t/1`);
    expect(await seriousFaults(page)).toEqual([]);
    await page.reload();
    await page.getByText("At the sea.").waitFor();
    await page.getByRole("textbox").fill("Fine.");
    await page.getByRole("button", { name: "Send", exact: true }).tap();
    await page.getByText("Fine.").waitFor();
    await page.goBack();
    await page.getByText("Hungry.").waitFor();
    expect(new URL(page.url()).pathname).toBe(`/c/${id}`);
    expect(faults).toEqual([]);
    await close();
  });
});
