import { expect, test } from "bun:test";
import { seriousFaults } from "../support/axe.ts";
import { describeInBrowser } from "../support/chromium.ts";
import { PASSWORD } from "../support/client.ts";
import { chooseInMenu, composer, confirm, message } from "../support/hands.ts";
import { type OpenPage, openPage } from "../support/pages.ts";
import { startProxy } from "../support/proxy.ts";
import { startTestServer, withServer } from "../support/server.ts";

describeInBrowser("an account in the browser", () => {
  const server = withServer("embedded", { FIRST_USER: "member" });

  const visit = (path: string) => openPage(server.visitor(), path);
  const fill = async ({ page }: OpenPage, fields: Record<string, string>) => {
    for (const [name, value] of Object.entries(fields)) await page.fill(`[name=${name}]`, value);
    await page.keyboard.press("Enter");
  };

  test("a newcomer who registers at / is signed in, and is told how to invite people when they are alone", async () => {
    const visitor = await visit("/");
    const { page, faults } = visitor;
    await page.waitForSelector("h1:text('Create your account')");
    expect(await page.getAttribute("[name=password]", "autocomplete")).toBe("new-password");
    expect(await seriousFaults(page)).toEqual([]);

    await fill(visitor, { first_name: "A1", last_name: "Example", email: "nobody", password: "short" });
    await page.waitForSelector(".field-error");
    const errors = await page.locator(".field-error").allInnerTexts();
    expect(errors.map((text) => text.trim())).toEqual([
      "First name should contain only letters.",
      "Enter a valid email address.",
      "Ensure this field has at least 8 characters.",
    ]);
    await page.locator("[name=first_name]:focus").waitFor();
    expect(await seriousFaults(page)).toEqual([]);

    await page.click("[aria-label='Show password']");
    expect(await page.getAttribute("[name=password]", "type")).toBe("text");
    await fill(visitor, { first_name: "Ann", email: "ann@example.com", password: PASSWORD });
    await page.waitForSelector("h1:text('You are the first one here')");
    // This address would lead others to their own machine.
    await page.getByRole("main").getByText("An admin of this server can invite them.").waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    expect(faults).toEqual([]);
    await visitor.close();
  });

  test("the page names all files that it starts with, so that they load at once", async () => {
    const { page, close } = await visit("/");
    await page.waitForSelector("h1:text('Create your account')");
    const html = (await server.visitor().get("/")).text;
    const scripts = await page.evaluate<string[]>(
      `(() => {
        const [{ loadEventStart }] = performance.getEntriesByType("navigation");
        const early = performance.getEntriesByType("resource").filter(({ startTime }) => startTime < loadEventStart);
        return early.map(({ name }) => new URL(name).pathname).filter((path) => path.endsWith(".js"));
      })()`,
    );
    expect(scripts.length).toBeGreaterThan(1);
    expect(scripts.filter((path) => !html.includes(`"${path}"`))).toEqual([]);
    await close();
  });

  test("signing in leads to the address that was asked for, and signing out leads back", async () => {
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

  test("signing out leaves no draft behind, however slow the server is", async () => {
    const [gus, hal] = [await server.person("Gus"), await server.person("Hal")];
    const { id } = await gus.conversation([hal]);
    const { page, faults, close } = await openPage(gus, `/c/${id}`);
    await composer(page).fill("a secret");
    const drafts = () => page.evaluate<string[]>("Object.keys(localStorage).filter((key) => /draft/.test(key))");
    expect(await drafts()).toHaveLength(1);
    await page.route("**/api/users/logout/", () => {});
    await chooseInMenu(page, "Sign out");
    await page.waitForSelector("h1:text('Sign in')");
    expect(await drafts()).toEqual([]);
    expect(faults).toEqual([]);
    await close();
  });

  test("signing out asks before it throws away an edit that waits for a connection", async () => {
    const [gus, hal] = [await server.person("Gus"), await server.person("Hal")];
    const { id } = await gus.conversation([hal]);
    await gus.send(id, "to be edited");
    await hal.send(id, "newer");
    const proxy = await startProxy(Number(new URL(server.url).port));
    const { page, close } = await openPage(gus, `/c/${id}`, { at: `http://127.0.0.1:${proxy.port}` });
    await message(page, "newer").waitFor();
    // The parts that load after the messages are there too.
    await page.waitForLoadState("networkidle");
    proxy.state = "refuse";
    proxy.cut();
    await composer(page).press("ArrowUp");
    await composer(page).fill("edited");
    await composer(page).press("Enter");
    await message(page, "edited").waitFor();
    await chooseInMenu(page, "Sign out");
    await page.waitForSelector("dialog :text('Some messages are not sent yet')");
    await confirm(page, "Cancel");
    await message(page, "edited").waitFor();
    await close();
    await proxy.stop();
  });

  test("the page warns when the browser stores nothing, so that nobody closes it too early", async () => {
    const { page, close } = await openPage(await server.person("Finn"), "/");
    await page.addInitScript(
      "IDBFactory.prototype.open = () => { throw new DOMException('', 'QuotaExceededError'); };",
    );
    await page.reload();
    await page.waitForSelector(".banner:has-text('Keep the page open')");
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
    expect(await page.textContent("[data-announcements]")).toStartWith("Your session has ended");
    expect(await seriousFaults(page)).toEqual([]);
    expect(faults).toEqual([]);
    await close();
  });
});

describeInBrowser("a page that was open when its session ended", () => {
  test("is not shown to the next person who signs in", async () => {
    const server = await startTestServer("embedded");
    const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
    const { id } = await ann.conversation([bob, await server.person()], "Choir");
    await ann.send(id, "sing");
    const { page, faults, close } = await openPage(ann, `/c/${id}`);
    const comeIn = async () => {
      await page.getByLabel("Email").fill(bob.user?.email ?? "");
      await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
      await page.getByRole("button", { name: "Sign in", exact: true }).click();
      await message(page, "sing").waitFor();
    };
    await page.getByRole("button", { name: "Details and members" }).click();
    await page.getByRole("button", { name: "Add people" }).click();
    await page.getByRole("dialog").getByText("Bob Tester").waitFor();
    await ann.post("/api/users/logout/");
    await comeIn();
    expect(await page.getByRole("dialog").count()).toBe(0);

    await bob.send(id, "sang");
    await message(page, "sang").focus();
    await page.keyboard.press("Delete");
    await page.getByRole("dialog", { name: "Delete this message?" }).waitFor();
    // The other sessions end with it, this page's among them.
    const body = { old_password: PASSWORD, password: PASSWORD, password_confirm: PASSWORD };
    await bob.post("/api/users/password/", body);
    await page.waitForSelector(".account-notice");
    expect(await page.getByRole("dialog").count()).toBe(0);
    await comeIn();
    await message(page, "sang").waitFor();
    expect(faults).toEqual([]);
    await close();
    await server.stop();
  });
});

describeInBrowser("the chat with DIRECTORY=shared", () => {
  test("calls nobody the first person, and does not ask for invites of people who would not be found", async () => {
    const server = await startTestServer("embedded", { DIRECTORY: "shared", REGISTRATION: "open" });
    const [ann] = [await server.person("Ann"), await server.person("Bob")];
    const { page, faults, close } = await openPage(ann, "/");
    await page.waitForSelector("main :text('You see people here after someone has added you')");
    await page.keyboard.press("n");
    await page.waitForSelector("dialog :text('You see people here after someone has added you')");
    expect(await page.getByText("You are the first one here").count()).toBe(0);
    expect(await page.getByText("You need someone").count()).toBe(0);
    expect(faults).toEqual([]);
    await close();
    await server.stop();
  });
});

describeInBrowser("the chat with REGISTRATION=closed", () => {
  test("asks nobody to register", async () => {
    const server = await startTestServer("embedded", { REGISTRATION: "closed" });
    const { page, close } = await openPage(server.visitor(), "/register");
    await page.waitForSelector("h1:text('Sign in')");
    expect(await page.locator("a[href='/register']").count()).toBe(0);
    expect(await page.textContent(".account-other")).toStartWith("Only people with an account");
    await close();
    await server.stop();
  });
});
