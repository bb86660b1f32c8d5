import { expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { seriousFaults } from "../support/axe.ts";
import { describeInBrowser } from "../support/chromium.ts";
import { chooseInMenu, heading, register } from "../support/hands.ts";
import { openPage } from "../support/pages.ts";
import { startTestServer } from "../support/server.ts";

const skip = (page: Page) => page.getByRole("button", { name: "Skip" }).click();

describeInBrowser("a server without an admin", () => {
  test("takes the printed code from the address or from a field, and lets people in without it", async () => {
    const server = await startTestServer("embedded");
    // From now on no page makes an admin without the code.
    await server.person("Bob");
    const code = (await server.running.setUpCode()) ?? "";

    const plain = await openPage(server.visitor(), "/");
    await heading(plain.page, "Set up this server").waitFor();
    expect(await seriousFaults(plain.page)).toEqual([]);
    await plain.page.getByRole("link", { name: "Create an ordinary account" }).click();
    await heading(plain.page, "Create your account on Confab").waitFor();
    await plain.page.getByRole("button", { name: "Enter the set-up code" }).click();
    await heading(plain.page, "Set up this server").waitFor();
    await plain.page.getByLabel("Set-up code").fill("XXXXX-XXXXX");
    await plain.page.getByLabel("First name").fill("Cid");
    await plain.page.getByLabel("Last name").fill("Example");
    await plain.page.getByLabel("Email").fill("cid@example.com");
    await plain.page.getByLabel("Password", { exact: true }).fill("SecurePass123");
    await plain.page.keyboard.press("Enter");
    await plain.page.getByText("This code is not right.").waitFor();
    await plain.page.locator("[name=setup_code]:focus").waitFor();
    expect(await plain.page.inputValue("[name=first_name]")).toBe("Cid");
    await plain.close();

    const { page, faults, close } = await openPage(server.visitor(), `/?setup=${code}`);
    await heading(page, "Set up this server").waitFor();
    expect(page.url()).toBe(`${server.url}/`);
    expect(await page.inputValue("[name=setup_code]")).toBe(code);
    await page.getByLabel("First name").fill("Ann");
    await page.getByLabel("Last name").fill("Example");
    await page.getByLabel("Email").fill("ann@example.com");
    await page.getByLabel("Password", { exact: true }).fill("SecurePass123");
    await page.getByRole("button", { name: "Create admin account" }).click();
    await heading(page, "Name your server").waitFor();
    // Where a question was left open it is asked again.
    await page.reload();
    await heading(page, "Name your server").waitFor();
    for (let step = 0; step < 3; step++) await skip(page);
    await heading(page, "Invite your people").waitFor();
    await page.getByRole("button", { name: "Start chatting" }).click();
    // The panel is there at once, without signing in again.
    await page.getByRole("button", { name: "Your menu, Ann Example" }).click();
    await page.getByRole("menuitem", { name: "Administration" }).click();
    await page.waitForURL("**/admin");
    await close();

    const late = await openPage(server.visitor(), "/");
    await heading(late.page, "Create your account on Confab").waitFor();
    expect(await late.page.getByText("set-up code").count()).toBe(0);
    await late.close();
    expect(faults).toEqual([]);
    await server.stop();
  });

  test("on its own machine needs no code, and an admin who signs in by the form finds the panel at once", async () => {
    const server = await startTestServer("embedded");
    const { page, faults, close } = await openPage(server.visitor(), "/", { viewport: { width: 390, height: 760 } });
    await page.getByText("You become the admin.").waitFor();
    expect(await page.getByLabel("Set-up code").count()).toBe(0);
    await page.getByLabel("First name").fill("Ann");
    await page.getByLabel("Last name").fill("Example");
    await page.getByLabel("Email").fill("ann@example.com");
    await page.getByLabel("Password", { exact: true }).fill("SecurePass123");
    await page.keyboard.press("Enter");
    await heading(page, "Name your server").waitFor();
    expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBe(0);
    for (let step = 0; step < 3; step++) await skip(page);
    await page.getByRole("button", { name: "Start chatting" }).click();
    await chooseInMenu(page, "Sign out");
    await heading(page, "Sign in to Confab").waitFor();
    await page.getByLabel("Email").fill("ann@example.com");
    await page.getByLabel("Password", { exact: true }).fill("SecurePass123");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Your menu, Ann Example" }).click();
    await page.getByRole("menuitem", { name: "Administration" }).waitFor();
    expect(faults).toEqual([]);
    await close();
    await server.stop();
  });
});

describeInBrowser("a form that the server asks to wait", () => {
  test("shows that it waits, keeps its text, can be stopped, and goes on by itself", async () => {
    const server = await startTestServer("embedded", { FIRST_USER: "member" });
    const { page, faults, close } = await openPage(server.visitor(), "/register");
    let refused = 0;
    await page.route("**/api/users/register/", (route) =>
      ++refused > 3
        ? route.continue()
        : route.fulfill({
            status: 429,
            headers: { "Retry-After": refused === 1 ? "60" : "1" },
            json: { status: "error", message: "Request was throttled.", code: "throttled" },
          }),
    );
    await register(page, "Ann", "ann@example.com");
    await page.getByText(/^In (60|59) s$/).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByText("Too many attempts. Try again in 1 minute.").waitFor();
    expect(await page.inputValue("[name=email]")).toBe("ann@example.com");
    // Twice it is told to wait, and the third time it is in.
    await page.getByRole("button", { name: "Create account" }).click();
    await page.getByRole("button", { name: "Your menu, Ann Example" }).waitFor();
    expect(refused).toBe(4);
    expect(faults).toEqual([]);
    await close();
    await server.stop();
  });
});

describeInBrowser("the first visit", () => {
  test("asks the server for nothing before somebody signs in", async () => {
    const server = await startTestServer("embedded", { FIRST_USER: "member" });
    const { page, faults, close } = await openPage(server.visitor(), "about:blank", { baseURL: server.url });
    const calls: string[] = [];
    page.on("request", (request) => calls.push(new URL(request.url()).pathname));
    await page.goto("/");
    await heading(page, "Create your account on Confab").waitFor();
    await page.getByRole("link", { name: "Sign in" }).click();
    await heading(page, "Sign in to Confab").waitFor();
    expect(calls.filter((path) => /^\/(api|ws)/.test(path))).toEqual([]);
    expect(faults).toEqual([]);
    await close();
    await server.stop();
  });
});
