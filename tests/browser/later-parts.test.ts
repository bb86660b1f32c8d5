import { beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { until } from "../sdk/people.ts";
import { describeInBrowser } from "../support/chromium.ts";
import type { Client } from "../support/client.ts";
import { composer, message } from "../support/hands.ts";
import { openPage } from "../support/pages.ts";
import { withServer } from "../support/server.ts";

/** Longer than anything takes that does not wait for a file. */
const MOMENT_MS = 300;

// The page as it is while the files of its later parts are on their way, or do not come.
describeInBrowser("a part of the page that loads later", () => {
  const server = withServer("embedded");
  let [ann, bob]: Client[] = [];
  let id = "";
  beforeAll(async () => {
    [ann, bob] = await Promise.all([server.person("Ann"), server.person("Bob")]);
    if (!ann || !bob) throw new Error("nobody is there");
    id = (await ann.conversation([bob])).id;
    await bob.send(id, "apples");
    await ann.send(id, "grapes");
  });

  /** Opens the conversation in a browser in which these files wait until `come` is called. */
  async function openWithout(...files: string[]) {
    if (!ann) throw new Error("nobody is there");
    const opened = await openPage(ann, "/people");
    const { page } = opened;
    const { promise, resolve } = Promise.withResolvers<void>();
    const asked: string[] = [];
    for (const file of files)
      await page.route(`**/assets/${file}-*.js`, async (route) => {
        asked.push(file);
        await promise;
        await route.continue().catch(() => {});
      });
    await page.goto(`/c/${id}`);
    await message(page, "grapes").waitFor();
    await composer(page).and(page.locator(":focus")).waitFor();
    return { ...opened, asked, come: resolve };
  }
  const isNothing = async (page: Page) => {
    await Bun.sleep(MOMENT_MS);
    expect(await page.getByRole("dialog").count()).toBe(0);
  };

  test("gets the letters that are typed before it is there, and the text field gets none", async () => {
    const { page, faults, come, close } = await openWithout("switcher");
    await page.keyboard.press("Control+k");
    await page.keyboard.type("Zoe?");
    await page.keyboard.press("Backspace");
    await isNothing(page);
    come();
    await until(async () => (await page.getByRole("dialog").getByRole("combobox").inputValue()) === "Zoe");
    expect(await composer(page).inputValue()).toBe("");
    expect(faults).toEqual([]);
    await close();
  });

  test("does not open after Escape", async () => {
    const { page, faults, come, close } = await openWithout("switcher");
    await page.keyboard.press("Control+k");
    await page.keyboard.press("Escape");
    await page.keyboard.type("for the text field");
    come();
    await isNothing(page);
    expect(await composer(page).inputValue()).toBe("for the text field");
    expect(faults).toEqual([]);
    await close();
  });

  test("opens by the key that was pressed before it was there", async () => {
    const { page, faults, come, close } = await openWithout("key-dialog");
    await message(page, "grapes").focus();
    await page.keyboard.press("?");
    await isNothing(page);
    come();
    await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
    expect(faults).toEqual([]);
    await close();
  });

  test("runs the action whose key was pressed before the actions were there", async () => {
    const { page, faults, asked, come, close } = await openWithout("possible");
    await message(page, "apples").focus();
    await page.keyboard.press("q");
    await until(() => asked.length > 0);
    await Bun.sleep(MOMENT_MS);
    expect(await composer(page).inputValue()).toBe("");
    come();
    await until(async () => (await composer(page).inputValue()) === "> apples\n\n");
    expect(faults).toEqual([]);
    await close();
  });

  test("shows the menu that was asked for before it was there, and takes the focus", async () => {
    const { page, faults, come, close } = await openWithout("message-menu-layer");
    await message(page, "grapes").focus();
    await page.keyboard.press("Enter");
    await isNothing(page);
    expect(await page.getByRole("menu").count()).toBe(0);
    come();
    await page.locator("[role=menuitem]:focus").waitFor();
    expect(faults).toEqual([]);
    await close();
  });

  test("takes nothing else along when it does not come, and comes with a later attempt", async () => {
    if (!ann) throw new Error("nobody is there");
    const { page, close } = await openPage(ann, "/people");
    let refused = 0;
    const isRefused = "**/assets/toolbar-*.js";
    await page.route(isRefused, async (route) => {
      refused++;
      await route.abort();
    });
    await page.goto(`/c/${id}`);
    await message(page, "grapes").waitFor();
    await until(() => refused > 0);
    await message(page, "grapes").focus();
    await Bun.sleep(MOMENT_MS);
    expect(await page.getByRole("toolbar").count()).toBe(0);
    await page.getByText("A new version of this page is available.").waitFor();
    await composer(page).fill("plums");
    await composer(page).press("Enter");
    await message(page, "plums").waitFor();
    await page.unroute(isRefused);
    await message(page, "grapes").focus();
    await page.getByRole("toolbar").waitFor();
    await close();
  });
});
