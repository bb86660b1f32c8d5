import { beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { until } from "../sdk/people.ts";
import { describeInBrowser } from "../support/chromium.ts";
import type { Client } from "../support/client.ts";
import { composer, confirm, message, messages } from "../support/hands.ts";
import { openPage } from "../support/pages.ts";
import { withServer } from "../support/server.ts";

/** The name of the focused element; `undefined` when nothing has the focus. */
const FOCUSED = `(() => {
  const focused = document.activeElement;
  return focused === document.body ? undefined : (focused.ariaLabel ?? focused.textContent);
})()`;

describeInBrowser("the focus, after a press on something that disappears,", () => {
  const server = withServer("embedded");
  let [ann, bob]: Client[] = [];
  beforeAll(async () => {
    [ann, bob] = await Promise.all([server.person("Ann"), server.person("Bob")]);
  });

  async function talk(texts: readonly string[]) {
    if (!ann || !bob) throw new Error("nobody is there");
    const { id } = await ann.conversation([bob, await server.person()]);
    for (const text of texts) await ann.send(id, text);
    const opened = await openPage(ann, `/c/${id}`);
    await message(opened.page, texts.at(-1) ?? "").waitFor();
    return { ...opened, id };
  }
  const focused = (page: Page) => page.evaluate<string | undefined>(FOCUSED);

  test("is on the message that was deleted, by its menu too", async () => {
    const { page, faults, close } = await talk(["one", "two", "three"]);
    await message(page, "two").focus();
    await message(page, "two").getByRole("button", { name: "More actions" }).press("Enter");
    await page.getByRole("menuitem", { name: "Delete" }).press("Enter");
    await confirm(page, "Delete message");
    await page.getByText("This message was deleted.").waitFor();
    expect(await focused(page)).toContain("Message deleted");
    await page.keyboard.press("ArrowUp");
    await until(async () => (await focused(page))?.endsWith(": one"));
    expect(faults).toEqual([]);
    await close();
  });

  test("goes to the text field when a failed message is discarded", async () => {
    const { page, faults, close, id } = await talk(["one"]);
    // Too long for the server, though not for the page: it counts otherwise there.
    await page.routeWebSocket(/\/ws\/(\?|$)/, (socket) => {
      const node = socket.connectToServer();
      socket.onMessage((text) => node.send(String(text).replace('"refuse me"', `"${"x".repeat(5001)}"`)));
    });
    await page.goto(`/c/${id}`);
    await message(page, "one").waitFor();
    await composer(page).fill("refuse me");
    await composer(page).press("Enter");
    await page.getByRole("alert").filter({ hasText: "Not sent" }).waitFor();
    await messages(page).last().focus();
    await page.keyboard.press("Delete");
    await confirm(page, "Discard message");
    await message(page, "refuse me").waitFor({ state: "detached" });
    expect(await focused(page)).toStartWith("Message to");
    expect(faults).toEqual([]);
    await close();
  });

  test("goes to the text field after the way back to the newest message", async () => {
    const { page, faults, close } = await talk(Array.from({ length: 40 }, (_, n) => `message ${n}`));
    const jump = page.getByRole("button", { name: "Jump to the newest messages" });
    // A list that was just opened goes to its end while rows get their heights, and takes the button away again.
    const isPressed = async () => {
      await composer(page).press("PageUp");
      return jump.press("Enter", { timeout: 2_000 }).then(
        () => true,
        () => false,
      );
    };
    await until(isPressed);
    await jump.waitFor({ state: "detached" });
    expect(await focused(page)).toStartWith("Message to");
    expect(faults).toEqual([]);
    await close();
  });

  test("stays on its row of the list when the row moves", async () => {
    const eve = await server.person("Eve");
    const groups: string[] = [];
    for (let n = 0; n < 45; n++) groups.push((await eve.conversation([await server.person("Fay")])).id);
    const { page, faults, close } = await openPage(eve, "/");
    const rows = page.locator(".conversation-row");
    await rows.first().focus();
    // A key that comes before the next row is drawn leads nowhere.
    const away = groups[4];
    if (!away) throw new Error("there are fewer groups");
    let id: string | undefined;
    while (id !== away) {
      await page.keyboard.press("ArrowDown");
      id = (await page.locator(":focus").getAttribute("href"))?.slice("/c/".length);
    }
    await eve.send(id, "to the top");
    await page.waitForSelector(`.conversation-row[href$="${id}"]:has-text("to the top")`, { state: "attached" });
    await page.locator(`[href="/c/${id}"]:focus`).waitFor();
    expect(faults).toEqual([]);
    await close();
  });

  test("goes to the list of the remaining sessions", async () => {
    const dan = await server.person("Dan");
    await server.visitor().logIn(dan.user?.email ?? "");
    const { page, faults, close } = await openPage(dan, "/settings/sessions");
    await page.getByRole("button", { name: /^End the session/ }).press("Enter");
    await page.getByRole("button", { name: /^End the session/ }).waitFor({ state: "detached" });
    await page.locator("[aria-label=Sessions]:focus").waitFor();
    expect(faults).toEqual([]);
    await close();
  });
});
