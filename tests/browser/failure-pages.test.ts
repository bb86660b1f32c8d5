import { expect, test } from "bun:test";
import { startingAnswer } from "../../src/server/http/starting.ts";
import { seriousFaults } from "../support/axe.ts";
import { describeInBrowser, sharedChromium } from "../support/chromium.ts";
import { openPage } from "../support/pages.ts";
import { withServer } from "../support/server.ts";
import { superuser } from "../support/superuser.ts";

/** As a scale of text that a person sets in the browser. */
const TWICE = "document.documentElement.style.fontSize = '200%'";
const OVER = "document.documentElement.scrollWidth - document.documentElement.clientWidth";

describeInBrowser("a page about a failure", () => {
  const server = withServer("embedded");

  test.each([
    ["light", 320, "none"],
    ["dark", 1280, "none"],
    ["light", 320, "active"],
  ] as const)("is whole and accessible: %s, %d px, forced colours %s", async (colorScheme, width, forcedColors) => {
    const root = await superuser(server, "Rosa");
    await root.patch("/api/admin/settings/", { name: "W".repeat(100), color: "#facc15" });
    const options = { colorScheme, forcedColors, viewport: { width, height: 700 } };
    const { page, faults, close } = await openPage(server.visitor(), "about:blank", {
      baseURL: server.url,
      ...options,
    });
    const requests: string[] = [];
    page.on("request", (request) => requests.push(new URL(request.url()).pathname));
    for (const path of ["/no-such-page", "/api/users/profile/", "/api/users/login/"]) {
      requests.length = 0;
      await page.goto(path);
      await page.waitForTimeout(100);
      expect(requests).toEqual([path]);
      expect(await seriousFaults(page)).toEqual([]);
      expect(await page.getByRole("heading").count()).toBe(1);
      for (const direction of ["ltr", "rtl"]) {
        await page.evaluate(`document.documentElement.dir = "${direction}"`);
        expect([path, direction, await page.evaluate(OVER)]).toEqual([path, direction, 0]);
      }
      await page.evaluate(TWICE);
      expect([path, "200 %", await page.evaluate(OVER)]).toEqual([path, "200 %", 0]);
    }
    expect(faults).toEqual([]);
    await close();
  });

  test("leads to the chat and to signing in, by the keyboard", async () => {
    const { page, close } = await openPage(server.visitor(), "/no-such-page");
    await page.keyboard.press("Tab");
    await page.locator("a:focus:text('Open the chat')").waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForSelector("h1:has-text('Sign in')");
    expect(new URL(page.url()).pathname).toBe("/sign-in");
    await close();
  });

  test("loads itself anew until the server answers, and not faster than it says", async () => {
    const times: number[] = [];
    const starting = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch(request) {
        times.push(performance.now());
        return times.length < 3
          ? startingAnswer(request, { name: null, color: null })
          : new Response("<h1>Here</h1>", { headers: { "Content-Type": "text/html" } });
      },
    });
    const context = await (await sharedChromium()).newContext();
    const page = await context.newPage();
    await page.goto(`${starting.url}admin`);
    await page.waitForSelector("h1:text('The server is starting')");
    await page.waitForSelector("h1:text('Here')");
    expect(times).toHaveLength(3);
    for (const [i, time] of times.slice(1).entries()) expect(time - (times[i] ?? 0)).toBeGreaterThan(1_500);
    await context.close();
    await starting.stop(true);
  });
});
