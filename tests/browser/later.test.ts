import { beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { until } from "../sdk/people.ts";
import { seriousFaults } from "../support/axe.ts";
import { describeInBrowser } from "../support/chromium.ts";
import type { Client } from "../support/client.ts";
import { choose, composer, heading, message, messages, row } from "../support/hands.ts";
import { openPage } from "../support/pages.ts";
import { withServer } from "../support/server.ts";

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

const toast = (page: Page, text: string | RegExp) => page.getByRole("status").getByText(text);
const item = (page: Page, name: string | RegExp) => page.getByRole("menuitem", { name });
const entries = (page: Page) => page.getByRole("main").getByRole("listitem");
const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name });
const shows = (page: Page, text: string) => until(async () => (await composer(page).inputValue()) === text);

describeInBrowser("things for later", () => {
  const server = withServer("embedded");
  let bob: Client;
  beforeAll(async () => {
    bob = await server.person("Bob");
  });

  async function pair() {
    const ann = await server.person("Ann");
    const { id } = await bob.conversation([ann]);
    const first = await bob.send(id, "the first message");
    await bob.send(id, "the second message");
    return { ann, id, first };
  }

  test("a message is saved by its menu and its key, shows in the list with a note, and is removed", async () => {
    const { ann, id } = await pair();
    const { page, faults, close } = await openPage(ann, `/c/${id}`);
    await message(page, "the first message").waitFor();
    await choose(page, "the first message", "Save for later");
    await toast(page, "Saved for later").waitFor();
    await message(page, "the first message").getByTitle("Saved for later").waitFor();
    await message(page, "the second message").focus();
    await page.keyboard.press("s");
    await message(page, "the second message").getByTitle("Saved for later").waitFor();

    await page.getByRole("navigation", { name: "Sections" }).getByRole("link", { name: "Saved" }).click();
    await heading(page, "Saved messages").waitFor();
    await until(async () => (await entries(page).count()) === 2);
    const newest = entries(page).first();
    await newest.getByText("the second message").waitFor();
    await newest.getByRole("button", { name: "Add a note" }).click();
    await newest.getByRole("textbox", { name: "Note" }).fill("Ask Bob");
    await newest.getByRole("button", { name: "Done" }).click();
    await newest.getByText("Ask Bob").waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await until(async () => (await ann.get("/api/chat/saved/")).body.data[0]?.note === "Ask Bob");
    await newest.getByRole("button", { name: "Remove from saved" }).click();
    await until(async () => (await entries(page).count()) === 1);
    await entries(page).first().getByRole("link").click();
    await message(page, "the first message").waitFor();
    expect(page.url()).toContain(`/c/${id}/1`);
    expect(faults).toEqual([]);
    await close();
  });

  test("a reminder is set from the list, comes when it is due, and is done", async () => {
    const { ann, id, first } = await pair();
    await ann.put(`/api/chat/saved/${first.id}/`, { note: "Call the dentist" });
    const { page, faults, close } = await openPage(ann, "/saved");
    await button(page, "Remind me…").click();
    for (const name of ["In 20 minutes", "In 1 hour", /^Tomorrow at 9/, /^Next week \(Monday/, "Other time…"])
      await item(page, name).waitFor();
    await item(page, "In 1 hour").click();
    await entries(page)
      .getByText(/^Reminder: /)
      .waitFor();
    const remind_at = new Date(Date.now() + 1_500).toISOString();
    await ann.put(`/api/chat/saved/${first.id}/`, { remind_at });
    await toast(page, "Reminder: Call the dentist").waitFor();
    await page
      .getByRole("link", { name: /Saved.*1|1.*Saved/ })
      .first()
      .waitFor();
    await entries(page).getByText("Reminder is due").waitFor();
    await entries(page).getByRole("button", { name: "Done" }).click();
    await entries(page).getByText("Reminder is due").waitFor({ state: "detached" });
    await until(async () => (await ann.get("/api/chat/saved/")).body.data[0]?.is_due === false);
    expect(faults).toEqual([]);
    expect(id).toBeString();
    await close();
  });

  test("a text is sent later, shows in the list, and goes out now when its author says so", async () => {
    const { ann, id } = await pair();
    const { page, faults, close } = await openPage(ann, `/c/${id}`);
    await composer(page).fill("not now");
    await button(page, "Send later").click();
    await item(page, /^Tomorrow at 9/).click();
    await toast(page, /^Will be sent/).waitFor();
    await shows(page, "");
    expect(await messages(page).filter({ hasText: "not now" }).count()).toBe(0);
    await button(page, "Show").click();
    await heading(page, "Scheduled").waitFor();
    await entries(page).getByText("not now").waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await entries(page).getByRole("button", { name: "Send now" }).click();
    await page.getByText("Nothing scheduled").waitFor();
    await row(page, "Bob Tester").click();
    await message(page, "not now").waitFor();

    // With a repetition, by the dialog, which refuses the past.
    await composer(page).fill("again and again");
    await button(page, "Send later").click();
    await item(page, "Other time…").click();
    await page.getByLabel("Date and time").fill("2020-01-01T10:00");
    await button(page, "Schedule").click();
    await page.getByText("Choose a time in the future.").waitFor();
    await page.getByLabel("Date and time").fill("2099-01-01T10:00");
    await page.getByLabel("Repeat").selectOption("Every week");
    await button(page, "Schedule").click();
    await until(async () => (await ann.get("/api/chat/scheduled/")).body.data[0]?.repeat === "weekly");
    expect(faults).toEqual([]);
    await close();
  });

  test("a draft goes on on another device, which offers a longer one before it replaces its own", async () => {
    const { ann, id } = await pair();
    const [laptop, phone] = [await openPage(ann, `/c/${id}`), await openPage(ann, `/c/${id}`, PHONE)];
    await composer(laptop.page).waitFor();
    await composer(phone.page).waitFor();
    await laptop.page.waitForTimeout(500);
    await composer(laptop.page).pressSequentially("Begun here");
    await shows(phone.page, "Begun here");
    await composer(phone.page).press("End");
    await composer(phone.page).pressSequentially(", ended there");
    await shows(laptop.page, "Begun here, ended there");
    // Without a connection both write.
    await phone.page.context().setOffline(true);
    await composer(phone.page).fill("the phone");
    await composer(laptop.page).fill("the laptop has written more");
    await until(async () => (await ann.get("/api/chat/me/draft/")).body.data[0]?.value.content.includes("written"));
    await phone.page.context().setOffline(false);
    await phone.page.getByRole("status").getByRole("button", { name: "Use it" }).click();
    await shows(phone.page, "the laptop has written more");
    await phone.page.getByRole("button", { name: "Send", exact: true }).click();
    await shows(laptop.page, "");
    await until(async () => (await ann.get("/api/chat/me/draft/")).body.data.length === 0);
    for (const { faults, close } of [laptop, phone]) {
      expect(faults).toEqual([]);
      await close();
    }
  });

  test("a draft that was written without a connection goes to the other devices after a restart", async () => {
    const { ann, id } = await pair();
    const { page, faults, close } = await openPage(ann, `/c/${id}`);
    await composer(page).waitFor();
    await page.waitForLoadState("networkidle");
    await page.context().setOffline(true);
    await composer(page).fill("written on the train");
    const away = await page.context().newPage();
    await page.close();
    await away.context().setOffline(false);
    await away.goto("/people");
    await until(
      async () => (await ann.get("/api/chat/me/draft/")).body.data[0]?.value.content === "written on the train",
    );
    expect(faults).toEqual([]);
    await close();
  });

  test("the list shows a draft of another device, and a reload keeps it", async () => {
    const { ann, id } = await pair();
    await ann.put(`/api/chat/conversations/${id}/me/draft/`, { content: "from the phone" });
    const { page, faults, close } = await openPage(ann, "/");
    await row(page, "from the phone").waitFor();
    await page.reload();
    await row(page, "from the phone").click();
    await shows(page, "from the phone");
    await ann.delete(`/api/chat/conversations/${id}/me/draft/`);
    await shows(page, "");
    expect(faults).toEqual([]);
    await close();
  });

  test("a message that was edited since it was read says so", async () => {
    const { ann, id, first } = await pair();
    const { page, faults, close } = await openPage(ann, `/c/${id}`);
    await message(page, "the second message").waitFor();
    await until(async () => (await ann.get(`/api/chat/conversations/${id}/changes/`)).body.data.read_seq === 2);
    await page.getByRole("navigation", { name: "Sections" }).getByRole("link", { name: "People" }).click();
    await heading(page, "People").waitFor();
    await bob.patch(`/api/chat/conversations/${id}/messages/${first.id}/`, { content: "the first, edited" });
    await bob.send(id, "the third message");
    await row(page, "Bob Tester").click();
    await message(page, "the third message").waitFor();
    await message(page, "the first, edited").getByText("edited since you read it").waitFor();
    expect(await page.getByText("edited since you read it").count()).toBe(1);
    await page.reload();
    await message(page, "the third message").waitFor();
    await page.waitForTimeout(1_000);
    expect(await page.getByText("edited since you read it").count()).toBe(0);
    expect(faults).toEqual([]);
    await close();
  });
});
