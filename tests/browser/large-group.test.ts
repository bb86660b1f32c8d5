import { beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { until } from "../sdk/people.ts";
import { describeInBrowser } from "../support/chromium.ts";
import type { Client } from "../support/client.ts";
import { confirm, message } from "../support/hands.ts";
import { openPage } from "../support/pages.ts";
import { withServer } from "../support/server.ts";

/** More than the conversation itself names. */
const OTHERS = 120;
const AT_ONCE = 10;

describeInBrowser("a large group", () => {
  const server = withServer("embedded");
  let ann: Client;
  let others: Client[];
  let id: string;
  beforeAll(async () => {
    ann = await server.person("Ann");
    // Some at a time: on a busy machine, the last of all would wait for longer than the server lets them.
    others = [];
    while (others.length < OTHERS)
      others.push(...(await Promise.all(Array.from({ length: AT_ONCE }, () => server.person()))));
    id = (await ann.conversation(others, "Everybody")).id;
    await ann.send(id, "to all");
    for (const reader of others.slice(0, 5)) await reader.get(`/api/chat/conversations/${id}/messages/`);
  });

  const details = (page: Page) => page.getByRole("button", { name: "Details and members" });
  const people = (page: Page) => page.getByRole("complementary").getByRole("listitem");

  test("shows no count of readers, as it does not know all of them", async () => {
    const { page, faults, close } = await openPage(ann, `/c/${id}`);
    await message(page, "to all").waitFor();
    await message(page, "to all").getByText("Sent", { exact: true }).waitFor();
    expect(faults).toEqual([]);
    await close();
  });

  test("keeps the listed people and the focus when one of them is removed", async () => {
    const { page, faults, close } = await openPage(ann, `/c/${id}`);
    await details(page).click();
    for (const shown of [50, 100]) {
      await until(async () => (await people(page).count()) === shown);
      await page.getByRole("button", { name: "Show more" }).press("Enter");
    }
    await until(async () => (await people(page).count()) === OTHERS + 1);
    // The button is gone; the first of those that have come has the focus.
    const hundredth = people(page).nth(100).getByRole("button").first();
    expect(await hundredth.evaluate((button) => button.matches(":focus"))).toBe(true);
    await page
      .getByRole("button", { name: /^Remove .* from the group/ })
      .last()
      .press("Enter");
    await confirm(page, "Remove");
    await until(async () => (await people(page).count()) === OTHERS);
    await until(() =>
      people(page)
        .last()
        .getByRole("button")
        .first()
        .evaluate((button) => button.matches(":focus")),
    );
    expect(faults).toEqual([]);
    await close();
  });

  test("says who is in already when people are added", async () => {
    const late = others[OTHERS - 20];
    const { page, faults, close } = await openPage(ann, `/c/${id}`);
    await details(page).click();
    await page.getByRole("button", { name: "Add people" }).click();
    await page.getByRole("combobox").fill(late?.user?.email ?? "");
    await page.getByRole("option", { name: "Already in the group" }).waitFor();
    await page.keyboard.press("Enter");
    expect(
      await page
        .getByRole("dialog")
        .getByRole("button", { name: /^Remove/ })
        .count(),
    ).toBe(0);
    expect(faults).toEqual([]);
    await close();
  });
});
