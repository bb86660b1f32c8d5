import { beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { hexOf, tintOf } from "../../src/web/colour.ts";
import { until } from "../sdk/people.ts";
import { seriousFaults } from "../support/axe.ts";
import { describeInBrowser } from "../support/chromium.ts";
import type { Client } from "../support/client.ts";
import { openPage } from "../support/pages.ts";
import { withServer } from "../support/server.ts";
import { superuser } from "../support/superuser.ts";

const PINK = "#be185d";

/** The colour that the page gives to a new element, as the browser draws it. */
const drawn = (page: Page, color: string) =>
  page.evaluate<string>(`(() => {
    const element = document.body.appendChild(document.createElement("span"));
    element.style.color = "${color}";
    const context = document.createElement("canvas").getContext("2d");
    context.fillStyle = getComputedStyle(element).color;
    element.remove();
    context.fillRect(0, 0, 1, 1);
    return "#" + [...context.getImageData(0, 0, 1, 1).data].slice(0, 3).map((part) => part.toString(16).padStart(2, "0")).join("");
  })()`);
const accentOf = (hex: string | null) => {
  const { hue, chroma } = tintOf(hex);
  return hexOf(0.47, 0.095 * chroma, hue);
};

describeInBrowser("the server's colour", () => {
  const server = withServer("embedded");
  let root: Client;
  beforeAll(async () => {
    root = await superuser(server, "Rosa");
  });
  const stored = async () => (await server.visitor().get("/api/server/")).body.data.color;

  test("is in the page before any script runs, so that no other colour flashes", async () => {
    await root.patch("/api/admin/settings/", { color: PINK });
    const { page, faults, close } = await openPage(server.visitor(), "about:blank", { baseURL: server.url });
    await page.route("**/*.js", () => {});
    for (const path of ["/", "/sign-in", "/no-such-page"]) {
      await page.goto(path, { waitUntil: "commit" });
      await until(() => page.evaluate("document.body && document.styleSheets.length > 0"));
      await until(() =>
        page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--accent') !== ''"),
      );
      expect([path, await drawn(page, "var(--accent)")]).toEqual([path, accentOf(PINK)]);
    }
    expect(faults).toEqual([]);
    await close();
  });

  test("is drawn by the browser as the conversion says, for every hue", async () => {
    const { page, close } = await openPage(server.visitor(), "/no-such-page");
    for (let hue = 0; hue < 360; hue += 7)
      for (const [lightness, chroma] of [
        [0.47, 0.095],
        [0.8, 0.11],
        [0.33, 0.05],
      ] as const) {
        const [own, theirs] = [
          hexOf(lightness, chroma, hue),
          await drawn(page, `oklch(${lightness} ${chroma} ${hue})`),
        ];
        const distance = [1, 3, 5].map((at) =>
          Math.abs(Number.parseInt(own.slice(at, at + 2), 16) - Number.parseInt(theirs.slice(at, at + 2), 16)),
        );
        expect([hue, own, theirs, Math.max(...distance) <= 2]).toEqual([hue, own, theirs, true]);
      }
    await close();
  });

  test("is chosen in the panel, where the whole page shows it at once, and saved for everybody", async () => {
    await root.patch("/api/admin/settings/", { color: null });
    const { page, faults, close } = await openPage(root, "/admin/settings");
    const swatch = (name: string) => page.getByRole("radio", { name, exact: true });
    await swatch("Teal (default)").waitFor({ state: "attached" });
    expect(await swatch("Teal (default)").isChecked()).toBe(true);
    expect(await drawn(page, "var(--accent)")).toBe(accentOf(null));
    await swatch("Pink").check({ force: true });
    await until(async () => (await drawn(page, "var(--accent)")) === accentOf(PINK));
    expect(await stored()).toBeNull();
    // By the keyboard, as in any group of radio buttons.
    await swatch("Pink").press("ArrowRight");
    expect(await swatch("Purple").isChecked()).toBe(true);
    await swatch("Purple").press("ArrowLeft");
    await page.click("button:has-text('Save')");
    await page.waitForSelector(".toast:has-text('saved')");
    expect(await stored()).toBe(PINK);
    expect(await seriousFaults(page)).toEqual([]);

    await page.fill("input[type=color]", "#0000ff");
    await until(async () => (await drawn(page, "var(--accent)")) === accentOf("#0000ff"));
    // Leaving without saving shows the stored one again.
    await page.getByRole("link", { name: "Limits" }).click();
    await page.waitForSelector("h1:text('Limits')");
    await until(async () => (await drawn(page, "var(--accent)")) === accentOf(PINK));

    await page.getByRole("link", { name: "Settings" }).click();
    await swatch("Teal (default)").check({ force: true });
    await page.click("button:has-text('Save')");
    await until(async () => (await stored()) === null);
    expect(faults).toEqual([]);
    await close();
  });

  test("is in the icon of the tab, also while messages are unread", async () => {
    await root.patch("/api/admin/settings/", { color: PINK });
    const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
    const { page, faults, close } = await openPage(ann, "/");
    const icon = () => page.getAttribute("link[rel=icon]", "href");
    await page.waitForSelector(".shell");
    expect(await icon()).toMatch(/\/icons\/icon\.svg\?color=be185d$/);
    await bob.send((await bob.conversation([ann])).id, "hello");
    await until(async () => (await icon())?.includes("icon-unread"));
    expect(await icon()).toMatch(/\/icons\/icon-unread\.svg\?color=be185d$/);
    expect(faults).toEqual([]);
    await close();
  });
});

describeInBrowser("the server's colour, with COLOR in the environment", () => {
  const server = withServer("embedded", { COLOR: PINK });

  test("can't be chosen in the panel, which says why", async () => {
    const { page, close } = await openPage(await superuser(server, "Rosa"), "/admin/settings");
    await page.waitForSelector(".choice:disabled:has-text('The server was started with COLOR,')");
    expect(await page.getByRole("radio", { name: "Pink" }).isDisabled()).toBe(true);
    expect(await page.getByRole("radio", { name: "Pink" }).isChecked()).toBe(true);
    await close();
  });
});
