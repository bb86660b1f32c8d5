import { beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { until } from "../sdk/people.ts";
import { describeInBrowser } from "../support/chromium.ts";
import type { Client } from "../support/client.ts";
import { choose, composer, message, row, say, startNew } from "../support/hands.ts";
import { openPage } from "../support/pages.ts";
import { withServer } from "../support/server.ts";

describeInBrowser("a message that is edited", () => {
  const server = withServer("embedded");
  let [ann, bob, cid]: Client[] = [];
  beforeAll(async () => {
    [ann, bob, cid] = await Promise.all(["Ann", "Bob", "Cid"].map((name) => server.person(name)));
  });

  /** Ann's browser on a new conversation in which she has said this. */
  async function began(text: string) {
    if (!ann || !bob || !cid) throw new Error("nobody is there");
    const { id } = await ann.conversation([bob, cid], `About ${text}`);
    const said = await ann.send(id, text);
    const opened = await openPage(ann, `/c/${id}`);
    await choose(opened.page, text, "Edit");
    await until(async () => (await composer(opened.page).inputValue()) === text);
    return { ...opened, at: `/api/chat/conversations/${id}/messages/${said.id}/`, author: ann };
  }
  const save = (page: Page) => page.getByRole("button", { name: "Save", exact: true });

  test("keeps the unsaved edit when you come back from another conversation", async () => {
    const { page, faults, close } = await began("apples");
    await composer(page).pressSequentially(" and pears");
    await startNew(page, "New conversation");
    await page.getByRole("combobox").fill("Bob");
    await page.getByRole("option", { name: "Bob" }).click();
    await page.getByRole("button", { name: "Start chat" }).click();
    await save(page).waitFor({ state: "detached" });
    expect(await composer(page).inputValue()).toBe("");
    await row(page, "About apples").click();
    await save(page).waitFor();
    expect(await composer(page).inputValue()).toBe("apples and pears");
    await composer(page).press("Enter");
    await message(page, "apples and pears").waitFor();
    expect(await composer(page).inputValue()).toBe("");
    expect(faults).toEqual([]);
    await close();
  });

  test("has an undo history apart from that of earlier messages", async () => {
    const { page, faults, close } = await began("grapes");
    await composer(page).pressSequentially(" and figs");
    await composer(page).press("Escape");
    await save(page).waitFor({ state: "detached" });
    await composer(page).pressSequentially("sent");
    await composer(page).press("Enter");
    await message(page, "sent").waitFor();
    await composer(page).pressSequentially("new");
    const seen = new Set<string>();
    for (const key of ["Control+z", "Control+z", "Control+z", "Control+y", "Control+y", "Control+y"]) {
      await composer(page).press(key);
      seen.add(await composer(page).inputValue());
    }
    // The sent text may come back, as a whole. On a slow machine a step takes back a part of the new text.
    for (const text of seen) if (text !== "sent") expect("new").toStartWith(text);
    expect(faults).toEqual([]);
    await close();
  });

  test("and was deleted meanwhile says so, and keeps the written text for you to copy", async () => {
    const { page, at, author, faults, close } = await began("plums");
    await composer(page).pressSequentially(", many of them");
    await author.delete(at);
    await page.getByRole("alert").filter({ hasText: "This message was deleted." }).waitFor();
    await composer(page).press("Enter");
    expect(await composer(page).inputValue()).toBe("plums, many of them");
    await composer(page).press("Escape");
    await save(page).waitFor({ state: "detached" });
    await say(page, "plums, many of them");
    await message(page, "plums, many of them").waitFor();
    expect(faults).toEqual([]);
    await close();
  });

  test("and was deleted before anything was changed leaves editing", async () => {
    const { page, at, author, faults, close } = await began("cherries");
    await author.delete(at);
    await save(page).waitFor({ state: "detached" });
    expect(await composer(page).inputValue()).toBe("");
    expect(faults).toEqual([]);
    await close();
  });
});
