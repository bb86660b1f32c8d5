import { beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { until } from "../sdk/people.ts";
import { describeInBrowser } from "../support/chromium.ts";
import { type Client, PASSWORD } from "../support/client.ts";
import { composer, heading, message } from "../support/hands.ts";
import { openPage } from "../support/pages.ts";
import { withServer } from "../support/server.ts";

/** The focused element, and whether its focus is visible: an outline or ring on it or on the box around it. */
const FOCUS = `(() => {
  const focused = document.activeElement;
  const name = focused.ariaLabel ?? focused.labels?.[0]?.textContent ?? focused.textContent;
  const marked = (element) => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
    return (outlineStyle !== "none" && parseFloat(outlineWidth) > 0) || boxShadow !== "none";
  };
  const box = focused.matches("input, textarea") ? [focused, focused.parentElement, focused.nextElementSibling] : [focused];
  return { name: name.trim().slice(0, 60), isSeen: box.some((element) => element && marked(element)) };
})()`;

describeInBrowser("without a mouse", () => {
  const server = withServer("embedded");
  let ann: Client;
  beforeAll(async () => {
    ann = await server.person("Ann");
    for (const name of ["Bob", "Cid"]) await server.person(name);
  });

  /** Tab until it is reached; on the way the focus is always to be seen. */
  async function tabTo(page: Page, name: string | RegExp, key = "Tab") {
    const seen: string[] = [];
    for (let n = 0; n < 40; n++) {
      await page.keyboard.press(key);
      const focus = await page.evaluate<{ name: string; isSeen: boolean }>(FOCUS);
      seen.push(focus.name);
      expect(focus).toEqual({ name: focus.name, isSeen: true });
      if (typeof name === "string" ? focus.name === name : name.test(focus.name)) return;
    }
    throw new Error(`${name} is not reached; only ${seen}`);
  }
  const focused = (page: Page) => page.evaluate<{ name: string; isSeen: boolean }>(FOCUS);

  test("from signing in to signing out: a message, an edit, a deletion, a group, settings", async () => {
    const { page, faults, close } = await openPage(server.visitor(), "/sign-in");
    const keys = page.keyboard;
    await heading(page, "Sign in to Confab").waitFor();
    await page.getByLabel("Email").waitFor();
    if ((await focused(page)).name !== "Email") await tabTo(page, "Email");
    await keys.type(ann.user?.email ?? "");
    await tabTo(page, "Password");
    await keys.type(PASSWORD);
    await keys.press("Enter");
    await heading(page, "Say hello to someone").waitFor();

    await tabTo(page, "New", "Shift+Tab");
    await keys.press("Enter");
    await until(async () => (await focused(page)).name.startsWith("New conversation"));
    await keys.press("Enter");
    await page.getByRole("combobox").waitFor();
    await keys.type("Bob");
    await page.getByRole("option", { name: "Bob" }).waitFor();
    await until(async () => (await page.getByRole("option").count()) === 1);
    await keys.press("Enter");
    await page.getByRole("button", { name: "Remove Bob Tester" }).waitFor();
    await keys.press("Enter");
    await page.waitForURL("**/c/*");
    await composer(page).waitFor();
    await keys.type("Helo Bob");
    await keys.press("Enter");
    await message(page, "Helo Bob").waitFor();
    await page.getByText("Sent", { exact: true }).waitFor();
    await keys.press("ArrowUp");
    await until(async () => (await composer(page).inputValue()) === "Helo Bob");
    await keys.press("Home");
    for (let n = 0; n < 3; n++) await keys.press("ArrowRight");
    await keys.type("l");
    await keys.press("Enter");
    await message(page, "Hello Bob").waitFor();

    // From writing to the messages, to a question, and back to where one was.
    await tabTo(page, /^You, /, "Shift+Tab");
    await keys.press("Delete");
    await page.getByRole("dialog", { name: "Delete this message?" }).waitFor();
    await keys.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await focused(page)).toEqual({ name: expect.stringMatching(/^You, /), isSeen: true });
    await keys.press("Delete");
    await page.getByRole("dialog").waitFor();
    await tabTo(page, "Delete message");
    await keys.press("Enter");
    await message(page, "This message was deleted.").waitFor();

    await keys.press("n");
    for (const name of ["Bob", "Cid"]) {
      await page.getByRole("combobox").waitFor();
      await keys.type(name);
      await page.getByRole("option", { name }).waitFor();
      await until(async () => (await page.getByRole("option").count()) === 1);
      await keys.press("Enter");
      await page.getByRole("button", { name: `Remove ${name} Tester` }).waitFor();
    }
    await tabTo(page, /^Group name/, "Shift+Tab");
    await keys.type("By hand");
    await tabTo(page, "Create group of 3");
    await keys.press("Enter");
    await heading(page, "By hand").waitFor();

    await tabTo(page, "Details and members", "Shift+Tab");
    await keys.press("Enter");
    await page.getByRole("complementary").getByText("3 people").waitFor();
    await tabTo(page, "Rename the group");
    await keys.press("Escape");
    await page.getByRole("complementary").waitFor({ state: "detached" });
    expect((await focused(page)).name).toBe("Details and members");

    await keys.press("Control+,");
    await heading(page, "Profile").waitFor();
    await tabTo(page, "Appearance");
    await keys.press("Enter");
    await heading(page, "Appearance").waitFor();
    await tabTo(page, "System");
    await keys.press("ArrowRight");
    await page.locator("html[data-theme=light]").waitFor();

    await tabTo(page, /^Your menu/, "Shift+Tab");
    await keys.press("Enter");
    await page.getByRole("menuitem", { name: "Settings" }).waitFor();
    await until(async () => (await focused(page)).name === "Settings");
    await keys.press("End");
    expect(await focused(page)).toEqual({ name: "Sign out", isSeen: true });
    await keys.press("Enter");
    await heading(page, "Sign in to Confab").waitFor();
    expect(faults).toEqual([]);
    await close();
  });

  test("the first stop of Tab skips the list", async () => {
    const { page, close } = await openPage(ann, "/settings/about");
    await heading(page, "About").waitFor();
    await page.keyboard.press("Tab");
    expect(await focused(page)).toEqual({ name: "Skip to the conversation", isSeen: true });
    await page.keyboard.press("Enter");
    await page.locator("#main:focus").waitFor();
    await page.keyboard.press("Tab");
    expect(await focused(page)).toEqual({ name: "Profile", isSeen: true });
    await close();
  });

  test("shortcuts have the places of a Latin keyboard, whatever script you write", async () => {
    const { id } = await ann.conversation([await server.person("Fay")]);
    const { page, faults, close } = await openPage(ann, `/c/${id}`);
    const press = (key: string, code: string, more = "") =>
      page.evaluate(`document.activeElement.dispatchEvent(
        new KeyboardEvent("keydown", { key: "${key}", code: "${code}", bubbles: true, cancelable: true, ${more} }))`);
    await composer(page).fill("привет");
    await page.keyboard.press("Control+a");
    await press("и", "KeyB", "ctrlKey: true");
    await until(async () => (await composer(page).inputValue()) === "**привет**");
    await press("л", "KeyK", "ctrlKey: true");
    await page.getByRole("dialog", { name: "Go to" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.keyboard.press("Escape");
    await press("т", "KeyN");
    await page.getByRole("dialog", { name: "New conversation" }).waitFor();
    expect(faults).toEqual([]);
    await close();
  });

  test("on a Mac ⌘ sets marks, and Ctrl moves the caret as in other programs", async () => {
    const { id } = await ann.conversation([await server.person("Ivy")]);
    const { page, faults, close } = await openPage(ann, "/");
    await page.addInitScript('Object.defineProperty(Navigator.prototype, "platform", { get: () => "MacIntel" })');
    await page.goto(`/c/${id}`);
    await composer(page).fill("to the end");
    await page.keyboard.press("Control+e");
    await page.keyboard.press("Control+b");
    expect(await composer(page).inputValue()).toBe("to the end");
    await composer(page).selectText();
    await page.keyboard.press("Meta+b");
    expect(await composer(page).inputValue()).toBe("**to the end**");
    expect(faults).toEqual([]);
    await close();
  });

  test("while characters are composed, Enter belongs to the input method", async () => {
    const { id } = await ann.conversation([await server.person("Gil")]);
    const { page, faults, close } = await openPage(ann, `/c/${id}`);
    // The Enter that ends a composition is, in Safari, not said to be part of it.
    const enters = [`isComposing: true`, `keyCode: 229`];
    const enter = (how: string) =>
      page.evaluate(`document.activeElement.dispatchEvent(
        new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true, ${how} }))`);
    await composer(page).fill("にほんご");
    for (const how of enters) await enter(how);
    expect(await composer(page).inputValue()).toBe("にほんご");
    await page.getByRole("button", { name: "Insert an emoji" }).click();
    await page.getByRole("searchbox", { name: "Search emoji" }).fill("tada");
    for (const how of enters) await enter(how);
    await page.getByRole("searchbox", { name: "Search emoji" }).press("Enter");
    await until(async () => (await composer(page).inputValue()) === "にほんご🎉");
    await page.keyboard.press("Control+k");
    await page.keyboard.type("Gil");
    await page.getByRole("option", { name: "Gil Tester" }).waitFor();
    for (const how of enters) await enter(how);
    expect(await page.getByRole("dialog", { name: "Go to" }).count()).toBe(1);
    expect(faults).toEqual([]);
    await close();
  });

  test("the key sheet has every key that does something", async () => {
    const bob = await server.person("Dora");
    const { id } = await ann.conversation([bob]);
    const { page, faults, close } = await openPage(ann, `/c/${id}`);
    await composer(page).waitFor();
    await tabTo(page, "Details and members", "Shift+Tab");
    await page.keyboard.press("?");
    const sheet = page.getByRole("dialog", { name: "Keyboard shortcuts" });
    await sheet.waitFor();
    const keys = await sheet.locator("dd").allTextContents();
    // By hand: what the registry has is what the sheet shows, so a key that is heard without it is found by this alone.
    const expected = ["Ctrl+K", "N", "Ctrl+,", "F6", "Shift+F6", "Esc", "?", "/", "↓", "Enter", "Alt+↑", "Alt+↓"];
    expected.push("Alt+Shift+↓", "↑", "E", "Delete", "C", "R", "Shift+Enter", "Ctrl+B", "Ctrl+I", "Ctrl+E", ":");
    for (const key of expected) expect(keys.map((text) => text.trim())).toContain(key);
    await page.keyboard.press("Escape");
    await sheet.waitFor({ state: "detached" });
    expect((await focused(page)).name).toBe("Details and members");
    expect(faults).toEqual([]);
    await close();
  });
});
