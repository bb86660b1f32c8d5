import { beforeAll, expect, test } from "bun:test";
import { seriousFaults } from "../support/axe.ts";
import { describeInBrowser } from "../support/chromium.ts";
import type { Client } from "../support/client.ts";
import { openPage } from "../support/pages.ts";
import { startTestServer, withServer } from "../support/server.ts";
import { superuser } from "../support/superuser.ts";
import { until } from "../support/until.ts";

describeInBrowser("the server's settings in the admin panel", () => {
  const server = withServer("embedded");
  let root: Client;
  beforeAll(async () => {
    root = await superuser(server, "Rosa");
  });

  const settings = async () => (await root.get("/api/admin/settings/")).body.data;

  test("keep a chosen name, registration and group for everybody, and the focus", async () => {
    const ann = await server.person("Ann");
    const { id } = await ann.conversation([root, await server.person("Bob")], "Everybody");
    const { page, faults, close } = await openPage(root, "/admin/settings");
    await page.fill("input[name=name]", "Example Team");
    await page.click("label:has-text('With an invite')");
    await page.click("button:has-text('Choose a group')");
    await page.click("[role=option]:has-text('Everybody')");
    await page.waitForSelector(".group-chosen:text('Everybody')");
    await page.click("button:has-text('Save')");
    await page.waitForSelector(".toast:has-text('saved')");
    await page.locator("button:focus:has-text('Save')").waitFor();
    expect(await settings()).toMatchObject({
      name: "Example Team",
      registration: "invite",
      default_conversation_id: id,
    });
    await page.reload();
    await page.waitForSelector(".group-chosen:text('Everybody')");
    expect(await page.inputValue("input[name=name]")).toBe("Example Team");
    await page.click("button:has-text('Remove')");
    await page.fill("input[name=name]", "x".repeat(101));
    await page.click("button:has-text('Save')");
    await page.locator(".field-wrong input[name=name]:focus").waitFor();
    await page.fill("input[name=name]", "");
    await page.click("button:has-text('Save')");
    await page.waitForSelector(".toast:has-text('saved')");
    expect(await settings()).toMatchObject({ name: null, registration: "invite", default_conversation_id: null });
    await page.goto("/admin/audit");
    await page.waitForSelector(".entry:has-text('changed the settings of')");
    expect(faults).toEqual([]);
    await close();
  });

  test("advise to close open registration once people are in, and close it by one press", async () => {
    await root.patch("/api/admin/settings/", { registration: "open" });
    const { page, faults, close } = await openPage(root, "/admin/settings");
    await page.click(".notice button:has-text('Invite only')");
    await page.locator("label:has-text('With an invite') input:checked").waitFor({ state: "attached" });
    expect((await settings()).registration).toBe("invite");
    expect(faults).toEqual([]);
    await close();
  });

  test.each([
    ["light", 1280],
    ["dark", 320],
  ] as const)("axe finds nothing serious and nothing is cut off, %s at %d px", async (colorScheme, width) => {
    const { page, faults, close } = await openPage(root, "/admin/settings", {
      colorScheme,
      viewport: { width, height: 700 },
    });
    await page.route("**/api/admin/settings/", async (route) => {
      const response = await route.fetch();
      const { data, ...body } = await response.json();
      await route.fulfill({ response, json: { ...body, data: { ...data, proxy_headers_seen: true } } });
    });
    await page.reload();
    await page.waitForSelector(".notice-error:has-text('TRUSTED_PROXIES')");
    await until(() =>
      page.evaluate(
        '(() => { const { right } = document.querySelector(".panel-nav [aria-current]").getBoundingClientRect(); return right <= innerWidth; })()',
      ),
    );
    expect(await seriousFaults(page)).toEqual([]);
    for (const direction of ["ltr", "rtl"]) {
      await page.evaluate(`document.documentElement.dir = "${direction}"`);
      const over = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
      expect([direction, over]).toEqual([direction, 0]);
    }
    expect(faults).toEqual([]);
    await close();
  });
});

describeInBrowser("the server's settings in the admin panel, with REGISTRATION in the environment", () => {
  test("say why registration can't be chosen there", async () => {
    const server = await startTestServer("embedded", { REGISTRATION: "open" });
    const root = await superuser(server, "Rosa");
    const { page, close } = await openPage(root, "/admin/settings");
    await page.waitForSelector(".choice:has-text('The server was started with REGISTRATION,')");
    expect(await page.locator(".choice:disabled input").count()).toBe(3);
    expect(await page.locator(".notice").count()).toBe(0);
    await close();
    await server.stop();
  });
});
