import { afterAll, beforeAll, expect, test } from "bun:test";
import type { BrowserContext } from "playwright-core";
import { seriousFaults } from "../support/axe.ts";
import { describeInBrowser, sharedChromium } from "../support/chromium.ts";
import { PASSWORD } from "../support/client.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

describeInBrowser("the API's pages", () => {
  let server: TestServer;
  let person: BrowserContext;
  /** What was asked of other servers, and what the pages' policy has forbidden. */
  const foreign: string[] = [];
  const forbidden: string[] = [];
  beforeAll(async () => {
    server = await startTestServer("embedded");
    person = await (await sharedChromium()).newContext({ baseURL: server.url });
    person.on("request", (request) => {
      if (!/^data:/.test(request.url()) && new URL(request.url()).origin !== server.url) foreign.push(request.url());
    });
    person.on("console", (message) => {
      if (message.type() === "error") forbidden.push(message.text());
    });
  });
  afterAll(async () => {
    await person.close();
    await server.stop();
  });

  test("try requests with the session of the browser", async () => {
    const { user } = await server.person("Ann");
    const tab = await person.newPage();
    await tab.goto("/api/docs/");
    const tried = async (id: string, body?: object) => {
      const operation = tab.locator(`[id$="-${id}"]`);
      await operation.locator(".opblock-summary-control").click();
      if (body) await operation.getByRole("textbox", { name: "Request body" }).fill(JSON.stringify(body));
      await operation.getByRole("button", { name: "Execute" }).click();
      const answer = operation.locator(".live-responses-table .response").first();
      return { status: await answer.locator(".response-col_status").textContent(), text: await answer.textContent() };
    };
    expect(await tried("login", { email: user?.email, password: PASSWORD })).toMatchObject({
      status: expect.stringContaining("200"),
    });
    expect((await tried("getProfile")).text).toContain(`"email": "${user?.email}"`);
    // Of Swagger UI itself: the button that opens a request has another one in it.
    const faults = (await seriousFaults(tab)).filter((fault) => !fault.startsWith("nested-interactive"));
    expect(faults).toEqual([]);
    await tab.close();
  });

  test("tell of every frame, on a phone in the dark too", async () => {
    const tab = await person.newPage();
    await tab.setViewportSize({ width: 360, height: 740 });
    await tab.emulateMedia({ colorScheme: "dark" });
    await tab.goto("/api/docs/");
    await tab.getByRole("link", { name: "Frames", exact: true }).click();
    await tab.getByRole("link", { name: "message_changed" }).click();
    expect(await tab.locator("#server-message_changed pre").textContent()).toContain('"type": "message_changed"');
    expect(await tab.evaluate("document.documentElement.scrollWidth")).toBe(360);
    expect(await seriousFaults(tab)).toEqual([]);
    await tab.close();
  });

  test("ask nothing of other servers, and do nothing that their policy forbids", () => {
    expect(foreign).toEqual([]);
    expect(forbidden).toEqual([]);
  });
});
