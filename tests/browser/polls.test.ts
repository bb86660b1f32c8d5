import { expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { until } from "../sdk/people.ts";
import { seriousFaults } from "../support/axe.ts";
import { describeInBrowser } from "../support/chromium.ts";
import { composer, message } from "../support/hands.ts";
import { openPage } from "../support/pages.ts";
import { withServer } from "../support/server.ts";

const QUESTION = "Where do we eat?";
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

const poll = (page: Page) => page.getByRole("region", { name: QUESTION });
const option = (page: Page, name: string) => poll(page).locator("label").filter({ hasText: name });
const editor = (page: Page) => page.getByRole("dialog", { name: "New poll" });

describeInBrowser("polls and pins", () => {
  const server = withServer("embedded");

  async function pair(options: Parameters<typeof openPage>[2] = {}) {
    const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
    const { id } = await ann.conversation([bob]);
    const a = await openPage(ann, `/c/${id}`, options);
    await composer(a.page).waitFor();
    return { ann, bob, id, a, path: `/api/chat/conversations/${id}/` };
  }

  async function openEditor(page: Page) {
    await page.getByRole("button", { name: "Add something else" }).click();
    await page.getByRole("menuitem", { name: "Poll" }).click();
    await editor(page).waitFor();
  }

  test("a poll is written, sent and answered by two people", async () => {
    const { bob, id, a } = await pair();
    const { page } = a;
    await openEditor(page);
    const field = (name: string) => editor(page).getByLabel(name, { exact: true });
    await editor(page).getByRole("button", { name: "Send poll" }).click();
    await editor(page).getByText("Write a question.").waitFor();
    await field("Question").fill(QUESTION);
    await field("Option 1").fill("Canteen");
    await field("Option 2").fill("Canteen");
    await editor(page).getByRole("button", { name: "Send poll" }).click();
    await editor(page).getByText("Two options are the same.").waitFor();
    await field("Option 2").fill("Park");
    await editor(page).getByRole("button", { name: "Add an option" }).click();
    await field("Option 3").fill("Home");
    expect(await seriousFaults(page)).toEqual([]);
    await editor(page).getByRole("button", { name: "Send poll" }).click();
    await editor(page).waitFor({ state: "detached" });
    await poll(page).getByText("No votes yet").waitFor();

    const b = await openPage(bob, `/c/${id}`);
    await option(b.page, "Park").click();
    await poll(page).getByText("1 person has voted").waitFor();
    await option(page, "Canteen").click();
    await poll(b.page).getByText("2 people have voted").waitFor();
    await poll(b.page).getByRole("button", { name: "See the votes" }).click();
    await poll(b.page).getByText("Ann Tester").waitFor();
    expect(await option(b.page, "Park").getByRole("radio").isChecked()).toBe(true);
    expect(await seriousFaults(b.page)).toEqual([]);
    await poll(b.page).getByRole("button", { name: "Take my vote back" }).click();
    await poll(page).getByText("1 person has voted").waitFor();
    expect([...a.faults, ...b.faults]).toEqual([]);
    await a.close();
    await b.close();
  });

  test("your anonymous vote is yours again after a reload, on a phone too", async () => {
    const { ann, a, path } = await pair(PHONE);
    const { page } = a;
    const body = { question: QUESTION, options: ["Canteen", "Park"], multiple: true, anonymous: true };
    await ann.post(`${path}messages/`, { content: QUESTION, poll: body });
    await option(page, "Park").tap();
    await option(page, "Canteen").tap();
    await poll(page).getByText("1 person has voted").waitFor();
    expect(await poll(page).getByRole("button", { name: "See the votes" }).count()).toBe(0);
    await page.reload();
    await until(
      async () => (await option(page, "Park").getByRole("checkbox").isChecked()) === true,
      () => "the own vote",
    );
    expect(await option(page, "Canteen").getByRole("checkbox").isChecked()).toBe(true);
    await a.close();
  });

  test("a vote that is refused is taken back, and says why", async () => {
    const { ann, a, path } = await pair();
    const { page } = a;
    const closes_at = new Date(Date.now() + 4_000).toISOString();
    const body = { question: QUESTION, options: ["Canteen", "Park"], closes_at };
    await ann.post(`${path}messages/`, { content: QUESTION, poll: body });
    await option(page, "Park").waitFor();
    await page.context().setOffline(true);
    await option(page, "Park").click();
    expect(await option(page, "Park").getByRole("radio").isChecked()).toBe(true);
    await Bun.sleep(4_500);
    await poll(page).getByText("Closed", { exact: true }).waitFor();
    await page.context().setOffline(false);
    await page.getByText("This poll is closed").waitFor();
    await poll(page).getByText("No votes yet").waitFor();
    await a.close();
  });

  test("a message is pinned by its key, listed, found again, and unpinned", async () => {
    const { ann, id, a } = await pair();
    const { page } = a;
    for (let n = 0; n < 60; n++) await ann.send(id, `message ${n} of many`);
    await message(page, "message 59 of many").focus();
    await page.keyboard.press("p");
    await message(page, "message 59 of many").getByText("Pinned by Ann Tester").waitFor();
    await page.getByRole("button", { name: "More about this conversation" }).click();
    await page.getByRole("menuitem", { name: "Pinned messages" }).click();
    const list = page.getByRole("complementary", { name: "Pinned messages" });
    await list.getByText("message 59 of many").waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await list.getByRole("button", { name: /message 59 of many/ }).click();
    await page.waitForURL(new RegExp(`/c/${id}/60$`));
    await list.getByRole("button", { name: "Unpin" }).click();
    await list.getByText("Nothing is pinned").waitFor();
    await message(page, "message 59 of many").getByText("Pinned by").waitFor({ state: "detached" });
    expect(a.faults).toEqual([]);
    await a.close();
  });
});
