import { beforeAll, expect, test } from "bun:test";
import { until } from "../sdk/people.ts";
import { describeInBrowser } from "../support/chromium.ts";
import type { Client } from "../support/client.ts";
import { composer, details, heading, message, openDetails, row } from "../support/hands.ts";
import { openPage } from "../support/pages.ts";
import { withServer } from "../support/server.ts";
import { superuser } from "../support/superuser.ts";

describeInBrowser("names in an open page", () => {
  const server = withServer("embedded");
  let ann: Client;
  let bob: Client;
  let eve: Client;
  beforeAll(async () => {
    [ann, bob, eve] = [await server.person("Ann"), await server.person("Bob"), await server.person("Eve")];
  });

  const rename = (person: Client, first_name: string) => person.call("PATCH", "/api/users/profile/", { first_name });

  test("a person's new name shows in header, list, tab, members and typing line without a reload", async () => {
    const pair = await ann.conversation([bob]);
    const group = await ann.conversation([bob, eve], "Friends");
    await ann.send(pair.id, "Hello");
    const { page, faults, close } = await openPage(bob, `/c/${pair.id}`);
    await heading(page, "Ann Tester").waitFor();
    await row(page, "Ann Tester").waitFor();

    await rename(ann, "Annabel");
    await heading(page, "Annabel Tester").waitFor();
    await row(page, "Annabel Tester").waitFor();
    await until(async () => (await page.title()).includes("Annabel Tester"));

    // The members of a group are open meanwhile.
    await row(page, "Friends").click();
    await heading(page, "Friends").waitFor();
    await openDetails(page);
    const members = details(page);
    await members.getByText("Annabel Tester").waitFor();
    await rename(ann, "Anneliese");
    await members.getByText("Anneliese Tester").waitFor();
    expect(await members.getByText("Annabel Tester").count()).toBe(0);

    // And the group's own name, in the details, the header, the list and the tab.
    await ann.call("PATCH", `/api/chat/conversations/${group.id}/`, { name: "Old friends" });
    await until(async () => (await page.title()).includes("Old friends"));
    await row(page, "Old friends").waitFor({ state: "attached" });
    await page.keyboard.press("Escape");
    await heading(page, "Old friends").waitFor();

    const socket = await ann.chat(group.id);
    socket.send({ type: "typing", is_typing: true });
    await page.getByText("Anneliese Tester is typing").waitFor();
    socket.close();
    expect(faults).toEqual([]);
    await close();
  });

  test("messages and quotes of before have the new name too, also after a reload without a connection to the past", async () => {
    const { id } = await ann.conversation([bob, eve], "Quoters");
    const quoted = await eve.send(id, "quote this");
    await ann.post(`/api/chat/conversations/${id}/messages/`, { content: "quoted", reply_to: quoted.id });
    const { page, faults, close } = await openPage(bob, `/c/${id}`);
    const author = page.locator(".message-author").first();
    const quote = page.locator(".message-quote-name");
    await author.getByText("Eve Tester").waitFor();
    await quote.getByText("Eve Tester").waitFor();
    await rename(eve, "Evelyn");
    await author.getByText("Evelyn Tester").waitFor();
    await quote.getByText("Evelyn Tester").waitFor();
    await page.goto("about:blank");
    await rename(eve, "Eva");
    await page.goto(`${bob.url}/c/${id}`);
    await author.getByText("Eva Tester").waitFor();
    await quote.getByText("Eva Tester").waitFor();
    await rename(eve, "Eve");
    expect(faults).toEqual([]);
    await close();
  });

  test("a page says that the other person's account is deactivated, before something is written to them", async () => {
    const gus = await server.person("Gus");
    const pair = await bob.conversation([gus]);
    await gus.send(pair.id, "See you");
    const { page, faults, close } = await openPage(bob, `/c/${pair.id}`);
    await message(page, "See you").waitFor();
    const notice = page.getByText("This account is deactivated. Gus Tester won’t read new messages.");
    expect(await notice.count()).toBe(0);
    const root = await superuser(server);
    await root.call("PATCH", `/api/admin/users/${gus.id}/`, { is_active: false });
    await notice.waitFor();
    await page.reload();
    await notice.waitFor();
    // A text that was begun can still be sent: the account may become active again.
    await composer(page).fill("Are you there?");
    await composer(page).press("Enter");
    await message(page, "Are you there?").waitFor();
    await root.call("PATCH", `/api/admin/users/${gus.id}/`, { is_active: true });
    await notice.waitFor({ state: "detached" });
    expect(faults).toEqual([]);
    await close();
  });
});
