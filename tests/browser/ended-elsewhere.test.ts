import { beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { until } from "../sdk/people.ts";
import { seriousFaults } from "../support/axe.ts";
import { describeInBrowser } from "../support/chromium.ts";
import { type Client, PASSWORD } from "../support/client.ts";
import { composer, confirm, message, say, saysDisconnected } from "../support/hands.ts";
import { openPage } from "../support/pages.ts";
import { startProxy } from "../support/proxy.ts";
import { withServer } from "../support/server.ts";

const ENDED = "Your session has ended";

/** Everything readable on the device, by name: loaded data, unsent messages and drafts. */
const stored = (page: Page) =>
  page.evaluate<string[]>(`new Promise((resolve, reject) => {
    const drafts = Object.keys(localStorage).filter((key) => key.startsWith("confab.draft."));
    const opening = indexedDB.open("confab");
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const database = opening.result;
      const asked = database.transaction("confab").objectStore("confab").getAllKeys();
      asked.onsuccess = () => {
        database.close();
        resolve([...asked.result.filter((key) => /cache\\/|outbox\\/| me$/.test(key)), ...drafts]);
      };
    };
  })`);
const has = async (page: Page, what: RegExp) => (await stored(page)).some((key) => what.test(key));

/** The person's sessions end, from another device. */
async function endAll(person: Client) {
  const other = await new (person.constructor as typeof Client)(person.url).logIn(person.user?.email ?? "");
  const body = { old_password: PASSWORD, password: PASSWORD, password_confirm: PASSWORD };
  expect((await other.post("/api/users/password/", body)).status).toBe(200);
}

describeInBrowser("a session that was ended on another device", () => {
  const server = withServer("embedded");
  let hal: Client;
  beforeAll(async () => {
    hal = await server.person("Hal");
  });

  test("leaves nothing readable on this device", async () => {
    const gus = await server.person("Gus");
    const { id } = await gus.conversation([hal]);
    await hal.send(id, "between us");
    const { page, faults, close } = await openPage(gus, `/c/${id}`);
    await message(page, "between us").waitFor();
    await composer(page).fill("a secret");
    await until(() => has(page, /cache\//));
    expect(await has(page, /draft/)).toBe(true);
    await endAll(gus);
    await page.getByText(ENDED).first().waitFor();
    await until(async () => (await stored(page)).length === 0);
    expect(await page.getByRole("button", { name: "Discard" }).count()).toBe(0);
    // Nor when the page is opened once more.
    await page.reload();
    await page.getByLabel("Email").waitFor();
    expect(await stored(page)).toEqual([]);
    expect(faults).toEqual([]);
    await close();
  });

  test("leaves nothing readable on this device when the page was closed meanwhile", async () => {
    const gus = await server.person("Gus");
    const { id } = await gus.conversation([hal]);
    await hal.send(id, "between us");
    const { page, faults, close } = await openPage(gus, `/c/${id}`);
    await message(page, "between us").waitFor();
    await composer(page).fill("a secret");
    await until(() => has(page, /cache\//));
    await page.goto("/api/chat/health/");
    await endAll(gus);
    expect(await has(page, /draft/)).toBe(true);
    await page.goto(`/c/${id}`);
    await page.getByText(ENDED).first().waitFor();
    await until(async () => (await stored(page)).length === 0);
    expect(faults).toEqual([]);
    await close();
  });

  test("counts the unsent texts, which go out when the same person signs in again, or are discarded", async () => {
    const gus = await server.person("Gus");
    const { id } = await gus.conversation([hal]);
    const proxy = await startProxy(Number(new URL(server.url).port));
    const { page, close } = await openPage(gus, `/c/${id}`, { at: `http://127.0.0.1:${proxy.port}` });
    const away = async (text: string) => {
      await composer(page).waitFor();
      proxy.state = "refuse";
      proxy.cut();
      await saysDisconnected(page);
      await say(page, text);
      await until(() => has(page, /outbox\//));
      await endAll(gus);
      proxy.state = "pass";
      await page.getByText("1 message is not sent yet.").waitFor({ timeout: 40_000 });
    };
    await away("not lost");
    expect(await seriousFaults(page)).toEqual([]);
    expect(await has(page, /cache\//)).toBe(false);
    await page.getByLabel("Email").fill(gus.user?.email ?? "");
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await message(page, "not lost").waitFor();
    const texts = async () => (await hal.get(`/api/chat/conversations/${id}/messages/`)).body.data.messages;
    await until(async () => (await texts()).length === 1);

    await away("lost on purpose");
    await page.getByRole("button", { name: "Discard" }).click();
    await confirm(page, "Discard");
    await page.getByText("is not sent yet").waitFor({ state: "detached" });
    expect(await stored(page)).toEqual([]);
    await close();
    await proxy.stop();
  });
});
