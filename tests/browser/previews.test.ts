import { afterAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { seriousFaults } from "../support/axe.ts";
import { describeInBrowser } from "../support/chromium.ts";
import { openPage } from "../support/pages.ts";
import { withServer } from "../support/server.ts";

const LONG = "A description that is much longer than the two lines which a card has for it. ".repeat(10);
let byBrowsers = 0;
const pages = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch(request) {
    if (request.headers.get("user-agent") !== "Confab (link previews)") byBrowsers++;
    const { pathname } = new URL(request.url);
    const title =
      pathname === "/rtl" ? "שלום עולם" : pathname === "/html" ? "&lt;b>no&lt;/b> <img src=x>" : "W".repeat(300);
    return new Response(
      `<title>${title}</title><meta name=description content="${LONG}"><meta property="og:image" content="/image.png">`,
      { headers: { "content-type": "text/html" } },
    );
  },
});
afterAll(() => pages.stop(true));
const urlOf = (path: string) => `http://127.0.0.1:${pages.port}${path}`;

describeInBrowser("previews", () => {
  const server = withServer("embedded", { LINK_PREVIEWS: "on", ALLOW_PRIVATE: "127.0.0.1" });
  const cards = (page: Page) => page.getByRole("list", { name: "Link previews" });
  const removeButton = (page: Page) => page.getByRole("button", { name: "Remove the previews for everybody" });

  test("cards show texts alone, fit on a phone, and their sender removes them for everybody", async () => {
    const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
    const { id } = await ann.conversation([bob]);
    const viewport = { width: 360, height: 740 };
    const a = await openPage(ann, `/c/${id}`, { viewport });
    const b = await openPage(bob, `/c/${id}`);
    await ann.send(id, `See ${urlOf("/long")} ${urlOf("/rtl")} ${urlOf("/html")}`);
    for (const { page } of [a, b]) {
      await cards(page).getByRole("link", { name: "שלום עולם" }).waitFor();
      await cards(page).getByText("<b>no</b> <img src=x>").waitFor();
      expect(await cards(page).getByRole("listitem").count()).toBe(3);
      expect(await cards(page).getByRole("listitem").first().textContent()).toStartWith(`127.0.0.1:${pages.port}`);
      const link = cards(page).getByRole("link").first();
      expect(await link.getAttribute("href")).toBe(urlOf("/long"));
      expect(await link.getAttribute("rel")).toBe("noopener noreferrer nofollow");
      expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
      expect(await seriousFaults(page)).toEqual([]);
    }
    const box = await cards(a.page).boundingBox();
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(viewport.width);
    expect(byBrowsers).toBe(0);
    if (process.env["SHOTS"]) {
      await a.page.screenshot({ path: `${process.env["SHOTS"]}/phone.png` });
      await b.page.screenshot({ path: `${process.env["SHOTS"]}/desktop.png` });
    }
    expect(await removeButton(b.page).count()).toBe(0);
    // Hidden from Bob alone, on an open page, and shown again by the settings of another one.
    await bob.patch("/api/users/previews/", { shown: false });
    await cards(b.page).waitFor({ state: "detached" });
    expect(await cards(a.page).count()).toBe(1);
    const settings = await openPage(bob, "/settings/appearance");
    await settings.page.getByRole("switch", { name: "Link previews", checked: false }).click();
    await cards(b.page).waitFor();
    await settings.close();
    await removeButton(a.page).click();
    for (const { page } of [a, b]) await cards(page).waitFor({ state: "detached" });
    for (const { close } of [a, b]) await close();
  });
});
