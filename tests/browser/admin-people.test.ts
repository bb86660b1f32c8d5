import { beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { seriousFaults } from "../support/axe.ts";
import { describeInBrowser } from "../support/chromium.ts";
import { type Client, PASSWORD } from "../support/client.ts";
import { openPage } from "../support/pages.ts";
import { withServer } from "../support/server.ts";
import { superuser } from "../support/superuser.ts";

const NEW_PASSWORD = "a quite new phrase 7";

describeInBrowser("the admin panel lets people in", () => {
  const server = withServer("embedded");
  let root: Client;
  beforeAll(async () => {
    root = await superuser(server, "Rosa");
  });

  const open = (path: string, options?: Parameters<typeof openPage>[2]) => openPage(root, path, options);
  const linkIn = (page: Page) => page.locator(".link-address").inputValue();
  /** Chooses a password by a link, as the page of the link does. */
  const use = (url: string) => {
    const token = new URL(url).hash.slice(1);
    const body = { token, password: NEW_PASSWORD, password_confirm: NEW_PASSWORD };
    return server.visitor().post("/api/users/password/reset/confirm/", body);
  };
  const newest = async () => (await root.get("/api/admin/audit/?limit=1")).body.data[0];
  /** As if the superuser had given their password long ago. */
  const forgetProof = (page: Page, path: string) => {
    const body = { status: "error", code: "confirmation_required", message: "Confirm your password first." };
    return page.route(path, (route) => route.fulfill({ status: 403, json: body }), { times: 1 });
  };

  test("an added person signs in once by the link, and errors of the form show at their fields", async () => {
    const { page, faults, close } = await open("/admin/users");
    await page.click("button:has-text('Add person')");
    await page.locator("dialog input[name=email]:focus").waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await page.fill("dialog input[name=email]", root.user?.email ?? "");
    await page.fill("dialog input[name=first_name]", "Newa");
    await page.fill("dialog input[name=last_name]", "Person");
    await page.keyboard.press("Enter");
    await page.locator(".field-wrong input[name=email]:focus").waitFor();
    await page.fill("dialog input[name=email]", "newa@example.com");
    await page.keyboard.press("Enter");
    await page.waitForSelector("dialog:has-text('works once, for 7 days')");
    const url = await linkIn(page);
    expect(url).toStartWith(`${server.url}/password#`);
    await page.locator("dialog button:focus:has-text('Copy link')").waitFor();
    await page.keyboard.press("Enter");
    await page.waitForSelector("dialog button:has-text('Copied')");
    await page.click("dialog button:has-text('Done')");
    await page.waitForSelector("tbody a:has-text('Newa Person')");

    expect((await use(url)).status).toBe(200);
    expect((await use(url)).status).toBe(400);
    await server.visitor().logIn("newa@example.com", NEW_PASSWORD);
    await page.goto("/admin/audit");
    await page.waitForSelector(".entry:has-text('added') a:has-text('newa@example.com')");
    expect(faults).toEqual([]);
    await close();
  });

  test("a password link is made after a confirmation, signs the person out, and lets them in again", async () => {
    const bob = await server.person("Bobby");
    const { page, faults, close } = await open(`/admin/users/${bob.id}`);
    await page.click("button:has-text('Create password link')");
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog", { state: "detached" });
    expect((await newest()).action).not.toBe("reset_link_made");
    await page.click("button:has-text('Create password link')");
    await page.click("dialog button:has-text('Create password link')");
    await page.waitForSelector("dialog:has-text('works once, for 24 hours')");
    expect(await seriousFaults(page)).toEqual([]);
    expect((await newest()).action).toBe("reset_link_made");
    expect((await use(await linkIn(page))).status).toBe(200);
    expect((await bob.get("/api/users/profile/")).status).toBe(401);
    expect(faults).toEqual([]);
    await close();
  });

  test("an act asks for a password that was entered long ago, and then goes on", async () => {
    const eve = await server.person("Evelyn");
    const { page, faults, close } = await open(`/admin/users/${eve.id}`);
    const path = `**/api/admin/users/${eve.id}/`;
    const ask = async () => {
      await forgetProof(page, path);
      await page.click("button:has-text('Deactivate')");
      await page.click("dialog button:has-text('Deactivate')");
      await page.locator("dialog input[type=password]:focus").waitFor();
    };
    await page.waitForSelector("button:has-text('Deactivate')");
    await ask();
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog", { state: "detached" });
    expect(await page.locator(".toast").count()).toBe(0);
    expect((await eve.get("/api/users/profile/")).status).toBe(200);

    await ask();
    await page.keyboard.type("not the password");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".field-error:has-text('The password is not right.')");
    await page.locator("dialog input[type=password]:focus").waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    const throttled = { status: "error", code: "throttled", message: "Request was throttled." };
    const answer = { status: 429, headers: { "Retry-After": "1" }, json: throttled };
    await page.route("**/api/users/confirm/", (route) => route.fulfill(answer), { times: 1 });
    await page.fill("dialog input[type=password]", PASSWORD);
    await page.keyboard.press("Enter");
    await page.waitForSelector("dialog [role=status]:has-text('too many attempts')");
    await page.waitForSelector(".badge:text('deactivated')");
    expect((await eve.get("/api/users/profile/")).status).toBe(401);
    expect(faults).toEqual([]);
    await close();
  });

  test("an invite into a group is made by keyboard, copied and revoked, and is in the audit log", async () => {
    const ann = await server.person("Annegret");
    await root.conversation([ann, await server.person("Ben")], "Everybody here");
    const { page, faults, close } = await open("/admin/invites");
    await page.waitForSelector(".empty:has-text('No invites')");
    await page.click("button:has-text('Create invite')");
    await page.fill("dialog input[name=max_uses]", "many");
    await page.click("dialog button:has-text('Create invite')");
    await page.locator(".field-wrong input[name=max_uses]:focus").waitFor();
    await page.fill("dialog input[name=max_uses]", "5");
    await page.click("dialog button:has-text('Choose a group')");
    await page.locator("[role=combobox]:focus").waitFor();
    await page.keyboard.type("everybody");
    // Enter does not wait for the answer, and takes the group that is found for this text.
    await page.keyboard.press("Enter");
    await page.waitForSelector(".group-chosen:text('Everybody here')");
    expect(await seriousFaults(page)).toEqual([]);
    await page.click("dialog button:has-text('Create invite')");
    await page.locator(".link-address").waitFor();
    const url = await linkIn(page);
    expect(url).toMatch(new RegExp(`^${server.url}/invite/[0-9a-z]{16}$`));
    await page.click("dialog button:has-text('Done')");
    await page.waitForSelector("tbody tr:has-text('Everybody here'):has-text('0 of 5')");

    await page.click("[aria-label^='Revoke the link']");
    await page.click("dialog button:has-text('Revoke')");
    await page.waitForSelector(".badge:text('revoked')");
    expect((await server.visitor().get(`/api/invites/${url.split("/").at(-1)}/`)).body.data.state).toBe("revoked");
    await page.goto("/admin/audit");
    await page.waitForSelector(".entry:has-text('revoked an invite into a group')");
    expect(await seriousFaults(page)).toEqual([]);
    expect(faults).toEqual([]);
    await close();
  });

  test("invites are paged", async () => {
    for (let i = 0; i < 51; i++) await root.post("/api/invites/", { max_uses: 1 });
    const { page, close } = await open("/admin/invites");
    await page.waitForSelector("tbody tr >> nth=49");
    expect(await page.locator("tbody tr").count()).toBe(50);
    await page.click("button:has-text('Next')");
    await page.locator("tbody tr").nth(10).waitFor({ state: "detached" });
    expect(new URL(page.url()).search).toBe("?page=1");
    await close();
  });

  test.each([
    ["light", 1280],
    ["dark", 320],
  ] as const)("nothing is cut off in the list of invites, %s at %d px", async (colorScheme, width) => {
    const { page, faults, close } = await open("/admin/invites", { colorScheme, viewport: { width, height: 700 } });
    await page.waitForSelector("tbody tr");
    expect(await seriousFaults(page)).toEqual([]);
    for (const direction of ["ltr", "rtl"]) {
      await page.evaluate(`document.documentElement.dir = "${direction}"`);
      const over = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
      expect([direction, over]).toEqual([direction, 0]);
    }
    expect(faults).toEqual([]);
    await close();
  });

  test("the overview names the kind of database", async () => {
    const { page, close } = await open("/admin");
    await page.waitForSelector(".tile:has-text('Embedded database')");
    expect(await page.locator(".tile:has-text('PostgreSQL')").count()).toBe(0);
    await close();
  });
});
