import { beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { seriousFaults } from "../support/axe.ts";
import { describeInWholeBrowser } from "../support/chromium.ts";
import type { Client } from "../support/client.ts";
import { openPage } from "../support/pages.ts";
import { withServer } from "../support/server.ts";

const PATIENCE_MS = 10_000;

/** Waits until what is evaluated in the page is true; Playwright's own way is against the page's policy. */
async function holds(page: Page, expression: string) {
  const end = performance.now() + PATIENCE_MS;
  while (!(await page.evaluate<boolean>(expression))) {
    if (performance.now() > end) throw new Error(`not within ${PATIENCE_MS} ms: ${expression}`);
    await Bun.sleep(30);
  }
}

/** Waits until the worker keeps the page and serves it. */
const isKept = (page: Page) =>
  holds(page, "navigator.serviceWorker.controller !== null && caches.match('/').then((page) => page !== undefined)");

/** Whether a conversation has been written down as it was loaded, with this text in it: the list alone keeps but the newest. */
const keptByTheSdk = (text: string) => `new Promise((resolve) => {
  const opening = indexedDB.open("confab");
  opening.onsuccess = () => {
    const database = opening.result;
    const [name] = database.objectStoreNames;
    const reading = database.transaction(name).objectStore(name).getAll();
    reading.onsuccess = () => {
      database.close();
      const isWhole = (kept) => /"version":\\d+,"messages":/.test(kept) && kept.includes(${JSON.stringify(text)});
      resolve(reading.result.some(isWhole));
    };
  };
})`;

describeInWholeBrowser("the chat as an installed app", () => {
  const server = withServer("embedded");
  let ann: Client;
  let bob: Client;
  beforeAll(async () => {
    [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
  });

  const talk = async () => {
    const { body } = await ann.post("/api/chat/conversations/", { participant_ids: [bob.id] });
    const id: string = body.data.id;
    return {
      path: `/c/${id}`,
      say: (content: string) => bob.post(`/api/chat/conversations/${id}/messages/`, { content }),
    };
  };

  test("Chromium finds nothing that keeps it from being installed", async () => {
    const { page, faults, close } = await openPage(ann, "/", { chromium: "whole" });
    await isKept(page);
    const devtools = await page.context().newCDPSession(page);
    const { installabilityErrors } = await devtools.send("Page.getInstallabilityErrors");
    const errors = installabilityErrors.map(({ errorId }) => errorId);
    // A context of a test is a private window, in which nothing is ever installed.
    expect(errors.filter((error) => error !== "in-incognito")).toEqual([]);
    const { errors: manifestErrors, data } = await devtools.send("Page.getAppManifest");
    expect(manifestErrors).toEqual([]);
    expect(JSON.parse(data ?? "{}").name).toBe("Confab");
    expect(faults).toEqual([]);
    await close();
  });

  test("opens without a network and shows loaded messages; the worker stores no answer of the API", async () => {
    const { path, say } = await talk();
    await say("Read this on the train");
    const { page, faults, close } = await openPage(ann, path, { chromium: "whole" });
    await page.waitForSelector("main >> text=Read this on the train");
    await isKept(page);
    await holds(page, keptByTheSdk("Read this on the train"));
    await page.context().setOffline(true);
    await page.reload();
    await page.waitForSelector("main >> text=Read this on the train");
    await page.waitForSelector(".banner:has-text('Not connected')");

    // Signing out with unsent messages asks about them.
    await page.click("textarea");
    await page.keyboard.type("Still on the train");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".message-text:has-text('Still on the train')");
    await page.click("[aria-label='Your menu, Ann Tester']");
    await page.click("text=Sign out");
    await page.waitForSelector("dialog:has-text('not sent yet') >> text=Keep them");
    expect(await seriousFaults(page)).toEqual([]);
    await page.click("dialog >> text=Cancel");

    await page.click("text=Try now");
    await page.context().setOffline(false);
    await page.waitForSelector(".banner", { state: "detached" });
    await page.waitForSelector("[data-announcements]:has-text('Connected again')", { state: "attached" });
    const kept = await page.evaluate<string[]>(
      "caches.keys().then((names) => Promise.all(names.map((name) => caches.open(name).then((cache) => cache.keys()))))" +
        ".then((all) => all.flat().map(({ url }) => new URL(url).pathname))",
    );
    expect(kept).toContain("/");
    expect(kept.filter((path) => !/^\/($|assets\/|icons\/)/.test(path))).toEqual([]);
    expect(faults).toEqual([]);
    await close();
  });

  test("shows an unseen message as one notification over two tabs, which opens its conversation", async () => {
    const { path, say } = await talk();
    const { page, faults, close } = await openPage(ann, "/settings/notifications", {
      chromium: "whole",
      permissions: ["notifications"],
    });
    await page.click("text=Notifications >> nth=-1");
    await page.check("[role=switch] >> nth=0");
    await isKept(page);
    const second = await page.context().newPage();
    await second.goto("/");
    await second.waitForSelector(".conversations");

    await say("Are you there?");
    const shown = (tab: Page) =>
      tab.evaluate<{ title: string; body: string }[]>(
        "navigator.serviceWorker.ready.then((worker) => worker.getNotifications())" +
          ".then((all) => all.map(({ title, body }) => ({ title, body })))",
      );
    await holds(page, "document.title.startsWith('(1)')");
    await holds(second, "document.title.startsWith('(1)')");
    await holds(
      page,
      "navigator.serviceWorker.ready.then((worker) => worker.getNotifications()).then((all) => all.length === 1)",
    );
    expect(await shown(page)).toEqual([{ title: "Bob Tester", body: "Are you there?" }]);

    // Reading in one tab silences the other tab and closes its notifications.
    await second.bringToFront();
    await second.goto(path);
    await second.waitForSelector("main >> text=Are you there?");
    await say("Never mind");
    await second.waitForSelector("main >> text=Never mind");
    await holds(
      page,
      "navigator.serviceWorker.ready.then((worker) => worker.getNotifications()).then((all) => all.length === 0)",
    );
    expect(faults).toEqual([]);
    await close();
  });
});
