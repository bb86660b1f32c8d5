import { afterAll, beforeAll, expect, test } from "bun:test";
import { seriousFaults } from "../support/axe.ts";
import { describeInBrowser } from "../support/chromium.ts";
import { PASSWORD } from "../support/client.ts";
import { type OpenPage, openPage } from "../support/pages.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

describeInBrowser("an account in the browser", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer("embedded");
  });
  afterAll(() => server.stop());

  const visit = (path: string) => openPage(server.visitor(), path);
  const fill = async ({ page }: OpenPage, fields: Record<string, string>) => {
    for (const [name, value] of Object.entries(fields)) await page.fill(`[name=${name}]`, value);
    await page.keyboard.press("Enter");
  };

  test("a newcomer registers at / and is in; alone, they are told how a second person comes", async () => {
    const visitor = await visit("/");
    const { page, faults } = visitor;
    await page.waitForSelector("h1:text('Create your account')");
    expect(await page.getAttribute("[name=password]", "autocomplete")).toBe("new-password");
    expect(await seriousFaults(page)).toEqual([]);

    await fill(visitor, { first_name: "A1", last_name: "Example", email: "nobody", password: "short" });
    await page.waitForSelector(".field-error");
    const errors = await page.locator(".field-error").allInnerTexts();
    expect(errors.map((text) => text.trim())).toEqual([
      "This field may only contain letters.",
      "Enter a valid email address.",
      "Ensure this field has at least 8 characters.",
    ]);
    expect(await page.locator(":focus").getAttribute("name")).toBe("first_name");
    expect(await seriousFaults(page)).toEqual([]);

    await page.click("[aria-label='Show password']");
    expect(await page.getAttribute("[name=password]", "type")).toBe("text");
    await fill(visitor, { first_name: "Ann", email: "ann@example.com", password: PASSWORD });
    await page.waitForSelector("h1:text('You are the first one here')");
    expect(await page.textContent(".invite code")).toBe(server.url);
    expect(await seriousFaults(page)).toEqual([]);
    expect(faults).toEqual([]);
    await visitor.close();
  });

  test("all that the page starts with is named in it, so that nothing of it waits for something else", async () => {
    const { page, close } = await visit("/");
    await page.waitForSelector("h1:text('Create your account')");
    const html = (await server.visitor().get("/")).text;
    const scripts = await page.evaluate<string[]>(
      "performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname).filter((path) => path.endsWith('.js'))",
    );
    expect(scripts.length).toBeGreaterThan(1);
    expect(scripts.filter((path) => !html.includes(`"${path}"`))).toEqual([]);
    await close();
  });

  test("who signs in comes to the address they wanted, and signing out leads back", async () => {
    const bob = await server.person("Bob");
    const visitor = await visit("/settings/password");
    const { page, faults } = visitor;
    await page.waitForSelector("h1:text('Sign in')");
    await fill(visitor, { email: bob.user?.email ?? "", password: "WrongPass123" });
    expect(await page.textContent(".form-message")).toBe("Invalid email or password");
    await fill(visitor, { password: PASSWORD });
    await page.waitForSelector("h1:text('Password')");

    await page.click("[aria-label='Your menu, Bob Tester']");
    await page.click("text=Sign out");
    await page.waitForSelector("h1:text('Sign in')");
    expect(new URL(page.url()).pathname).toBe("/sign-in");
    expect(await page.locator(".account-notice").count()).toBe(0);
    expect(faults).toEqual([]);
    await visitor.close();
  });

  test("a browser that stores nothing is told of, so that nobody closes the page too early", async () => {
    const { page, close } = await openPage(await server.person("Finn"), "/");
    await page.addInitScript(
      "IDBFactory.prototype.open = () => { throw new DOMException('', 'QuotaExceededError'); };",
    );
    await page.reload();
    await page.waitForSelector(".banner:has-text('keep the page open')");
    await page.click(".banner [aria-label='Dismiss']");
    await page.waitForSelector(".banner", { state: "detached" });
    await close();
  });

  test("a session that ends elsewhere leads to the sign-in page, which says so", async () => {
    const eve = await server.person("Eve");
    const { page, faults, close } = await openPage(eve, "/settings");
    await page.waitForSelector(".shell");
    await eve.post("/api/users/logout/");
    await page.waitForSelector(".account-notice:has-text('Your session has ended')");
    expect(await seriousFaults(page)).toEqual([]);
    expect(faults).toEqual([]);
    await close();
  });
});

describeInBrowser("where registration is closed", () => {
  test("nobody is asked to register", async () => {
    const server = await startTestServer("embedded", { REGISTRATION: "closed" });
    const { page, close } = await openPage(server.visitor(), "/register");
    await page.waitForSelector("h1:text('Sign in')");
    expect(await page.locator("a[href='/register']").count()).toBe(0);
    expect(await page.textContent(".account-other")).toStartWith("Only people with an account");
    await close();
    await server.stop();
  });
});
