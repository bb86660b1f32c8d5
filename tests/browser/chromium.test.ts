import { afterAll, beforeAll, expect, test } from "bun:test";
import type { BrowserContext } from "playwright-core";
import { seriousFaults } from "../support/axe.ts";
import { describeInBrowser, sharedChromium } from "../support/chromium.ts";

const page = (body: string) =>
  new Response(`<!doctype html><html lang="en"><title>A page</title><main><h1>A page</h1>${body}</main>`, {
    headers: { "Content-Type": "text/html", "Content-Security-Policy": "default-src 'none'" },
  });

/** That what the browser tests stand on sees what is there: or they would pass on anything. */
describeInBrowser("the browser of the tests", () => {
  let server: Bun.Server<undefined>;
  let person: BrowserContext;
  beforeAll(async () => {
    server = Bun.serve({ port: 0, routes: { "/good": page("<p>Hello</p>"), "/bad": page("<button></button>") } });
    person = await (await sharedChromium()).newContext({ baseURL: server.url.origin });
  });
  afterAll(async () => {
    await person.close();
    await server.stop(true);
  });

  test("axe finds nothing on a page without a fault", async () => {
    const tab = await person.newPage();
    await tab.goto("/good");
    expect(await tab.getByRole("heading").textContent()).toBe("A page");
    expect(await seriousFaults(tab)).toEqual([]);
  });

  test("axe finds a fault, also under a strict policy", async () => {
    const tab = await person.newPage();
    await tab.goto("/bad");
    expect(await seriousFaults(tab)).toEqual(["button-name: <button></button>"]);
  });
});
