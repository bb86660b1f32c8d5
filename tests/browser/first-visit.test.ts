import { beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { describeInBrowser } from "../support/chromium.ts";
import type { Client } from "../support/client.ts";
import { message, say } from "../support/hands.ts";
import { isOnline, openPage } from "../support/pages.ts";
import { withServer } from "../support/server.ts";

describeInBrowser("the first visit of somebody who is signed in", () => {
  const server = withServer("embedded");
  let [ann, bob]: Client[] = [];
  let id = "";
  beforeAll(async () => {
    [ann, bob] = await Promise.all([server.person("Ann"), server.person("Bob")]);
    if (!ann || !bob) throw new Error("nobody is there");
    id = (await ann.conversation([bob])).id;
    await bob.send(id, "apples");
  });

  /** Opens a page that is not there yet, and notes what it asks for from its beginning. */
  async function openBlank() {
    if (!ann) throw new Error("nobody is there");
    const opened = await openPage(ann, "/robots.txt");
    const { page } = opened;
    const asked: string[] = [];
    page.on("websocket", (socket) => asked.push(new URL(socket.url()).pathname));
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    const count = (path: string) => asked.filter((one) => one === path).length;
    return { ...opened, count };
  }
  /** Holds back the code of the page until `come` is called. */
  async function hold(page: Page) {
    const { promise, resolve } = Promise.withResolvers<void>();
    await page.route("**/assets/index-*.js", async (route) => {
      await promise;
      await route.continue();
    });
    return resolve;
  }

  test("opens one socket and asks once who this is, before the code of the page is there", async () => {
    const { page, faults, count, close } = await openBlank();
    const come = await hold(page);
    await page.goto(`/c/${id}`, { waitUntil: "commit" });
    await isOnline(page);
    expect(count("/ws/")).toBe(1);
    expect(count("/api/users/profile/")).toBe(1);
    come();
    await message(page, "apples").waitFor();
    await say(page, "grapes");
    await message(page, "grapes").waitFor();
    await bob?.send(id, "pears");
    await message(page, "pears").waitFor();
    expect(count("/ws/")).toBe(1);
    expect(count("/api/users/profile/")).toBe(1);
    expect(faults).toEqual([]);
    await close();
  });

  test("goes on with a socket of its own when the early one has ended", async () => {
    const { page, faults, count, close } = await openBlank();
    const come = await hold(page);
    await page.goto(`/c/${id}`, { waitUntil: "commit" });
    await isOnline(page);
    await page.evaluate("confabEarly.socket.close()");
    await Bun.sleep(100);
    come();
    await message(page, "apples").waitFor();
    await bob?.send(id, "cherries");
    await message(page, "cherries").waitFor();
    expect(count("/ws/")).toBe(2);
    expect(faults).toEqual([]);
    await close();
  });

  test("is the only one with an early socket: a later one goes on from what is stored", async () => {
    const { page, faults, count, close } = await openBlank();
    await page.goto(`/c/${id}`);
    await message(page, "apples").waitFor();
    await page.waitForLoadState("networkidle");
    await page.reload();
    await message(page, "apples").waitFor();
    await bob?.send(id, "plums");
    await message(page, "plums").waitFor();
    expect(count("/ws/")).toBe(2);
    expect(await page.evaluate("typeof confabEarly")).toBe("undefined");
    expect(faults).toEqual([]);
    await close();
  });
});
