import { afterEach, beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import type { Conversation } from "../../src/protocol/conversations.ts";
import { until } from "../sdk/people.ts";
import { seriousFaults } from "../support/axe.ts";
import { describeInBrowser } from "../support/chromium.ts";
import type { Client } from "../support/client.ts";
import { type OpenPage, openPage } from "../support/pages.ts";
import { startProxy, type TcpProxy } from "../support/proxy.ts";
import { withServer } from "../support/server.ts";

/** The text of a message, or the words in its place. */
const content = (page: Page, text: string) => page.locator(".message-content", { hasText: text });
const field = (page: Page) => page.locator(".composer-input");
const row = (page: Page, text: string) => page.locator(".message", { hasText: text });

describeInBrowser("two people in two browsers", () => {
  const server = withServer("embedded");
  let proxy: TcpProxy;
  let ann: Client;
  let bob: Client;
  let pair: Conversation;
  const open: OpenPage[] = [];

  const show = async (person: Client, path = `/c/${pair.id}`, options: Parameters<typeof openPage>[2] = {}) => {
    const opened = await openPage(person, path, options);
    open.push(opened);
    return opened.page;
  };

  beforeAll(async () => {
    proxy = await startProxy(Number(new URL(server.url).port));
  });
  afterEach(async () => {
    // A part of the page that was loading when a test cut the connection is loaded again.
    const faults = open.flatMap((opened) => opened.faults).filter((fault) => !/dynamically imported/.test(fault));
    await Promise.all(open.splice(0).map((opened) => opened.close()));
    expect(faults).toEqual([]);
  });

  async function meet() {
    [ann, bob] = await Promise.all([server.person("Ann"), server.person("Bob")]);
    pair = await ann.conversation([bob]);
  }

  test("see each other's messages, typing and read receipts", async () => {
    await meet();
    const [annPage, bobPage] = [await show(ann), await show(bob)];
    // A page that is not connected yet gets no typing frame.
    await ann.send(pair.id, "Are you there?");
    for (const page of [annPage, bobPage]) await content(page, "Are you there?").waitFor();
    await field(annPage).pressSequentially("Hello **Bob**");
    await bobPage.locator(".typing-line", { hasText: "Ann Tester is typing…" }).waitFor();
    await field(annPage).press("Enter");
    await content(bobPage, "Hello Bob").waitFor();
    expect(await bobPage.locator(".message-text strong").textContent()).toBe("Bob");
    expect(await bobPage.locator(".typing-line").textContent()).toBe("");
    await until(async () => (await field(annPage).inputValue()) === "");

    await bobPage.bringToFront();
    await annPage.locator(".receipt", { hasText: "Read" }).waitFor();
    await field(bobPage).fill("one\ntwo");
    await field(bobPage).press("Enter");
    await content(annPage, "one").waitFor();
    expect(await content(annPage, "one").locator("p").textContent()).toBe("one\ntwo");
    expect(await annPage.locator("[data-announcements]").textContent()).toContain("Bob Tester: one two");
  });

  test("an edit and a deletion show for both", async () => {
    await meet();
    await ann.send(pair.id, "first");
    await ann.send(pair.id, "secnd");
    const [annPage, bobPage] = [await show(ann), await show(bob)];
    await content(annPage, "secnd").waitFor();
    await field(annPage).press("ArrowUp");
    await until(async () => (await field(annPage).inputValue()) === "secnd");
    expect(await annPage.locator(".message-editing").textContent()).toContain("secnd");
    await field(annPage).fill("second");
    await field(annPage).press("Enter");
    await annPage.locator(".message-editing").waitFor({ state: "detached" });
    await content(bobPage, "second").waitFor();
    expect(await row(bobPage, "second").locator(".message-edited").count()).toBe(1);

    await row(annPage, "first").hover();
    await row(annPage, "first").getByRole("button", { name: "More actions" }).click();
    await annPage.getByRole("menuitem", { name: "Delete" }).click();
    await annPage.getByRole("button", { name: "Delete message" }).click();
    await content(bobPage, "This message was deleted.").waitFor();
    expect(await content(bobPage, "first").count()).toBe(0);
    // Ann can't change Bob's messages.
    await bob.send(pair.id, "from Bob");
    await row(annPage, "from Bob").hover();
    await row(annPage, "from Bob").press("Enter");
    const items = annPage.getByRole("menuitem");
    await items.filter({ hasText: "Copy text" }).waitFor();
    for (const change of ["Edit", "Delete"]) expect(await items.filter({ hasText: change }).count()).toBe(0);
  });

  test("text typed at the moment when editing begins stays", async () => {
    await meet();
    await ann.send(pair.id, "slow");
    const page = await show(ann);
    await content(page, "slow").waitFor();
    await page.evaluate(`new MutationObserver((_, observer) => {
      if (![...document.querySelectorAll("button")].some(({ textContent }) => textContent === "Save")) return;
      observer.disconnect();
      document.querySelector("textarea").select();
      document.execCommand("insertText", false, "quick");
    }).observe(document.body, { childList: true, subtree: true })`);
    await field(page).press("ArrowUp");
    await page.getByRole("button", { name: "Save" }).waitFor();
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 100)))");
    expect(await field(page).inputValue()).toBe("quick");
    await field(page).press("Enter");
    await content(page, "quick").waitFor();
  });

  test("the keyboard moves from message to message, edits and deletes", async () => {
    await meet();
    for (const text of ["one", "two", "three"]) await ann.send(pair.id, text);
    const page = await show(ann);
    await content(page, "three").waitFor();
    await field(page).focus();
    await page.locator(".message[tabindex='0']").focus();
    await page.keyboard.press("ArrowUp");
    await until(async () => (await page.evaluate<string>("document.activeElement.textContent")).includes("two"));
    await page.keyboard.press("e");
    await until(async () => (await field(page).inputValue()) === "two");
    await page.keyboard.press("Escape");
    await row(page, "two").focus();
    await page.keyboard.press("Delete");
    await page.getByRole("button", { name: "Delete message" }).click();
    await content(page, "This message was deleted.").waitFor();
    await row(page, "one").focus();
    await page.keyboard.press("Enter");
    await page.getByRole("menuitem", { name: "Copy text" }).waitFor();
    await page.keyboard.press("Escape");
    await row(page, "three").focus();
    await page.keyboard.press("ArrowDown");
    await page.locator(".composer-input:focus").waitFor();
    expect(await seriousFaults(page)).toEqual([]);
  });

  test("a draft survives a reload, shows in the list, and disappears when it is sent", async () => {
    await meet();
    const page = await show(ann);
    await field(page).fill("not **yet** sent");
    await page.reload();
    await until(async () => (await field(page).inputValue()) === "not **yet** sent");
    await page.goto("/");
    await page.locator(".conversation-row", { hasText: "Draft: not yet sent" }).click();
    await field(page).press("Enter");
    await content(page, "not yet sent").waitFor();
    await page.reload();
    await content(page, "not yet sent").waitFor();
    expect(await field(page).inputValue()).toBe("");
  });

  test("a draft that one tab has sent disappears from the other tab", async () => {
    await meet();
    const page = await show(ann);
    await field(page).waitFor();
    const second = await page.context().newPage();
    await second.goto(`/c/${pair.id}`);
    await field(second).waitFor();
    await field(page).pressSequentially("once");
    await until(async () => (await field(second).inputValue()) === "once");
    await field(page).press("Enter");
    await until(async () => (await field(second).inputValue()) === "");
  });

  test("Page Up and Page Down scroll the messages while you type, and a long draft while there is one", async () => {
    await meet();
    for (let n = 1; n <= 40; n++) await ann.send(pair.id, `line ${n}`);
    const page = await show(ann);
    await content(page, "line 40").waitFor();
    /** How far it is to the end. */
    const left = () =>
      page.evaluate<number>(`(() => {
        const { scrollHeight, scrollTop, clientHeight } = document.querySelector(".messages-scroller");
        return scrollHeight - scrollTop - clientHeight;
      })()`);
    await until(async () => (await left()) < 2);
    const turn = (key: string) => field(page).press(key).then(left);
    // While rows that were never drawn get their heights, a list that was just opened goes to its end.
    await until(async () => (await turn("PageUp")) > 100);
    await page.locator(".composer-input:focus").waitFor();
    await until(async () => (await turn("PageDown")) < 2);
    await field(page).fill("draft\n".repeat(60));
    await field(page).press("PageUp");
    // The draft took room from the messages. The list follows its end in a later frame.
    await until(async () => (await left()) < 2);
  });

  test("a message sent without a connection waits and arrives once when it is back", async () => {
    await meet();
    const page = await show(ann, `/c/${pair.id}`, { at: `http://127.0.0.1:${proxy.port}` });
    await field(page).fill("before");
    await field(page).press("Enter");
    await row(page, "before").locator(".receipt").waitFor();
    proxy.state = "refuse";
    proxy.cut();
    await field(page).fill("while away");
    await field(page).press("Enter");
    await row(page, "while away").locator(".receipt-pending").waitFor({ state: "attached" });
    expect(await content(page, "before").count()).toBe(1);
    proxy.state = "pass";
    await page.locator(".message-own:not(.message-pending)", { hasText: "while away" }).waitFor();
    await row(page, "while away").locator(".receipt").waitFor({ timeout: 15_000 });
    const kept = await bob.get(`/api/chat/conversations/${pair.id}/messages/`);
    expect(kept.body.data?.messages ?? kept.body.messages).toHaveLength(2);
  });

  test("a refused message says why and can be discarded", async () => {
    await meet();
    const sent = await ann.send(pair.id, "first");
    const page = await show(ann, `/c/${pair.id}`, { at: `http://127.0.0.1:${proxy.port}` });
    await row(page, "first").locator(".receipt").waitFor();
    proxy.state = "refuse";
    proxy.cut();
    await field(page).press("ArrowUp");
    await field(page).fill("changed");
    await field(page).press("Enter");
    await row(page, "changed").locator(".message-clock").waitFor();
    await ann.delete(`/api/chat/conversations/${pair.id}/messages/${sent.id}/`);
    proxy.state = "pass";
    const failure = page.locator(".message-failure", { hasText: "Not changed: This message was deleted" });
    await failure.waitFor({ timeout: 20_000 });
    await failure.getByRole("button", { name: "Discard" }).click();
    await failure.waitFor({ state: "detached" });
    await content(page, "This message was deleted.").waitFor();
  });

  test("a list and a quote take their direction from their first letters, whatever the page's direction is", async () => {
    await meet();
    for (const text of ["> שלום עולם", "- one\n- two", "- אחד\n- שתיים"]) await bob.send(pair.id, text);
    const page = await show(ann);
    await content(page, "two").waitFor();
    for (const direction of ["ltr", "rtl"]) {
      await page.evaluate(`document.documentElement.dir = "${direction}"`);
      const directions = page.evaluate<string[]>(
        "[...document.querySelectorAll('.message-text blockquote, .message-text ul')].map((one) => getComputedStyle(one).direction)",
      );
      expect(await directions).toEqual(["rtl", "ltr", "rtl"]);
    }
  });

  test("HTML in names, titles and messages stays text", async () => {
    await meet();
    const attack = `<img src=x onerror="document.title='broken'"><script>document.title='broken'</script>`;
    const cid = await server.person();
    const group = await ann.conversation([bob, cid], attack);
    const texts = [
      attack,
      "[click](javascript:document.title='broken')",
      `**${attack}**`,
      `\`${attack}\``,
      `> ${attack}`,
    ];
    for (const text of texts) await bob.send(group.id, text);
    const page = await show(ann, `/c/${group.id}`);
    await page
      .locator(".message-content")
      .nth(texts.length - 1)
      .waitFor();
    expect(await page.locator(".message-text img, .message-text script, .message-text a").count()).toBe(0);
    expect(await page.locator(".message-content").first().textContent()).toBe(attack);
    expect(await page.locator("h1").textContent()).toBe(attack);
    expect(await page.locator(".conversation-row").first().textContent()).toContain("<img src=x");
    expect(await page.title()).not.toBe("broken");
    await bob.send(group.id, "see https://example.com/?a=1&b=2");
    const link = page.locator(".message-text a");
    await link.waitFor();
    expect(await link.getAttribute("rel")).toBe("noopener noreferrer nofollow");
    expect(await link.getAttribute("target")).toBe("_blank");
  });

  test("new messages are marked as new, and count as read when they are seen", async () => {
    await meet();
    await ann.send(pair.id, "known");
    await bob.get(`/api/chat/conversations/${pair.id}/messages/`);
    for (const text of ["new 1", "new 2"]) await ann.send(pair.id, text);
    const page = await show(bob, "/");
    const listed = page.locator(".conversation-row", { hasText: "Ann Tester" });
    await listed.locator(".unread-badge", { hasText: "2" }).waitFor();
    await listed.click();
    await page.locator(".unread-line", { hasText: "2 new messages" }).waitFor();
    await listed.locator(".unread-badge").waitFor({ state: "detached" });
    expect(await page.locator(".unread-line").count()).toBe(1);
    const unread = async () => (await bob.get(`/api/chat/conversations/${pair.id}/`)).body.data.unread_count;
    await until(async () => (await unread()) === 0);
  });

  test("emoji are completed by name, and chosen from a picker that is loaded when it is opened", async () => {
    await meet();
    const page = await show(ann);
    await field(page).pressSequentially("well :tad");
    await page.getByRole("option", { name: ":tada:" }).waitFor();
    await field(page).press("Enter");
    await until(async () => (await field(page).inputValue()) === "well 🎉 ");
    await page.getByRole("button", { name: "Insert an emoji" }).click();
    // Also those that the fonts here have not.
    const tooWide = "[...document.querySelectorAll('.emoji-grid')].filter((e) => e.scrollWidth > e.clientWidth).length";
    expect(await page.evaluate<number>(tooWide)).toBe(0);
    await page.getByRole("searchbox", { name: "Search emoji" }).fill("thumbsup");
    await page.keyboard.press("Enter");
    await until(async () => (await field(page).inputValue()) === "well 🎉 👍");
  });

  test("a text that the server would refuse is not sent", async () => {
    await meet();
    const page = await show(ann);
    await field(page).fill("x".repeat(5001));
    expect(await page.locator(".composer-count").textContent()).toStartWith("-1");
    expect(await field(page).evaluate((element) => element.matches("[aria-describedby*=-count]"))).toBe(true);
    await page.locator(".composer-count", { hasText: "1 character too many" }).waitFor();
    await field(page).press("Enter");
    await page.getByRole("alert").filter({ hasText: "1 character too many" }).waitFor();
    await field(page).fill("x".repeat(5000));
    await field(page).press("Enter");
    await page.getByRole("button", { name: "Show more" }).waitFor();
  });

  test("an enormous paste is refused with a message before the page would freeze", async () => {
    await meet();
    const page = await show(ann, `/c/${pair.id}`, { permissions: ["clipboard-read", "clipboard-write"] });
    await field(page).fill("before: ");
    await page.evaluate("navigator.clipboard.writeText('x'.repeat(1_000_000))");
    await field(page).press("Control+v");
    await page.getByRole("alert").filter({ hasText: "up to 5,000 characters" }).waitFor();
    expect(await field(page).inputValue()).toBe("before: ");
    // A text a little too long can be shortened.
    await page.evaluate("navigator.clipboard.writeText('y'.repeat(8_000))");
    await field(page).press("Control+v");
    await until(async () => (await field(page).inputValue()).length === 8_008);
    await page.locator(".composer-count", { hasText: "-3,008" }).waitFor();
    // Replaced text does not count.
    await page.evaluate("navigator.clipboard.writeText('z'.repeat(15_000))");
    await field(page).press("Control+a");
    await field(page).press("Control+v");
    await until(async () => (await field(page).inputValue()) === "z".repeat(15_000));
  });

  test("a file that is dropped or pasted does not replace the page, and stands above the text", async () => {
    await meet();
    const page = await show(ann);
    await field(page).fill("half a thought");
    const give = (type: "dragover" | "drop" | "paste", text = "") =>
      page.evaluate<boolean>(`(() => {
        const data = new DataTransfer();
        data.items.add(new File(["x"], "picture.png", { type: "image/png" }));
        if ("${text}") data.setData("text/plain", "${text}");
        const given = { bubbles: true, cancelable: true, dataTransfer: data, clipboardData: data };
        const event = "${type}" === "paste" ? new ClipboardEvent("paste", given) : new DragEvent("${type}", given);
        return document.querySelector(".composer-input").dispatchEvent(event);
      })()`);
    // While nobody prevents it, the browser goes on, and opens the file.
    await until(async () => !(await give("dragover")));
    expect(await give("drop")).toBe(false);
    const attached = page.getByRole("list", { name: "Attached files" }).getByRole("listitem");
    await until(async () => (await attached.count()) === 1);
    await give("paste", "cells of a table");
    await give("paste");
    await until(async () => (await attached.count()) === 2);
    expect(await field(page).inputValue()).toBe("half a thought");
  });

  test("a search finds people and conversations, and opens them", async () => {
    await meet();
    const gus = await server.person("Gustaf");
    const page = await show(ann, "/");
    const search = page.getByRole("searchbox", { name: "Search people and conversations" });
    await search.fill("bob");
    await page.getByRole("region", { name: "Conversations" }).last().locator(".conversation-row").first().waitFor();
    await search.fill("gustaf");
    await page.getByRole("button", { name: gus.user?.email ?? "" }).click();
    await page.locator(".conversation-title", { hasText: "Gustaf Tester" }).waitFor();
    expect(await search.inputValue()).toBe("");
  });

  test("an address may be written in capitals", async () => {
    await meet();
    await ann.send(pair.id, "hello");
    const page = await show(ann, `/c/${pair.id.toUpperCase()}`);
    await content(page, "hello").waitFor();
    await page.locator(".conversation-row[aria-current=page]", { hasText: "Bob" }).waitFor();
  });

  test("an address that leads nowhere says so", async () => {
    await meet();
    const page = await show(ann, "/c/00000000-0000-4000-8000-000000000000");
    await page.getByRole("heading", { name: "Conversation not found" }).waitFor();
    const cid = await server.person();
    const group = await ann.conversation([bob, cid], "Short");
    await page.goto(`/c/${group.id}`);
    // A list that was never loaded gets other words than one that was lost.
    await page.locator(".conversation-title", { hasText: "Short" }).waitFor();
    await page.locator(".messages-beginning").waitFor();
    await ann.delete(`/api/chat/conversations/${group.id}/participants/${ann.id}/`);
    await page.getByRole("heading", { name: "You are no longer in this conversation" }).waitFor();
  });

  test("the chat fits into 320 pixels, and a long press opens the menu", async () => {
    await meet();
    for (const text of ["W".repeat(300), "ok", "line\n".repeat(200)]) await bob.send(pair.id, text);
    const phone = { viewport: { width: 320, height: 568 }, hasTouch: true, isMobile: true };
    const page = await show(ann, `/c/${pair.id}`, phone);
    await page.getByRole("button", { name: "Show more" }).waitFor();
    expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBe(320);
    await field(page).fill("first line");
    await field(page).press("Enter");
    await until(async () => (await field(page).inputValue()) === "first line\n");
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await content(page, "first line").waitFor();

    await row(page, "first line").locator(".receipt").waitFor();
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
    const box = await content(page, "first line").boundingBox();
    const finger = await page.context().newCDPSession(page);
    const touchPoints = [{ x: (box?.x ?? 0) + 10, y: (box?.y ?? 0) + 10 }];
    await finger.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints });
    // The finger rests this long.
    await Bun.sleep(500);
    await finger.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
    await page.getByRole("menuitem", { name: "Edit" }).tap();
    await until(async () => (await field(page).inputValue()) === "first line");
    expect(await seriousFaults(page)).toEqual([]);
  });
});
