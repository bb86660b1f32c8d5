import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import type { ConfabClient, Conversation } from "../../src/sdk/index.ts";
import { clientOf, contents, online, until } from "../sdk/people.ts";
import { describeInBrowser, sharedChromium } from "../support/chromium.ts";
import { type Client, PASSWORD } from "../support/client.ts";
import { startProxy, type TcpProxy } from "../support/proxy.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

setDefaultTimeout(60_000);

const BUILD = join(import.meta.dir, "../../scripts/sdk.ts");
/** With Web Locks it is no matter of time whether a tab lives, only how soon that is looked at. */
const TIMING = { lease: 900, backoff: 50, backoffMax: 200 };

describeInBrowser("the package in a browser", () => {
  const folder = mkdtempSync(join(tmpdir(), "confab-sdk-"));
  let server: TestServer;
  let proxy: TcpProxy;
  let ann: Client;
  let id: string;
  let bob: ConfabClient;
  let b: Conversation;
  let pages: Bun.Server<undefined>;
  /** The same pages on another site: the server is on 127.0.0.1. */
  let elsewhere: string;
  let browser: BrowserContext;

  const file = (path: string) => {
    if (path.endsWith(".js")) return new Response(Bun.file(join(folder, path)));
    const script = `
      import { connect } from "/index.js";
      window.client = connect({ url: "http://127.0.0.1:${proxy.port}", timing: ${JSON.stringify(TIMING)} });
      window.chat = client.open("${id}");`;
    const html = `<!doctype html><script type="module">${script}</script>`;
    return new Response(html, { headers: { "Content-Type": "text/html" } });
  };

  beforeAll(async () => {
    const build = Bun.spawn([process.execPath, BUILD, "--outdir", folder], { stdout: "ignore", stderr: "inherit" });
    // From elsewhere than the server: it is there also without a network.
    pages = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: ({ url }) => file(new URL(url).pathname) });
    elsewhere = `http://localhost:${pages.port}`;
    server = await startTestServer("embedded", { CORS_ORIGINS: `${pages.url.origin}, ${elsewhere}` });
    proxy = await startProxy(Number(new URL(server.url).port));
    expect(await build.exited).toBe(0);
    const person = await server.person("Bob");
    ann = await server.person("Ann");
    ({ id } = await ann.conversation([person]));
    bob = await online(clientOf(person));
    b = bob.open(id);
    browser = await (await sharedChromium()).newContext({ baseURL: pages.url.origin });
  });
  afterAll(async () => {
    await browser.close();
    await bob.close();
    await proxy.stop();
    await server.stop();
    await pages.stop(true);
    rmSync(folder, { recursive: true, force: true });
  });

  const openTab = async (): Promise<Page> => {
    const tab = await browser.newPage();
    await tab.goto("/sdk.html");
    await tab.evaluate("client.ready");
    return tab;
  };
  const send = (tab: Page, texts: string[]) =>
    tab.evaluate(`for (const text of ${JSON.stringify(texts)}) chat.send(text)`);
  const shown = (tab: Page) => tab.evaluate<string[]>("chat.messages.map(({ content }) => content)");
  const isIn = (state: string) => (tab: Page) => tab.waitForFunction(`client.state === "${state}"`);
  const cutOff = async (...tabs: Page[]) => {
    proxy.state = "refuse";
    proxy.cut();
    await Promise.all(tabs.map(isIn("offline")));
  };

  /** Data of a page's last milliseconds may not be stored yet: nothing can promise that. */
  const keepsUnsent = (tab: Page, count: number) =>
    tab.waitForFunction(`new Promise((resolve) => {
      const open = indexedDB.open("confab");
      open.onsuccess = () => {
        const keys = open.result.transaction("confab").objectStore("confab").getAllKeys();
        keys.onsuccess = () => resolve(keys.result.filter((key) => key.includes(" outbox/")).length === ${count});
      };
    })`);

  test("an unsent message survives a reload without a network and is sent once", async () => {
    const tab = await openTab();
    expect(await tab.evaluate<string>("client.state")).toBe("signed-out");
    await tab.evaluate(`client.signIn("${ann.user?.email}", "${PASSWORD}")`);
    // Conversations opened earlier belong to nobody now.
    await tab.reload();
    await isIn("online")(tab);
    await send(tab, ["one"]);
    await until(() => b.messages.length === 1);
    await tab.waitForFunction("chat.state === 'live' && chat.messages[0]?.state === 'sent'");
    await cutOff(tab);
    await send(tab, ["two", "three"]);
    await keepsUnsent(tab, 2);
    await tab.reload();
    await tab.evaluate("client.ready");
    expect((await shown(tab)).slice(-2)).toEqual(["two", "three"]);
    proxy.state = "pass";
    await until(() => b.messages.length === 3);
    expect(contents(b.messages)).toEqual(["one", "two", "three"]);
    await tab.close();
  });

  test("a database that the browser has closed is opened again, and unsent messages survive a reload", async () => {
    proxy.state = "pass";
    const before = b.messages.length;
    const tab = await openTab();
    await isIn("online")(tab);
    const protocol = await browser.newCDPSession(tab);
    await protocol.send("Storage.clearDataForOrigin", { origin: pages.url.origin, storageTypes: "indexeddb" });
    await cutOff(tab);
    await send(tab, ["after"]);
    await keepsUnsent(tab, 1);
    await tab.reload();
    proxy.state = "pass";
    await until(() => b.messages.length === before + 1);
    expect(b.lastMessage?.content).toBe("after");
    await tab.close();
  });

  test("a page of another site that is listed signs in, stays so over a reload, and signs out", async () => {
    const stranger = await (await sharedChromium()).newContext();
    const tab = await stranger.newPage();
    await tab.goto(`${elsewhere}/sdk.html`);
    await tab.evaluate("client.ready");
    await tab.evaluate(`client.signIn("${ann.user?.email}", "${PASSWORD}")`);
    await isIn("online")(tab);
    await tab.reload();
    await isIn("online")(tab);
    await send(tab, ["from elsewhere"]);
    await until(() => contents(b.messages).includes("from elsewhere"));
    const [cookie] = await stranger.cookies();
    expect(cookie).toMatchObject({ sameSite: "None", secure: true, partitionKey: "http://localhost" });
    await tab.evaluate("client.signOut()");
    await tab.reload();
    await isIn("signed-out")(tab);
    expect(await stranger.cookies()).toEqual([]);
    await stranger.close();
  });

  test("two tabs each send their own texts in order, and one sends what a closed tab has left", async () => {
    proxy.state = "pass";
    const before = b.messages.length;
    const [left, right] = [await openTab(), await openTab()];
    const isLoaded = `chat.state === "live" && chat.messages.length === ${before}`;
    await Promise.all([left, right].map((tab) => tab.waitForFunction(isLoaded)));
    await cutOff(left, right);
    const [ofLeft, ofRight] = [1, 2].map((tab) => Array.from({ length: 5 }, (_, n) => `${tab} ${n}`));
    if (!ofLeft || !ofRight) throw new Error("there are no texts");
    await send(left, ofLeft);
    await send(right, ofRight);
    // The right one has looked more than once, and leaves to the left one what that holds.
    await Bun.sleep(700);
    expect((await shown(right)).slice(before)).toEqual(ofRight);
    await left.close();
    await right.waitForFunction(`chat.messages.length === ${before + 10}`);
    proxy.state = "pass";
    await until(() => b.messages.length === before + 10);
    await right.waitForFunction("chat.messages.every(({ state }) => state === 'sent')");
    const all = contents(b.messages).slice(before);
    for (const texts of [ofLeft, ofRight]) expect(all.filter((text) => text[0] === texts[0]?.[0])).toEqual(texts);
    expect(await shown(right)).toEqual(contents(b.messages));
    await right.close();
  });

  test("the two modules of the package work together: edits, presence, typing, history", async () => {
    proxy.state = "pass";
    const tab = await openTab();
    await isIn("online")(tab);
    const before = b.messages.length;
    const texts = Array.from({ length: 120 }, (_, n) => `line ${n}`);
    for (const text of texts) b.send(text);
    await tab.waitForFunction(`chat.messages.at(-1)?.content === "${texts.at(-1)}"`);
    const all = b.messages.length;
    expect(all).toBe(before + texts.length);
    // Kept over a reload: a hundred, and the others page by page.
    await tab.waitForFunction(`chat.state === "live"`);
    await Bun.sleep(1_500);
    await tab.reload();
    await tab.evaluate("client.ready");
    await tab.waitForFunction(`chat.state === "live" && chat.messages.length >= 50`);
    await tab.evaluate("(async () => { while (chat.hasOlder) await chat.loadOlder(100); })()");
    expect(await shown(tab)).toEqual(contents(b.messages));

    await tab.evaluate("chat.markRead()");
    await until(() => b.readPositions.get(ann.id) === all);
    await send(tab, ["an error"]);
    await tab.waitForFunction("chat.messages.at(-1).state === 'sent'");
    await tab.evaluate("chat.edit(chat.messages.at(-1).key, 'mended').done");
    await until(() => b.lastMessage?.content === "mended");
    await tab.waitForFunction("!chat.messages.at(-1).change");
    await tab.evaluate("chat.delete(chat.messages.at(-1).key).done");
    await until(() => b.lastMessage?.content === "");
    await tab.evaluate("chat.typing()");
    await until(() => b.typists.size === 1);

    const bobsId = bob.me?.id ?? 0;
    await tab.evaluate(`client.watch([${bobsId}])`);
    await tab.waitForFunction(`client.presence(${bobsId})?.online === true`);
    expect(await tab.evaluate<number>("chat.unread")).toBe(0);
    const found = await tab.evaluate<number>("client.people('bob').then(({ total }) => total)");
    expect(found).toBe(1);
    const people = await tab.evaluate<number>("chat.participants().then(({ users }) => users.length)");
    expect(people).toBe(2);

    // Signing out in one tab, without a network, signs out the other one.
    const other = await openTab();
    await isIn("online")(other);
    await cutOff(tab, other);
    await tab.evaluate("client.signOut()");
    await isIn("signed-out")(other);
    await Promise.all([tab.close(), other.close()]);
  });
});
