import { afterAll, beforeAll, expect, test } from "bun:test";
import type { BrowserContext, Locator } from "playwright-core";
import { seriousFaults } from "../support/axe.ts";
import { describeInBrowser, sharedChromium } from "../support/chromium.ts";
import { PASSWORD } from "../support/client.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

describeInBrowser("the API's pages", () => {
  let server: TestServer;
  let person: BrowserContext;
  /** Requests to other servers, and loads that the pages' policy forbade. */
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

  test("offer an example of changing a user that grants no right", async () => {
    const tab = await person.newPage();
    await tab.goto("/api/docs/#/Administration/adminChangeUser");
    const body = await tab.getByRole("textbox", { name: "Request body" }).inputValue();
    expect(JSON.parse(body)).toEqual({ is_active: true });
    await tab.close();
  });

  test("describe every frame, also on a phone in dark mode", async () => {
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

  test("show a linked request from its first line on", async () => {
    const tab = await person.newPage();
    await tab.goto("/api/docs/#/People/listUsers");
    const title = tab.locator(`[id$="-listUsers"] .opblock-summary-control`);
    await tab.waitForSelector(`[id$="-listUsers"] .parameters`);
    const top = async () => (await title.boundingBox())?.y ?? Number.NaN;
    // It is scrolled to, gently: until it stands still in sight.
    for (let before = Number.NaN, now = await top(); now !== before || now > 700; now = await top()) {
      before = now;
      await Bun.sleep(300);
    }
    const bar = await tab.locator("body > header").boundingBox();
    expect(await top()).toBeGreaterThan(bar ? bar.y + bar.height : Number.NaN);
    await tab.close();
  });

  test("have room for fields and explanations on a phone", async () => {
    const tab = await person.newPage();
    await tab.setViewportSize({ width: 360, height: 740 });
    await tab.goto("/api/docs/");
    const operation = tab.locator(`[id$="-listMessages"]`);
    await operation.locator(".opblock-summary-control").click();
    const boxOf = async (locator: Locator) => {
      const box = await locator.boundingBox();
      if (!box) throw new Error("it is not to be seen");
      return { ...box, right: box.x + box.width };
    };
    const [field, around] = [await boxOf(operation.getByPlaceholder("before_seq")), await boxOf(operation)];
    expect(field.right).toBeLessThan(around.right);
    expect(field.width).toBeGreaterThan(200);
    expect((await boxOf(tab.locator("body > header"))).height).toBeLessThan(60);
    expect(await tab.evaluate("document.documentElement.scrollWidth")).toBe(360);
    await tab.goto("/api/docs/frames/");
    for (const [frame, meaning] of [
      ["client-watch", /1000/],
      ["server-presence", /last socket closed/],
    ] as const) {
      const box = await boxOf(tab.locator(`#${frame} td`, { hasText: meaning }));
      expect([frame, box.x >= 0, box.right <= 360]).toEqual([frame, true, true]);
    }
    await tab.close();
  });

  test("load nothing from other servers, and do nothing that their policy forbids", () => {
    expect(foreign).toEqual([]);
    expect(forbidden).toEqual([]);
  });
});
