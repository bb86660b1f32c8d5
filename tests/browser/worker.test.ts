import { expect, test } from "bun:test";
import { basename } from "node:path";
import { bundleWeb } from "../../src/web/bundle.ts";
import type { WebFile } from "../../src/web/files.ts";
import { describeInBrowser, sharedChromium } from "../support/chromium.ts";

/** The same page of another day: its assets have other names, and it says so in its title. */
function nextVersion(files: readonly WebFile[]): WebFile[] {
  const assets = files.map(({ path }) => path).filter((path) => path.startsWith("/assets/"));
  const renamed = (text: string) =>
    assets.reduce((all, path) => all.replaceAll(basename(path), `next-${basename(path)}`), text);
  return files.map(({ path, type, bytes }) => {
    if (!/^text\//.test(type)) return { path, type, bytes };
    const text = renamed(new TextDecoder().decode(bytes))
      .replace("<title>Confab</title>", '<meta name="next"><title>Confab</title>')
      .replace("confab-shell-", "confab-shell-next");
    return { path: renamed(path), type, bytes: new TextEncoder().encode(text) };
  });
}

/** Serves a version of the page and nothing of the API; or nothing at all. */
function serve(files: readonly WebFile[] | undefined, request: Request): Response {
  const { pathname } = new URL(request.url);
  if (!files) return new Response("{}", { status: 503 });
  if (pathname.startsWith("/api/")) return new Response("{}", { status: 401 });
  const file = files.find(({ path }) => path === (pathname === "/" ? "/chat/index.html" : pathname));
  if (!file) return new Response("gone", { status: 404 });
  return new Response(Uint8Array.from(file.bytes), { headers: { "Content-Type": file.type } });
}

describeInBrowser("the service worker", () => {
  test("shows the new page at once after an update, and stores it with its own assets or not at all", async () => {
    const first = await bundleWeb();
    const second = nextVersion(first);
    let current: readonly WebFile[] | undefined = first;
    const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: (request) => serve(current, request) });
    const context = await (await sharedChromium()).newContext({ baseURL: server.url.origin });
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    const kept = () =>
      page.evaluate<string[]>(
        "caches.keys().then((names) => Promise.all(names.map((name) => caches.open(name).then((cache) => cache.match('/')))))" +
          ".then((pages) => Promise.all(pages.map((page) => page?.text() ?? 'none')))" +
          ".then((texts) => texts.map((text) => (text.includes('name=\"next\"') ? 'second' : text === 'none' ? text : 'first')))",
      );
    const until = async (wanted: string[]) => {
      const end = performance.now() + 10_000;
      while (JSON.stringify(await kept()) !== JSON.stringify(wanted)) {
        if (performance.now() > end) throw new Error(`kept: ${await kept()}, wanted: ${wanted}`);
        await Bun.sleep(30);
      }
    };
    // Chromium lets an old worker go on for minutes when a page leaves in the middle of what it loads through that worker.
    const isLoaded = async () => {
      await page.waitForSelector("h1");
      await page.waitForLoadState("networkidle");
    };
    const update =
      "navigator.serviceWorker.getRegistration().then((known) => known.update()).then(() => true, () => true)";

    await page.goto("/");
    await isLoaded();
    await until(["first"]);

    // The server is replaced between the worker's script and the page: what does not fit is not kept.
    const page1 = first.find(({ path }) => path === "/chat/index.html");
    current = second.map((file) => (page1 && file.path === page1.path ? page1 : file));
    await page.evaluate(update);
    expect((await kept()).filter((version) => version !== "none")).toEqual(["first"]);

    // While nodes are replaced one by one: the page of the new one, but an old one is asked for what it names.
    current = second.filter(({ path }) => !path.startsWith("/assets/"));
    await page.reload();
    await isLoaded();
    expect(await page.locator("meta[name=next]").count()).toBe(0);

    current = second;
    await page.reload();
    await page.waitForSelector("meta[name=next]", { state: "attached" });
    await isLoaded();
    await page.evaluate(update);
    await until(["first", "second"]);

    current = undefined;
    await page.reload();
    await page.waitForSelector("meta[name=next]", { state: "attached" });
    await page.waitForSelector("h1, .shell, .starting");
    await context.close();
    await server.stop(true);
  });
});
