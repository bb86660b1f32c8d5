import { expect, test } from "bun:test";
import type { BrowserContextOptions, Page } from "playwright-core";
import { seriousFaults } from "../support/axe.ts";
import { describeInBrowser } from "../support/chromium.ts";
import { PASSWORD } from "../support/client.ts";
import { composer, heading, message, register, say } from "../support/hands.ts";
import { type OpenPage, openPage } from "../support/pages.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

/** As they are when nobody sets any. */
const DEFAULT_LIMITS = {
  RATE_LIMIT_ANON: "20/minute",
  RATE_LIMIT_USER: "100/minute",
  RATE_LIMIT_MESSAGES: "10/minute",
  RATE_LIMIT_LOGIN: "10/minute",
  RATE_LIMIT_SENDS: "50/10s",
  RATE_LIMIT_FRAMES: "200/10s",
};
const PHONE = { viewport: { width: 390, height: 760 }, hasTouch: true, isMobile: true };
const NAMES = ["Bea", "Cid", "Dora", "Emil", "Fay", "Gus", "Hanna", "Ivo", "Jana"];

const emailOf = (name: string) => `${name.toLowerCase()}@example.com`;

/** Somebody's own browser; what the server refused them for coming too often is among the faults. */
async function visit(server: TestServer, path: string, options: BrowserContextOptions = {}): Promise<OpenPage> {
  const opened = await openPage(server.visitor(), "about:blank", { ...options, at: server.url });
  opened.page.on("response", (response) => {
    if (response.status() === 429) opened.faults.push(`429 ${response.url()}`);
  });
  opened.page.on("console", (said) => {
    if (/401/.test(said.text())) opened.faults.push(said.text());
  });
  await opened.page.goto(path);
  return opened;
}

const next = (page: Page) => page.getByRole("button", { name: "Continue" }).click();
const linkOn = async (page: Page) => (await page.getByRole("status", { name: "Invite link" }).textContent()) ?? "";

/** The first one on a fresh server makes the admin's account and answers what is asked; resolves with the invite link. */
async function setUp(page: Page): Promise<string> {
  await heading(page, "Set up this server").waitFor();
  expect(await seriousFaults(page)).toEqual([]);
  await page.getByLabel("First name").fill("Ann");
  await page.getByLabel("Last name").fill("Example");
  await page.getByLabel("Email").fill(emailOf("Ann"));
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Create admin account" }).click();
  await heading(page, "Name your server").waitFor();
  await page.getByRole("textbox", { name: "Name" }).fill("Example Team");
  await next(page);
  await heading(page, "Who can create an account?").waitFor();
  expect(await page.getByRole("radio", { name: "People with an invite link" }).isChecked()).toBe(true);
  expect(await seriousFaults(page)).toEqual([]);
  await next(page);
  await heading(page, "A group for everyone").waitFor();
  await next(page);
  await heading(page, "Invite your people").waitFor();
  const link = await linkOn(page);
  expect(await seriousFaults(page)).toEqual([]);
  await page.getByRole("button", { name: "Start chatting" }).click();
  return link;
}

describeInBrowser("a team of ten", () => {
  test("registers and chats from one address within the default limits, and a stranger gains nothing", async () => {
    const server = await startTestServer("embedded", DEFAULT_LIMITS);
    const ann = await visit(server, "/");
    const link = await setUp(ann.page);
    expect(link).toStartWith(`${server.url}/invite/`);
    await ann.page.getByRole("link", { name: /Everyone/ }).click();
    await composer(ann.page).waitFor();
    expect(await ann.page.title()).toContain("Example Team");

    // The others come with laptops and phones, three at a time.
    const others: OpenPage[] = [];
    const waiting = [...NAMES.entries()];
    const come = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const [n, name] = next;
        const opened = await visit(server, link, n % 2 === 0 ? {} : PHONE);
        await heading(opened.page, "Ann Example invited you").waitFor();
        await register(opened.page, name, emailOf(name));
        await opened.page
          .getByRole("link", { name: /Everyone/ })
          .first()
          .waitFor();
        others[n] = opened;
      }
    };
    await Promise.all([come(), come(), come()]);

    await say(ann.page, "Welcome all of you");
    for (const { page } of others) {
      await page.goto("/");
      await page.getByRole("link", { name: /Everyone/ }).click();
      await message(page, "Welcome all of you").waitFor();
    }
    await ann.page.getByRole("button", { name: "Details and members" }).click();
    await ann.page.getByRole("heading", { name: "10 people" }).waitFor();

    // One of them forgets the password. The admin makes a link, which the panel does by this call.
    const bea = await visit(server, "/sign-in");
    await bea.page.getByText("Forgot your password?").click();
    await bea.page.getByText("Ask an admin of Example Team for a link to set a new one.").waitFor();
    const { request } = ann.page.context();
    const users = await (await request.get("/api/users/list/?search=Bea")).json();
    const made = await request.post(`/api/admin/users/${users.data[0].id}/reset-link/`);
    await bea.page.goto((await made.json()).data.url);
    await bea.page.getByText("Hello Bea Example").waitFor();
    expect(new URL(bea.page.url()).hash).toBe("");
    expect(await seriousFaults(bea.page)).toEqual([]);
    await bea.page.getByLabel("New password", { exact: true }).fill("Another-Pass-77");
    await bea.page.getByLabel("Confirm new password").fill("Another-Pass-78");
    await bea.page.keyboard.press("Enter");
    await bea.page.getByText("Passwords do not match.").waitFor();
    await bea.page.getByLabel("Confirm new password").fill("Another-Pass-77");
    await bea.page.keyboard.press("Enter");
    await bea.page.getByRole("link", { name: /Everyone/ }).waitFor();

    // A stranger at the same address.
    const stranger = await visit(server, "/register");
    await heading(stranger.page, "Sign in to Example Team").waitFor();
    await stranger.page.getByText("You need an invite link").waitFor();
    expect(await stranger.page.getByRole("button", { name: "Create account" }).count()).toBe(0);
    expect(stranger.faults).toEqual([]);
    const nobody = server.visitor();
    const person = { email: "s@example.com", first_name: "Sid", last_name: "Stranger" };
    const account = { ...person, password: PASSWORD, password_confirm: PASSWORD };
    expect((await nobody.post("/api/users/register/", account)).status).toBe(403);
    expect((await nobody.post("/api/users/register/", { ...account, first: true })).status).toBe(400);
    expect((await nobody.get("/api/users/list/")).status).toBe(401);
    expect((await nobody.get("/api/chat/conversations/")).status).toBe(401);

    for (const { faults, close } of [ann, bea, stranger, ...others]) {
      expect(faults).toEqual([]);
      await close();
    }
    await server.stop();
  });
});
