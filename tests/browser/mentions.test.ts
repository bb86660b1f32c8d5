import { beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { until } from "../sdk/people.ts";
import { seriousFaults } from "../support/axe.ts";
import { describeInBrowser } from "../support/chromium.ts";
import type { Client } from "../support/client.ts";
import { composer, confirm, message, row } from "../support/hands.ts";
import { openPage } from "../support/pages.ts";
import { withServer } from "../support/server.ts";

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const option = (page: Page, name: string | RegExp) => page.getByRole("option", { name });
const rail = (page: Page) => page.getByRole("navigation", { name: "Sections" });

describeInBrowser("mentions on the page", () => {
  const server = withServer("embedded");
  let bob: Client;
  let cid: Client;
  beforeAll(async () => {
    [bob, cid] = [await server.person("Bob"), await server.person("Cid")];
  });

  /** Ann in a group with Bob and Cid. */
  async function open(options: Parameters<typeof openPage>[2] = {}, path = (id: string) => `/c/${id}`) {
    const ann = await server.person("Ann");
    const { id } = await ann.conversation([bob, cid], "Team");
    const opened = await openPage(ann, path(id), options);
    return { ...opened, ann, id };
  }
  const newest = async (client: Client, id: string) =>
    (await client.get(`/api/chat/conversations/${id}/messages/`)).body.data.messages.at(-1);
  /** The page shows a message before the server has it. */
  const sent = async (client: Client, id: string, content: string) => {
    await until(async () => (await newest(client, id))?.content === content);
    return newest(client, id);
  };

  test("are completed by keys, and sent by the number of the account", async () => {
    const { page, faults, close, ann, id } = await open();
    await composer(page).pressSequentially("hi @bo");
    await option(page, "Bob Tester").waitFor();
    expect(await composer(page).getAttribute("aria-controls")).toBe("mention-suggestions");
    expect(await seriousFaults(page)).toEqual([]);
    await page.keyboard.press("Enter");
    expect(await composer(page).inputValue()).toBe("hi @Bob Tester ");
    await page.keyboard.type("and @");
    await option(page, /Cid Tester/).waitFor();
    await option(page, /@here/).waitFor();
    await option(page, /@all/).waitFor();
    await page.keyboard.press("Escape");
    await option(page, /Cid Tester/).waitFor({ state: "detached" });
    await page.keyboard.press("Backspace");
    await page.keyboard.type("`@Cid Tester`");
    await page.keyboard.press("Enter");
    await message(page, "hi @Bob Tester and @Cid Tester").waitFor();
    expect(await sent(ann, id, `hi <@${bob.id}> and \`@Cid Tester\``)).toMatchObject({
      mentions: { user_ids: [bob.id] },
    });
    // A press on the name opens the card of the person.
    await page.getByRole("button", { name: "@Bob Tester" }).click();
    await page.getByText(bob.user?.email ?? "").waitFor();
    await page.keyboard.press("Escape");
    // The edit shows names again.
    await message(page, "hi @Bob Tester").focus();
    await page.keyboard.press("e");
    await until(async () => (await composer(page).inputValue()) === "hi @Bob Tester and `@Cid Tester`");
    await page.keyboard.type(" @all");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Enter");
    await message(page, "@all").waitFor();
    await sent(ann, id, `hi <@${bob.id}> and \`@Cid Tester\` <!all>`);
    expect(faults).toEqual([]);
    await close();
  });

  test("are completed by touch", async () => {
    const { page, close, ann, id } = await open(PHONE);
    await composer(page).tap();
    await composer(page).pressSequentially("@Ci");
    await option(page, "Cid Tester").tap();
    expect(await composer(page).inputValue()).toBe("@Cid Tester ");
    await page.getByRole("button", { name: "Send", exact: true }).tap();
    await message(page, "@Cid Tester").waitFor();
    await sent(ann, id, `<@${cid.id}>`);
    await close();
  });

  test("stand out for their reader, in the text, in the list, in the rail and in the title", async () => {
    const { page, close, ann, id } = await open({}, () => "/");
    await row(page, "Team").waitFor();
    await bob.send(id, "plain");
    await bob.send(id, `<@${ann.id}> look`);
    await row(page, "Team").getByText("mention of you").waitFor();
    await row(page, "Team").getByText("@Ann Tester look").waitFor();
    await rail(page)
      .getByRole("link", { name: /Mentions/ })
      .waitFor();
    await until(async () => /^\(2\) @1 /.test(await page.title()));
    await row(page, "Team").click();
    const own = message(page, "@Ann Tester look");
    await own.waitFor();
    expect(await own.getAttribute("class")).toContain("message-mentioning");
    expect(await own.locator(".mention-own").count()).toBe(1);
    await until(async () => /^Team/.test(await page.title()));
    expect(await row(page, "Team").getByText("mention of you").count()).toBe(0);
    // A rename shows at once.
    await ann.patch("/api/users/profile/", { first_name: "Anna" });
    await message(page, "@Anna Tester look").waitFor();
    await close();
  });

  test("have a list that leads to each message", async () => {
    const { page, faults, close, ann, id } = await open({}, () => "/mentions");
    await page.getByText("Nobody has mentioned you yet.").waitFor();
    await bob.send(id, `<@${ann.id}> one`);
    await cid.send(id, "<!all> two");
    const entries = page.getByRole("main").getByRole("listitem");
    await until(async () => (await entries.count()) === 2);
    expect(await entries.first().textContent()).toContain("@all two");
    expect(await seriousFaults(page)).toEqual([]);
    await entries.last().getByRole("link").click();
    await message(page, "@Ann Tester one").waitFor();
    expect(new URL(page.url()).pathname).toBe(`/c/${id}/1`);
    expect(faults).toEqual([]);
    await close();
  });

  test("of everybody in a large group are asked about first", async () => {
    const ann = await server.person("Ann");
    const people = await Promise.all(
      Array.from({ length: 16 }, (_, i) => server.person(`Member${"abcdefghijklmnop"[i]}`)),
    );
    const { id } = await ann.conversation(people, "Many");
    const { page, close } = await openPage(ann, `/c/${id}`);
    await composer(page).fill("@all lunch");
    await composer(page).press("Enter");
    await page.getByText("This notifies 16 people.").waitFor();
    await page.keyboard.press("Escape");
    expect(await composer(page).inputValue()).toBe("@all lunch");
    await composer(page).press("Enter");
    await confirm(page, "Notify and send");
    await message(page, "@all lunch").waitFor();
    expect((await sent(ann, id, "<!all> lunch")).mentions).toMatchObject({ scope: "all" });
    await close();
  });

  test("say why they notified", async () => {
    const { page, close, ann, id } = await open();
    await bob.send(id, `<@${ann.id}> hello`);
    await message(page, "@Ann Tester hello").click({ button: "right" });
    await page.getByRole("menuitem", { name: "Why was I notified, or not?" }).click();
    await page.getByRole("dialog").getByText("The message mentions you.").waitFor();
    await close();
  });

  test("are all that notifies when a group is set to that", async () => {
    const { page, close, ann, id } = await open({}, () => "/");
    await row(page, "Team").click({ button: "right" });
    await page.getByRole("menuitem", { name: "Mute" }).click();
    await page.getByRole("menuitem", { name: "Notify of mentions only" }).click();
    await until(async () => (await ann.get(`/api/chat/conversations/${id}/`)).body.data.me.level === "mentions");
    await close();
  });

  test("and quiet hours are set in the settings, on every device", async () => {
    const { page, faults, close, ann } = await open({}, () => "/settings/notifications");
    const other = await openPage(ann, "/settings/notifications");
    await page.getByRole("checkbox", { name: "Monday" }).check();
    await other.page.getByLabel("From, on Monday").waitFor();
    expect(await other.page.getByLabel("From, on Monday").inputValue()).toBe("22:00");
    await page.getByRole("textbox", { name: /Keywords/ }).fill("deploy, CI run");
    await page.getByRole("textbox", { name: /Keywords/ }).press("Enter");
    await until(
      async () => (await other.page.getByRole("textbox", { name: /Keywords/ }).inputValue()) === "deploy, CI run",
    );
    await other.page.getByRole("button", { name: "For 1 hour" }).click();
    await page.getByText(/^Snoozed until/).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    expect((await ann.get("/api/users/notifications/")).body.data).toMatchObject({ keywords: ["deploy", "CI run"] });
    expect(faults).toEqual([]);
    await other.close();
    await close();
  });
});
