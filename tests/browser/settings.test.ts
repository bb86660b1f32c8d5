import { beforeAll, expect, test } from "bun:test";
import { until } from "../sdk/people.ts";
import { seriousFaults } from "../support/axe.ts";
import { describeInBrowser } from "../support/chromium.ts";
import { type Client, PASSWORD } from "../support/client.ts";
import { openPage } from "../support/pages.ts";
import { withServer } from "../support/server.ts";

describeInBrowser("settings in the browser", () => {
  const server = withServer("embedded");
  let ann: Client;
  beforeAll(async () => {
    ann = await server.person("Ann");
  });

  test("name and password can be changed, and axe finds nothing on any part", async () => {
    const { page, faults, close } = await openPage(ann, "/settings/profile");
    await page.fill("[name=first_name]", "Anna");
    await page.fill("[name=last_name]", "7");
    await page.getByRole("button", { name: "Save", exact: true }).first().click();
    await page.waitForSelector(".field-error:has-text('at least 2 characters')");
    await page.fill("[name=last_name]", " Tester ");
    await page.getByRole("button", { name: "Save", exact: true }).first().click();
    await page.waitForSelector(".person-name:has-text('Anna Tester')");
    await page.waitForSelector("button:disabled:has-text('Save')");
    expect(await page.inputValue("[name=last_name]")).toBe("Tester");

    for (const part of ["Password", "Privacy", "Sessions", "Appearance", "Notifications", "Keyboard", "About"]) {
      await page.click(`.settings-link:has-text('${part}')`);
      await page.waitForSelector(`h1:text-is('${part}')`);
      await until(async () => (await page.title()) === `${part} · Confab`);
      expect(await seriousFaults(page)).toEqual([]);
      // Also those of pages that are not open.
      if (part === "Keyboard")
        for (const section of ["Everywhere", "Conversations", "Messages", "Writing"])
          await page.getByRole("heading", { name: section, exact: true }).waitFor();
    }

    await page.click(".settings-link:has-text('Password')");
    await page.fill("[name=old_password]", "WrongPass123");
    await page.fill("[name=password]", "NewerPass123");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".field-error, .form-message");
    await page.fill("[name=old_password]", PASSWORD);
    await page.keyboard.press("Enter");
    await page.waitForSelector(".toast:has-text('Password changed')");
    expect((await server.visitor().logIn(ann.user?.email ?? "", "NewerPass123")).id).toBe(ann.id);
    expect(faults).toEqual([]);
    await close();
  });

  test("the page does not point to the browser's settings where only HTTPS has notifications", async () => {
    const cara = await server.person("Cara");
    const { page, close } = await openPage(cara, "/");
    // The same server by a name that a browser does not trust as it does this machine's own.
    const plain = "http://chat.example";
    await page.route(`${plain}/**`, async (route) => {
      const url = route.request().url().replace(plain, server.url);
      await route.fulfill({ response: await route.fetch({ url, headers: { Cookie: `sessionid=${cara.cookie}` } }) });
    });
    await page.goto(`${plain}/settings/notifications`);
    await page.getByText("Most browsers notify only for addresses that begin with https").waitFor();
    await page.unrouteAll({ behavior: "ignoreErrors" });
    await close();
  });

  test("the other sessions end after a confirmation", async () => {
    const bob = await server.person("Bob");
    const others = [server.visitor(), server.visitor()];
    for (const other of others) await other.logIn(bob.user?.email ?? "");
    const { page, faults, close } = await openPage(bob, "/settings/sessions");
    await page.waitForSelector(".rows .row:nth-child(3)");
    await page.click("text=End all other sessions");
    await page.waitForSelector("dialog h2:text('End all other sessions?')");
    expect(await seriousFaults(page)).toEqual([]);
    await page.click("dialog .button-danger");
    await page.waitForSelector(".rows .row:only-child");
    for (const other of others) expect((await other.get("/api/users/profile/")).status).toBe(401);
    expect((await bob.get("/api/users/profile/")).status).toBe(200);
    expect(faults).toEqual([]);
    await close();
  });

  test("the appearance is chosen and remembered; on a phone each part is a page of its own", async () => {
    const eve = await server.person("Eve");
    const { page, faults, close } = await openPage(eve, "/settings", { viewport: { width: 320, height: 640 } });
    await page.click(".settings-link:has-text('Appearance')");
    await page.click("label:has-text('Dark')");
    await page.click("label:has-text('Very large')");
    await page.click("label:has-text('Right to left')");
    await page.reload();
    await page.waitForSelector("html[data-theme='dark'][data-text='huge'][dir='rtl'] h1:text('Appearance')");
    // Nothing stands over the edge of a small page with very large text.
    expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBe(0);
    expect(await seriousFaults(page)).toEqual([]);
    await page.click(".settings-head [aria-label='Back']");
    await page.click(".settings-nav [aria-label='Back']");
    await page.waitForURL("/");
    expect(faults).toEqual([]);
    await close();
  });
});
