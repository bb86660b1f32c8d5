import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Locator, Page } from "playwright-core";
import { until } from "../client/people.ts";
import { describeInBrowser } from "../support/chromium.ts";
import { type Client, PASSWORD } from "../support/client.ts";
import { composer, confirm, heading, message, row } from "../support/hands.ts";
import { openPage } from "../support/pages.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

const PHONES = [
  { width: 390, height: 844 },
  { width: 320, height: 640 },
];
/** WCAG 2.2, 2.5.8: a target smaller than this, in pixels, is missed by a finger. Links within a text may be. */
const TARGET = 24;
/** So long a finger lies on a message that shall open its menu. */
const RESTS_MS = 450;

/** Everything to press that is too small, and by how much the page is wider than the screen. */
const FAULTS = `(() => {
  const small = [...document.querySelectorAll("button, [role=button], [role=menuitem], input, textarea, a[href]")]
    .filter((element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
    .filter((element) => !element.closest(".visually-hidden, .skip-link, p, dd, li.plain"))
    .filter((element) => getComputedStyle(element).clipPath === "none" && element.type !== "radio")
    .map((element) => [element, element.getBoundingClientRect()])
    .filter(([, { width, height }]) => width > 0 && (width < ${TARGET} || height < ${TARGET}))
    .map(([element, { width, height }]) => (element.ariaLabel ?? element.textContent) + " " + width + "x" + height);
  const over = document.documentElement.scrollWidth - innerWidth;
  return over > 0 ? [...small, "wider than the screen by " + over] : small;
})()`;

describeInBrowser("a whole conversation on a phone, by touch", () => {
  let server: TestServer;
  let bob: Client;
  beforeAll(async () => {
    server = await startTestServer("embedded");
    bob = await server.person("Bob");
    await server.person("Maximiliane Wilhelmine");
  });
  afterAll(() => server.stop());

  for (const viewport of PHONES)
    test(`${viewport.width} by ${viewport.height} pixels`, async () => {
      const ann = await server.person("Ann");
      const { id } = await bob.conversation([ann]);
      await bob.send(id, `Hello from a long-winded friend: ${"x".repeat(200)} https://example.com/${"y".repeat(200)}`);
      const visitor = server.visitor();
      const { page, faults, close } = await openPage(visitor, "/sign-in", { viewport, hasTouch: true, isMobile: true });
      const fits = async (view: string) =>
        expect({ view, faults: await page.evaluate(FAULTS) }).toEqual({ view, faults: [] });

      await page.getByLabel("E-mail").fill(ann.user?.email ?? "");
      await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
      await fits("sign-in");
      await page.getByRole("button", { name: "Sign in" }).tap();
      await row(page, "Bob Tester").waitFor();
      await fits("the list");
      // One thing at a time: the list, or what is open.
      expect(await page.getByRole("main").isVisible()).toBe(false);
      await row(page, "Bob Tester").tap();
      await message(page, "Hello from").waitFor();
      await fits("a conversation");
      expect(await row(page, "Bob Tester").isVisible()).toBe(false);

      await composer(page).fill("On my way");
      await page.getByRole("button", { name: "Send", exact: true }).tap();
      await page.getByText("Sent", { exact: true }).waitFor();
      await openMenu(page, message(page, "On my way").getByText("On my way"));
      await fits("a message's menu");
      await page.getByRole("menuitem", { name: "Edit" }).tap();
      await fits("editing");
      await composer(page).fill("On my way home");
      await page.getByRole("button", { name: "Save" }).tap();
      await message(page, "On my way home").waitFor();
      await openMenu(page, message(page, "On my way home").getByText("On my way home"));
      await page.getByRole("menuitem", { name: "Delete" }).tap();
      await page.getByRole("dialog").waitFor();
      await fits("a question");
      await confirm(page, "Delete message");
      await message(page, "This message was deleted.").waitFor();

      await page.getByRole("button", { name: "Details and members" }).tap();
      await page.getByRole("dialog").waitFor();
      await fits("details");
      await page.getByRole("button", { name: "Close" }).tap();
      await page.getByRole("button", { name: "Back to the conversations" }).tap();
      await row(page, "Message deleted").waitFor();

      await page.getByRole("button", { name: "New conversation" }).tap();
      await page.getByRole("option", { name: "Maximiliane" }).tap();
      await fits("a new conversation");
      await page.getByRole("button", { name: "Close" }).tap();
      await page.getByRole("button", { name: /^Your menu/ }).tap();
      await fits("one's menu");
      await page.getByRole("menuitem", { name: "Settings" }).tap();
      await heading(page, "Profile").waitFor();
      for (const part of ["Password", "Sessions", "Appearance", "Notifications", "Keyboard", "About"]) {
        await page.getByRole("button", { name: "Back" }).tap();
        await page.getByRole("link", { name: part }).tap();
        await heading(page, part).waitFor();
        await fits(part);
      }
      expect(faults).toEqual([]);
      await close();
    });
});

/** A finger lies on a message for a while, and again where the message has moved away under it. */
async function openMenu(page: Page, on: Locator) {
  const item = page.getByRole("menuitem", { name: "Edit" });
  await until(async () => {
    await rest(page, on);
    return item.waitFor({ timeout: 1_000 }).then(
      () => true,
      () => false,
    );
  });
}

async function rest(page: Page, on: Locator) {
  const box = await on.boundingBox();
  const finger = await page.context().newCDPSession(page);
  const touchPoints = [{ x: (box?.x ?? 0) + 5, y: (box?.y ?? 0) + 5 }];
  await finger.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints });
  await Bun.sleep(RESTS_MS);
  await finger.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  await finger.detach();
}
