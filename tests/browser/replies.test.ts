import { afterEach, beforeAll, expect, test } from "bun:test";
import { until } from "../sdk/people.ts";
import { seriousFaults } from "../support/axe.ts";
import { describeInBrowser } from "../support/chromium.ts";
import type { Client } from "../support/client.ts";
import { composer, message, row } from "../support/hands.ts";
import { type OpenPage, openPage } from "../support/pages.ts";
import { withServer } from "../support/server.ts";
import { range, sendAll } from "../ws/frames.ts";

describeInBrowser("replies on a page", () => {
  const server = withServer("embedded");
  let ann: Client;
  let bob: Client;
  let cid: Client;
  const open: OpenPage[] = [];
  beforeAll(async () => {
    [ann, bob, cid] = [await server.person("Ann"), await server.person("Bob"), await server.person("Cid")];
  });
  afterEach(async () => {
    const faults = open.flatMap((opened) => opened.faults);
    await Promise.all(open.splice(0).map((opened) => opened.close()));
    expect(faults).toEqual([]);
  });
  const show = async (id: string) => {
    const opened = await openPage(ann, `/c/${id}`);
    open.push(opened);
    return opened.page;
  };
  const group = async () => (await ann.conversation([bob, cid], "Replies")).id;
  const messagesOf = async (id: string) =>
    (await ann.get(`/api/chat/conversations/${id}/messages/`)).body.data.messages;

  test("a key works after the actions of messages could not be loaded", async () => {
    const id = await group();
    await bob.send(id, "shall we meet?");
    const opened = await openPage(ann, "/", { mayBeCut: true });
    open.push(opened);
    const { page } = opened;
    const actions = "**/assets/possible-*.js";
    let failed = 0;
    await page.route(actions, (route) => {
      failed++;
      return route.abort();
    });
    await page.goto(`/c/${id}`);
    await message(page, "shall we meet?").waitFor();
    await until(() => failed > 0);
    await page.unroute(actions);
    await message(page, "shall we meet?").focus();
    await page.keyboard.press("r");
    await page.locator(".composer-reply").getByText("Replying to Bob Tester").waitFor({ timeout: 1_500 });
  });

  test("a key begins a reply, Escape takes it away, and the sent reply quotes the message", async () => {
    const id = await group();
    await bob.send(id, "shall we **meet**?");
    const page = await show(id);
    await message(page, "shall we meet?").focus();
    await page.keyboard.press("r");
    const replying = page.locator(".composer-reply").getByText("Replying to Bob Tester");
    await replying.waitFor();
    await composer(page).and(page.locator(":focus")).waitFor();
    await page.keyboard.press("Escape");
    await replying.waitFor({ state: "detached" });

    await message(page, "shall we meet?").focus();
    await page.keyboard.press("r");
    await replying.waitFor();
    await page.keyboard.type("yes");
    await page.keyboard.press("Enter");
    const quote = page.getByRole("link", { name: /In reply to\s+Bob Tester\s+shall we meet\?/ });
    await quote.waitFor();
    await replying.waitFor({ state: "detached" });
    await until(async () => (await messagesOf(id)).length === 2);
    expect((await messagesOf(id))[1]).toMatchObject({ content: "yes", reply_to: { seq: 1, sender_id: bob.id } });
    expect(await seriousFaults(page)).toEqual([]);

    // The quote follows the quoted message.
    const [{ id: quotedId }] = await messagesOf(id);
    const path = `/api/chat/conversations/${id}/messages/${quotedId}/`;
    await bob.patch(path, { content: "or tomorrow?" });
    await page.getByRole("link", { name: /In reply to\s+Bob Tester\s+or tomorrow\?/ }).waitFor();
    await bob.delete(path);
    await page.getByRole("link", { name: /In reply to\s+Bob Tester\s+This message was deleted\./ }).waitFor();
  });

  test("a reply that is begun is kept with the draft over a reload and another conversation", async () => {
    const id = await group();
    await bob.send(id, "keep me");
    const other = await ann.conversation([cid]);
    await cid.send(other.id, "elsewhere");
    const page = await show(id);
    await message(page, "keep me").focus();
    await page.keyboard.press("r");
    await page.locator(".composer-reply").getByText("Replying to Bob Tester").waitFor();
    await page.keyboard.type("half an answer");
    await page.reload();
    await page.locator(".composer-reply").getByText("Replying to Bob Tester").waitFor();
    expect(await composer(page).inputValue()).toBe("half an answer");
    await row(page, "Cid Tester").first().click();
    await message(page, "elsewhere").waitFor();
    expect(await page.locator(".composer-reply").count()).toBe(0);
    await row(page, "Replies").first().click();
    await page.locator(".composer-reply").getByText("Replying to Bob Tester").waitFor();
    await composer(page).press("Enter");
    await page.getByRole("link", { name: /In reply to\s+Bob Tester\s+keep me/ }).waitFor();
    await page.reload();
    await message(page, "half an answer").waitFor();
    expect(await page.locator(".composer-reply").count()).toBe(0);
  });

  test("a quote leads to a message far back and marks it, and a button leads back", async () => {
    const id = await group();
    const quoted = await bob.send(id, "far back");
    const socket = await cid.chat(id);
    await sendAll(
      socket,
      range(1, 300).map((n) => `filler ${n}`),
    );
    socket.close();
    await bob.post(`/api/chat/conversations/${id}/messages/`, { content: "the reply", reply_to: quoted.id });
    await ann.get(`/api/chat/conversations/${id}/messages/`);
    const page = await show(id);
    await page.getByRole("link", { name: /In reply to\s+Bob Tester\s+far back/ }).click();
    await message(page, "far back").waitFor();
    await page.locator(".message-linked").getByText("far back").waitFor();
    expect(await message(page, "the reply").count()).toBe(0);
    await page.getByRole("button", { name: "Back to where you were" }).click();
    await message(page, "the reply").waitFor();
    await page.getByRole("button", { name: "Back to where you were" }).waitFor({ state: "detached" });
  });
});
