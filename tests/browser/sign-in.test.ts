import { beforeAll, expect, test } from "bun:test";
import { seriousFaults } from "../support/axe.ts";
import { describeInBrowser } from "../support/chromium.ts";
import { openPage } from "../support/pages.ts";
import { startTestServer, withServer } from "../support/server.ts";
import { superuser } from "../support/superuser.ts";

const OVER = "document.documentElement.scrollWidth - document.documentElement.clientWidth";

describeInBrowser("the page to sign in", () => {
  const server = withServer("embedded");
  beforeAll(async () => {
    const root = await superuser(server, "Rosa");
    await root.patch("/api/admin/settings/", { name: "W".repeat(100), color: "#facc15" });
  });

  test.each([
    ["light", 320, "none"],
    ["dark", 1280, "none"],
    ["dark", 320, "active"],
  ] as const)(
    "is whole with any name and colour: %s, %d px, forced colours %s",
    async (colorScheme, width, forcedColors) => {
      const options = { colorScheme, forcedColors, viewport: { width, height: 700 } };
      for (const path of ["/sign-in", "/register"]) {
        const { page, faults, close } = await openPage(server.visitor(), path, options);
        await page.waitForSelector("h1:has-text('WWW')");
        expect(await page.locator(".account-box bdi").count()).toBe(0);
        const faulty = await seriousFaults(page);
        // The system chooses forced colours, and axe reads those of the page.
        expect(faulty.filter((fault) => forcedColors === "none" || !fault.startsWith("color-contrast"))).toEqual([]);
        for (const direction of ["ltr", "rtl"]) {
          await page.evaluate(`document.documentElement.dir = "${direction}"`);
          expect([path, direction, await page.evaluate(OVER)]).toEqual([path, direction, 0]);
        }
        await page.evaluate("document.documentElement.style.fontSize = '200%'");
        expect([path, "200 %", await page.evaluate(OVER)]).toEqual([path, "200 %", 0]);
        expect(faults).toEqual([]);
        await close();
      }
    },
  );

  test("has no failed request in the console, and fields that password managers know", async () => {
    const { page, close } = await openPage(server.visitor(), "about:blank", { baseURL: server.url, worker: true });
    const said: string[] = [];
    page.on("console", (message) => said.push(message.text()));
    page.on("response", (answer) => answer.status() >= 400 && said.push(`${answer.status()} ${answer.url()}`));
    await page.goto("/sign-in");
    await page.waitForSelector("[name=password]");
    await page.waitForTimeout(300);
    expect(said).toEqual([]);
    const fields = () =>
      page
        .locator("form input")
        .evaluateAll((inputs) =>
          inputs.map((input) => `${input.getAttribute("type")} ${input.getAttribute("autocomplete")}`),
        );
    expect(await fields()).toEqual(["email username", "password current-password"]);
    await page.getByRole("link", { name: "Create account" }).click();
    await page.waitForSelector("[name=first_name]");
    expect(await fields()).toEqual(["text given-name", "text family-name", "email username", "password new-password"]);
    await close();
  });

  test("says while a password is typed that Caps Lock is on", async () => {
    const { page, close } = await openPage(server.visitor(), "/sign-in");
    await page.waitForSelector("[name=password]");
    const press = (isOn: boolean) =>
      page.evaluate(
        `document.querySelector("[name=password]").dispatchEvent(new KeyboardEvent("keyup", { key: "A", bubbles: true, modifierCapsLock: ${isOn} }))`,
      );
    await press(true);
    await page.getByText("Caps Lock is on.").waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await press(false);
    await page.getByText("Caps Lock is on.").waitFor({ state: "detached" });
    await close();
  });
});

describeInBrowser("signing in too often with a wrong password", () => {
  test.each([
    ["1/minute", /Too many attempts\. Trying again automatically\./],
    ["1/h", /Too many attempts\. Try again in \d+ minutes\./],
  ])("with a limit of %s gets an answer in plain words", async (RATE_LIMIT_LOGIN, words) => {
    const server = await startTestServer("embedded", { RATE_LIMIT_LOGIN });
    const { page, close } = await openPage(server.visitor(), "/sign-in");
    await page.fill("[name=email]", "ann@example.com");
    await page.fill("[name=password]", "WrongPass123");
    await page.keyboard.press("Enter");
    await page.getByText("Invalid email or password").waitFor();
    await page.keyboard.press("Enter");
    await page.locator("form").getByText(words).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await close();
    await server.stop();
  });
});
