import { beforeAll, expect, test } from "bun:test";
import type { BrowserContextOptions, Page } from "playwright-core";
import { until } from "../sdk/people.ts";
import { seriousFaults } from "../support/axe.ts";
import { describeInBrowser } from "../support/chromium.ts";
import type { Client } from "../support/client.ts";
import { composer, isInSight, message, messages } from "../support/hands.ts";
import { openPage } from "../support/pages.ts";
import { withServer } from "../support/server.ts";

describeInBrowser("the text field of a conversation", () => {
  const server = withServer("embedded");
  let ann: Client;
  let bob: Client;
  let cid: Client;
  beforeAll(async () => {
    [ann, bob, cid] = [await server.person("Ann"), await server.person("Bob"), await server.person("Cid")];
  });

  /** Ann's browser on a new group. */
  async function open(options: BrowserContextOptions = {}, said: readonly string[] = []) {
    const { id } = await ann.conversation([bob, cid], "Writers");
    for (const text of said) await bob.send(id, text);
    const opened = await openPage(ann, `/c/${id}`, options);
    await composer(opened.page).waitFor();
    return { ...opened, id };
  }
  const written = (page: Page) => composer(page).inputValue();
  const shows = (page: Page, text: string) => until(async () => (await written(page)) === text);
  const send = (page: Page) => page.getByRole("button", { name: "Send", exact: true });
  /** Has typed something before, so that the tools for writing are loaded. */
  async function warm(page: Page) {
    await composer(page).pressSequentially("x ");
    await page.waitForLoadState("networkidle");
    await composer(page).fill("");
  }
  const select = (page: Page, from: number, to: number) =>
    composer(page).evaluate(
      (field, [a, b]) => {
        if ("setSelectionRange" in field && typeof field.setSelectionRange === "function")
          field.setSelectionRange(a, b);
      },
      [from, to],
    );
  const phone = { viewport: { width: 390, height: 740 }, hasTouch: true, isMobile: true };

  test("sends emoticons, times and addresses as typed", async () => {
    const { page, faults, close } = await open();
    const typed = [
      "a :-P",
      "score :10",
      "haha :PP",
      ":)",
      "10:30",
      "::1",
      "std::vector",
      "at http://x.example",
      "key: value",
      "ok :op",
      "oh :oo",
    ];
    for (const text of typed) {
      await composer(page).pressSequentially(text);
      // The emoji are there, so a list would be too.
      await page.waitForLoadState("networkidle");
      await composer(page).press("Enter");
      await messages(page)
        .filter({ has: page.getByText(text, { exact: true }) })
        .waitFor();
      expect(await written(page)).toBe("");
    }
    expect(faults).toEqual([]);
    await close();
  });

  test("takes an emoji by Enter for a plain name, by Tab or an arrow key for any, and none after Escape", async () => {
    const { page, faults, close } = await open();
    const options = page.getByRole("option");
    await composer(page).pressSequentially(":tad");
    await options.first().waitFor();
    await composer(page).press("Enter");
    await shows(page, "🎉 ");
    await composer(page).fill("");
    await composer(page).pressSequentially(":op");
    await options.first().waitFor();
    expect(await page.getByRole("option", { selected: true }).count()).toBe(0);
    await composer(page).press("ArrowDown");
    await page.getByRole("option", { selected: true }).waitFor();
    await composer(page).press("Enter");
    await until(async () => /^\p{Emoji}/u.test(await written(page)));
    await composer(page).fill("");
    await composer(page).pressSequentially(":ha");
    await options.first().waitFor();
    await composer(page).press("Tab");
    await until(async () => /^\p{Emoji}/u.test(await written(page)));
    await composer(page).fill("");
    await composer(page).pressSequentially(":smi");
    await options.first().waitFor();
    await composer(page).press("Escape");
    await options.first().waitFor({ state: "detached" });
    await composer(page).pressSequentially("le");
    await page.waitForLoadState("networkidle");
    expect(await options.count()).toBe(0);
    await composer(page).press("Enter");
    await message(page, ":smile").waitFor();
    // The next name has its list again; in code there is none.
    await composer(page).pressSequentially(":smi");
    await options.first().waitFor();
    await composer(page).fill("");
    await composer(page).pressSequentially("`:smile:");
    await page.waitForLoadState("networkidle");
    expect(await written(page)).toBe("`:smile:");
    expect(await options.count()).toBe(0);
    expect(faults).toEqual([]);
    await close();
  });

  test("formats by keys, in one step of undo each", async () => {
    const { page, faults, close } = await open();
    const keys: [string, string][] = [
      ["Control+b", "**word**"],
      ["Control+i", "_word_"],
      ["Control+Shift+X", "~~word~~"],
      ["Control+e", "`word`"],
      ["Control+Shift+E", "```\nword\n```"],
      ["Control+Shift+9", "> word"],
      ["Control+Shift+8", "- word"],
      ["Control+Shift+7", "1. word"],
      ["Control+Shift+U", "[word]()"],
    ];
    for (const [key, expected] of keys) {
      await composer(page).fill("word");
      await select(page, 0, 4);
      await composer(page).press(key);
      await shows(page, expected);
      await composer(page).press("Control+z");
      await shows(page, "word");
      await select(page, 0, 4);
      await composer(page).press(key);
      await shows(page, expected);
      if (key === "Control+Shift+U") continue;
      await composer(page).press(key);
      await shows(page, "word");
    }
    expect(faults).toEqual([]);
    await close();
  });

  test("gives a format to what you write after its keys, also while the code of the formats loads", async () => {
    const { id } = await ann.conversation([bob, cid], "Slow network");
    const { page, faults, close } = await openPage(ann, "/");
    const { promise: loads, resolve: load } = Promise.withResolvers<void>();
    await page.route("**/*.js", async (route) => {
      const response = await route.fetch();
      // Only the file with this code waits.
      if ((await response.text()).includes("insert(LineBreak|Paragraph)")) await loads;
      await route.fulfill({ response });
    });
    await page.goto(`/c/${id}`);
    await composer(page).pressSequentially("so ");
    await composer(page).press("Control+b");
    await composer(page).pressSequentially("bold");
    expect(await written(page)).toBe("so bold");
    load();
    await shows(page, "so **bold**");
    await composer(page).press("Control+b");
    await composer(page).pressSequentially(" and on");
    await shows(page, "so **bold** and on");
    expect(faults).toEqual([]);
    // A file may still be on its way.
    await page.unrouteAll({ behavior: "ignoreErrors" });
    await close();
  });

  test("continues a list on a new line and ends it on an empty item; a code block takes Enter", async () => {
    const { page, faults, close } = await open();
    await warm(page);
    await composer(page).pressSequentially("- a");
    await composer(page).press("Shift+Enter");
    await shows(page, "- a\n- ");
    await composer(page).press("Shift+Enter");
    await shows(page, "- a\n");
    await composer(page).fill("");
    await composer(page).pressSequentially("```js");
    await composer(page).press("Enter");
    await composer(page).pressSequentially("f()");
    await page.getByText("Ctrl+Enter sends").waitFor();
    await composer(page).press("Enter");
    await composer(page).pressSequentially("```");
    await page.getByText("Ctrl+Enter sends").waitFor({ state: "detached" });
    expect(await written(page)).toBe("```js\nf()\n```");
    await composer(page).press("Enter");
    await message(page, "f()").waitFor();
    await composer(page).pressSequentially("```");
    await composer(page).press("Enter");
    await composer(page).pressSequentially("open");
    await composer(page).press("Control+Enter");
    await message(page, "open").waitFor();
    // An item is sent by Enter as any other text.
    await composer(page).pressSequentially("- item");
    await composer(page).press("Enter");
    await message(page, "item").waitFor();
    expect(faults).toEqual([]);
    await close();
  });

  test("makes a link of a text over which an address is pasted, and pastes plain text otherwise", async () => {
    const { page, faults, close } = await open({ permissions: ["clipboard-read", "clipboard-write"] });
    await warm(page);
    const paste = async (text: string) => {
      await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`);
      await composer(page).press("Control+v");
    };
    await composer(page).fill("see this");
    await select(page, 4, 8);
    await paste("https://a.example/x_(y)");
    await shows(page, "see [this](https://a.example/x_%28y%29)");
    await composer(page).press("Control+z");
    await shows(page, "see this");
    await select(page, 4, 8);
    await paste("no address");
    await shows(page, "see no address");
    await composer(page).fill("`code`");
    await select(page, 1, 5);
    await paste("https://a.example/");
    await shows(page, "`https://a.example/`");
    const html = "<h1>Big</h1><p><b>bold</b> <a href='https://a.example'>link</a></p>";
    await composer(page).fill("");
    await page.evaluate(
      `navigator.clipboard.write([new ClipboardItem({ "text/html": new Blob([${JSON.stringify(html)}], { type: "text/html" }),` +
        ` "text/plain": new Blob(["Big\\n\\nbold link"], { type: "text/plain" }) })])`,
    );
    await composer(page).press("Control+v");
    await shows(page, "Big\n\nbold link");
    expect(faults).toEqual([]);
    await close();
  });

  test("has a bar of formats that is reached by keys, keeps the selection, and stays open in this browser", async () => {
    const { page, faults, close } = await open({}, ["hello"]);
    const bar = page.getByRole("toolbar", { name: "Formatting" });
    const opener = page.getByRole("button", { name: "Formatting" });
    expect(await bar.count()).toBe(0);
    await opener.click();
    await bar.waitFor();
    expect(await opener.getAttribute("aria-expanded")).toBe("true");
    await composer(page).fill("some words");
    await select(page, 5, 10);
    await bar.getByRole("button", { name: "Bold" }).click();
    await shows(page, "some **words**");
    await page.locator(".composer-input:focus").waitFor();
    await bar.getByRole("button", { name: "Bold" }).click();
    await shows(page, "some words");
    // One stop of Tab, and arrow keys from there.
    await bar.getByRole("button", { name: "Bold" }).focus();
    for (const [key, name] of [
      ["ArrowRight", "Italics"],
      ["End", "Spoiler"],
      ["ArrowRight", "Bold"],
      ["ArrowLeft", "Spoiler"],
      ["Home", "Bold"],
    ] as const) {
      await page.keyboard.press(key);
      await until(() => bar.getByRole("button", { name, exact: true }).evaluate((button) => button.matches(":focus")));
    }
    expect(await bar.locator("[tabindex='0']").count()).toBe(1);
    await page.evaluate("document.documentElement.dir = 'rtl'");
    await page.keyboard.press("ArrowLeft");
    await until(() => bar.getByRole("button", { name: "Italics" }).evaluate((button) => button.matches(":focus")));
    await page.keyboard.press("Escape");
    await page.locator(".composer-input:focus").waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await page.reload();
    await bar.waitFor();
    await opener.click();
    await bar.waitFor({ state: "detached" });
    expect(faults).toEqual([]);
    await close();
  });

  test("counts from 500 characters before the limit, and says why a text is not sent", async () => {
    const { page, faults, close } = await open({}, ["hello"]);
    await send(page).waitFor();
    expect(await send(page).getAttribute("aria-disabled")).toBe("true");
    expect(await send(page).getAttribute("aria-description")).toBe("Write a message first");
    await composer(page).fill("   ");
    await composer(page).press("Enter");
    await page.getByRole("alert").filter({ hasText: "Write a message first" }).waitFor();
    const said = page.locator("[data-announcements]");
    await composer(page).fill("x".repeat(4_500));
    expect(await page.locator(".composer-count").count()).toBe(0);
    await composer(page).fill("x".repeat(4_950));
    await said.getByText("50 characters left").waitFor({ state: "attached" });
    await composer(page).pressSequentially("yyy");
    await page.locator(".composer-count", { hasText: "47" }).waitFor();
    // Not at each key.
    expect(await said.textContent()).toContain("50 characters left");
    await composer(page).fill("x".repeat(5_012));
    await said.getByText("12 characters too many").waitFor({ state: "attached" });
    expect(await send(page).getAttribute("aria-disabled")).toBe("true");
    expect(await send(page).getAttribute("aria-description")).toBe("12 characters too many");
    await composer(page).press("Enter");
    await page.getByRole("alert").filter({ hasText: "12 characters too many" }).waitFor();
    expect(await messages(page).count()).toBe(1);
    expect(await seriousFaults(page)).toEqual([]);
    await composer(page).fill("x");
    expect(await send(page).getAttribute("aria-disabled")).not.toBe("true");
    expect(faults).toEqual([]);
    await close();
  });

  test("shows your last message when you edit it, and leads back to your place", async () => {
    const { id } = await ann.conversation([bob, cid], "Writers");
    await ann.send(id, "my only message");
    // It is not among the messages that are loaded first.
    for (let n = 1; n <= 120; n++) await bob.send(id, `line ${n}`);
    // Otherwise the conversation opens at the first new message.
    await ann.get(`/api/chat/conversations/${id}/messages/`);
    const { page, faults, close } = await openPage(ann, `/c/${id}`);
    await message(page, "line 120").waitFor();
    await until(() => isInSight(message(page, "line 120")));
    await composer(page).press("ArrowUp");
    await shows(page, "my only message");
    await until(() => isInSight(message(page, "my only message")));
    await page.locator(".message-editing", { hasText: "my only message" }).waitFor();
    await composer(page).press("Escape");
    await until(() => isInSight(message(page, "line 120")));
    await composer(page).press("ArrowUp");
    await until(() => isInSight(message(page, "my only message")));
    await composer(page).press("End");
    await composer(page).pressSequentially(", changed");
    await composer(page).press("Enter");
    await message(page, "my only message, changed").waitFor();
    await page.waitForTimeout(300);
    expect(await isInSight(message(page, "my only message, changed"))).toBe(true);
    await page.locator(".composer-input:focus").waitFor();
    expect(faults).toEqual([]);
    await close();
  });

  test("on a phone: the bar keeps the focus, Enter continues a list, and the field takes 40 % of the height at most", async () => {
    const { page, faults, close } = await open(phone, ["hello"]);
    await composer(page).tap();
    await warm(page);
    await page.getByRole("button", { name: "Formatting" }).tap();
    await page.locator(".composer-input:focus").waitFor();
    await composer(page).pressSequentially("a");
    await page.getByRole("toolbar").getByRole("button", { name: "Bulleted list" }).tap();
    await shows(page, "- a");
    await page.locator(".composer-input:focus").waitFor();
    await composer(page).press("Enter");
    await shows(page, "- a\n- ");
    await composer(page).fill("long\n".repeat(100));
    const { height, size } = await page.evaluate<{ height: number; size: number }>(
      "((field) => ({ height: field.clientHeight, size: parseFloat(getComputedStyle(field).fontSize) }))" +
        "(document.querySelector('.composer-input'))",
    );
    expect(height).toBeLessThanOrEqual(0.4 * 740 + 1);
    expect(size).toBeGreaterThanOrEqual(16);
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    expect(await composer(page).getAttribute("enterkeyhint")).toBe("enter");
    expect(await seriousFaults(page)).toEqual([]);
    expect(faults).toEqual([]);
    await close();
  });
});
