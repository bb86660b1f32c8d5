import { afterAll, beforeAll, expect, test } from "bun:test";
import type { BrowserContext, Page } from "playwright-core";
import { describeInBrowser, sharedChromium } from "../support/chromium.ts";
import { type Client, PASSWORD } from "../support/client.ts";
import { http } from "../support/documents.ts";
import { openPage } from "../support/pages.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { superuser } from "../support/superuser.ts";
import { until } from "../support/until.ts";

/** A control inside another one: screen readers and keys can't reach it. */
const NESTED = ":is(a, button, summary) :is(a, button, summary, select, textarea, [tabindex])";

const send = (page: Page) => page.getByRole("button", { name: "Send", exact: true }).click();
const status = (page: Page) => page.locator(".reply .status");
const answer = async (page: Page) => JSON.parse((await page.locator(".reply figure").textContent()) ?? "");
const title = (page: Page) => page.getByRole("heading", { level: 1 });
const bodyField = (page: Page) => page.getByRole("textbox", { name: "Body (JSON)" });
const openCall = async (page: Page, id: string) => {
  await page.goto(`/api/docs/#${id}`);
  await page.getByRole("heading", { name: "Try it" }).waitFor();
};

describeInBrowser("the reference of the API", () => {
  let server: TestServer;
  let ann: Client;
  let conversation: string;
  let context: BrowserContext;
  /** Requests to other servers, and everything that the page or its policy complained of. */
  const foreign: string[] = [];
  const faults: string[] = [];
  beforeAll(async () => {
    server = await startTestServer("embedded");
    ann = await server.person("Ann");
    conversation = (await ann.conversation([await server.person("Bob")])).id;
    context = await (await sharedChromium()).newContext({ baseURL: server.url });
    context.on("request", (request) => {
      if (!/^data:/.test(request.url()) && new URL(request.url()).origin !== server.url) foreign.push(request.url());
    });
    context.on("console", (message) => {
      if (message.type() === "error" && !/Failed to load resource/.test(message.text())) faults.push(message.text());
    });
    context.on("weberror", (error) => faults.push(error.error().message));
  });
  afterAll(async () => {
    await context.close();
    await server.stop();
  });

  test("signs in on the page, and tries calls with that session", async () => {
    const page = await context.newPage();
    await openCall(page, "getProfile");
    await page.getByText("You are signed out. The server will refuse this call.").waitFor();
    await send(page);
    expect(await status(page).textContent()).toContain("401 Unauthorized");
    expect(await answer(page)).toMatchObject({ status: "error", code: "authentication_required" });
    await page.getByRole("button", { name: "Sign in" }).click();
    await page
      .getByRole("dialog")
      .getByLabel("Email")
      .fill(ann.user?.email ?? "");
    await page.getByRole("dialog").getByLabel("Password", { exact: true }).fill("wrong password");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").getByRole("alert").getByText("Invalid").waitFor();
    await page.getByRole("dialog").getByLabel("Password", { exact: true }).fill(PASSWORD);
    await page.keyboard.press("Enter");
    await page.getByText("You send this as Ann Tester.").waitFor();
    await send(page);
    await status(page).getByText("200 OK").waitFor();
    expect((await answer(page)).data.email).toBe(ann.user?.email);
    await page.getByText(/\d+ headers/).click();
    await page.getByText("x-request-id").waitFor();

    await openCall(page, "sendMessage");
    await page.getByLabel("conversation_id").fill(conversation);
    await bodyField(page).fill('{"content": "by the reference"}');
    await page.keyboard.press("Control+Enter");
    await status(page).getByText("201").waitFor();
    expect((await answer(page)).data.content).toBe("by the reference");
    const { body } = await ann.get(`/api/chat/conversations/${conversation}/messages/`);
    expect(body.data.messages.at(-1).content).toBe("by the reference");

    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("button", { name: "Sign in" }).waitFor();
    await page.close();
  });

  test("lists every call, and opens each at its own address", async () => {
    const page = await context.newPage();
    await page.goto("/api/docs/");
    await page.locator(".nav-list").waitFor();
    for (const [path, operations] of Object.entries(http.paths))
      for (const [method, call] of Object.entries(
        operations as Record<string, { operationId: string; summary: string }>,
      )) {
        const link = page.locator(`.nav a[href="#${call.operationId}"]`);
        expect(await link.textContent()).toBe(`${call.summary}${method.toUpperCase()}`);
        await page.evaluate(`location.hash = "${call.operationId}"`);
        await title(page).getByText(call.summary, { exact: true }).waitFor();
        expect(await page.locator(".part-address").textContent()).toBe(`${method.toUpperCase()} ${path}`);
        expect(await page.evaluate("document.title")).toBe(`${call.summary} · API reference`);
        expect(await page.locator(NESTED).count()).toBe(0);
      }
    await page.goBack();
    await page.goto("/api/docs/#no-such-call");
    await title(page).getByText("Not found").waitFor();
    await page.close();
  });

  test("finds a call by the keyboard alone, and starts reading at its title", async () => {
    const page = await context.newPage();
    await page.goto("/api/docs/");
    await page.locator(".nav-list").waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("post sends a message");
    await page.locator(".nav-list").getByText("Sends a message").first().waitFor();
    await page.getByText(/^[12] results?\.$/).waitFor();
    await page.keyboard.press("Enter");
    await title(page).getByText("Sends a message").waitFor();
    expect(await page.evaluate("document.activeElement.textContent")).toBe("Sends a message");
    await page.close();
  });

  test("sends nothing while a field is missing, leads elsewhere, or has no JSON", async () => {
    const page = await context.newPage();
    const sent: string[] = [];
    page.on("request", (request) => sent.push(`${request.method()} ${new URL(request.url()).pathname}`));
    await openCall(page, "sendMessage");
    await bodyField(page).fill("{oops");
    await page.getByText("This is not JSON:").waitFor();
    await send(page);
    await page.getByText("Fill this in.").waitFor();
    expect(await page.evaluate("document.activeElement.name")).toBe("conversation_id");
    await page.getByLabel("conversation_id").fill("..");
    await page.getByText("This can’t be a part of a path.").waitFor();
    await page.getByLabel("conversation_id").fill(conversation);
    await send(page);
    await until(() => page.evaluate("document.activeElement.tagName === 'TEXTAREA'"));
    await bodyField(page).fill("[1]");
    await page.getByText("The body must be a JSON object.").waitFor();
    await send(page);
    expect(sent.filter((request) => request.startsWith("POST"))).toEqual([]);
    await page.close();
  });

  test("offers an example of changing a user that grants no right, and asks before it sends it", async () => {
    const admin = await superuser(server, "Admin");
    const { page, close } = await openPage(admin, "/api/docs/");
    const sent: string[] = [];
    page.on("request", (request) => sent.push(request.method()));
    await openCall(page, "adminChangeUser");
    expect(JSON.parse(await bodyField(page).inputValue())).toEqual({ is_active: true });
    await page.getByLabel("user_id").fill(String(ann.user?.id));
    await send(page);
    await page.getByRole("dialog").getByText(`Send PATCH /api/admin/users/${ann.user?.id}/?`).waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    expect(sent).not.toContain("PATCH");
    await send(page);
    await page.getByRole("dialog").getByRole("button", { name: "Send PATCH" }).click();
    await status(page).getByText("200 OK").waitFor();
    await close();
  });

  test("offers no body that makes an account with a known password", async () => {
    const page = await context.newPage();
    await openCall(page, "register");
    expect(JSON.parse(await bodyField(page).inputValue())).toMatchObject({ password: "", password_confirm: "" });
    await send(page);
    await status(page).getByText("400").waitFor();
    await page.close();
  });

  test("says when a refused call may be tried again, and that the server is away", async () => {
    const page = await context.newPage();
    await openCall(page, "getServer");
    const body = { status: "error", message: "Request was throttled.", code: "throttled" };
    const headers = { "retry-after": "2", "ratelimit-limit": "20", "ratelimit-remaining": "0", "ratelimit-reset": "2" };
    await page.route("**/api/server/", (route) => route.fulfill({ status: 429, headers, json: body }));
    await send(page);
    await page.getByText("Too many requests. You can try again in 2 s.").waitFor();
    await page.getByText("0 of 20 requests left for the next 2 s.").waitFor();
    await page.getByText("You can try again now.").waitFor();
    await page.route("**/api/server/", (route) => route.abort());
    await send(page);
    await page.getByText("Couldn’t reach the server. Nothing may have arrived there.").waitFor();
    await page.close();
  });

  test("loads again on demand after the server was away", async () => {
    const page = await context.newPage();
    await page.route("**/api/openapi.json", (route) => route.abort());
    await page.goto("/api/docs/#getProfile");
    await page.getByText("Couldn’t load the reference.").waitFor();
    await page.unroute("**/api/openapi.json");
    await page.getByRole("button", { name: "Try again" }).click();
    await title(page).getByText("Your profile").waitFor();
    await page.close();
  });

  test("shows the strings of a hostile document as text, and sends nothing to other servers", async () => {
    const page = await context.newPage();
    const evil = `<img src=x onerror="document.title='owned'">[go](javascript:alert(1)) [on](https://example.com/)`;
    const field = { type: "string", description: evil, examples: [evil], default: evil, enum: [evil] };
    const operation = {
      operationId: evil,
      summary: evil,
      description: evil,
      tags: [evil],
      parameters: [{ name: evil, in: "query", description: evil, schema: field }],
      responses: { 200: { description: evil, content: { "application/json": { schema: field, example: evil } } } },
    };
    const json = {
      info: { title: evil, version: evil, description: evil },
      tags: [{ name: evil, description: evil }],
      paths: { "//example.com/": { get: operation } },
    };
    await page.route("**/api/openapi.json", (route) => route.fulfill({ json }));
    await page.goto("/api/docs/");
    await page.locator(".calls a").click();
    await page.getByRole("heading", { name: "Try it" }).waitFor();
    expect(await page.locator("main :is(img, script, iframe), main [onerror]").count()).toBe(0);
    const links = await page.evaluate<string[]>(
      "[...document.querySelectorAll('main a')].map((link) => link.protocol)",
    );
    expect(new Set(links)).toEqual(new Set(["https:"]));
    await send(page);
    await page.getByText("This address is not on this server, so nothing was sent.").waitFor();
    await page.close();
  });

  test("connects to a socket, and shows the frames both ways", async () => {
    const { page, close } = await openPage(ann, "/api/docs/#client.ping");
    const lines = page.locator(".line");
    await page.getByRole("button", { name: "Send frame" }).click();
    await page.getByText("Connect first.").waitFor();
    await page.getByRole("button", { name: "Connect", exact: true }).click();
    await page.getByRole("status").getByText("Connected to /ws/").waitFor();
    await page.getByRole("button", { name: "Send frame" }).click();
    await lines.filter({ hasText: "Received pong" }).waitFor();
    expect(await lines.filter({ hasText: "Sent ping" }).textContent()).toContain('"ref": "1"');

    await page.getByRole("button", { name: "Pause" }).click();
    await ann.send(conversation, "while it is paused");
    await page.getByText("Paused. 1 new line.").waitFor();
    expect(await lines.filter({ hasText: "activity" }).count()).toBe(0);
    await page.getByRole("button", { name: "Resume" }).click();
    await lines.filter({ hasText: "Received activity" }).waitFor();
    await page.getByRole("button", { name: "Clear" }).click();
    expect(await lines.count()).toBe(0);
    await page.getByRole("button", { name: "Disconnect" }).click();

    await page.getByLabel("Address").selectOption("/ws/chat/{conversation_id}/");
    await page.getByRole("button", { name: "Connect", exact: true }).click();
    await page.getByText("Fill this in.").waitFor();
    await page.getByRole("textbox", { name: "conversation_id" }).fill(crypto.randomUUID());
    await page.getByRole("button", { name: "Connect", exact: true }).click();
    await page.getByText("The server refused the socket.").waitFor();
    await close();
  });

  test("keeps a bounded number of frames", async () => {
    const { page, close } = await openPage(ann, "/api/docs/#client.ping");
    await page.getByRole("button", { name: "Connect", exact: true }).click();
    await page.getByRole("status").getByText("Connected to /ws/").waitFor();
    await page.evaluate("for (let i = 0; i < 150; i++) document.querySelector('form:has(textarea)').requestSubmit()");
    await until(async () => (await page.locator(".line").count()) === 200);
    await page.waitForTimeout(200);
    expect(await page.locator(".line").count()).toBe(200);
    await close();
  });

  test("has room for fields and explanations on a small phone", async () => {
    const page = await context.newPage();
    await page.setViewportSize({ width: 320, height: 640 });
    for (const id of [
      "",
      "listMessages",
      "adminGetMetrics",
      "server.message",
      "client.watch",
      "close-codes",
      "console",
    ]) {
      await page.goto(`/api/docs/#${id}`);
      await title(page).waitFor();
      expect([id, await page.evaluate("document.documentElement.scrollWidth")]).toEqual([id, 320]);
    }
    await page.getByRole("button", { name: "Contents" }).click();
    await page.getByRole("dialog").getByRole("link", { name: "Sends a message" }).click();
    await title(page).getByText("Sends a message").waitFor();
    expect((await page.getByLabel("conversation_id").boundingBox())?.width).toBeGreaterThan(200);
    await page.close();
  });

  test("loads nothing from other servers, and does nothing that its policy forbids", () => {
    expect(foreign).toEqual([]);
    expect(faults).toEqual([]);
  });
});
