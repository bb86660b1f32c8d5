import { expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { until } from "../sdk/people.ts";
import { seriousFaults } from "../support/axe.ts";
import { describeInWholeBrowser } from "../support/chromium.ts";
import { composer, messages, row } from "../support/hands.ts";
import { openPage } from "../support/pages.ts";
import { withServer } from "../support/server.ts";

const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };

const record = (page: Page) => page.getByRole("button", { name: "Record a voice message" });
const panel = (page: Page) => page.getByRole("region", { name: "Voice message" });
const button = (page: Page, name: string) => panel(page).getByRole("button", { name, exact: true });
const heard = (page: Page) => messages(page).getByRole("group", { name: /^Voice message from/ });

/** Waits until so many seconds are recorded. */
const recorded = (page: Page, seconds: number) =>
  until(
    async () => Number(/:(\d+)$/.exec((await panel(page).getByRole("timer").textContent()) ?? "")?.[1]) >= seconds,
    () => `${seconds} s of sound`,
  );

describeInWholeBrowser("voice messages", () => {
  const server = withServer("embedded");

  async function pair(options: Parameters<typeof openPage>[2] = {}) {
    const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
    const { id } = await ann.conversation([bob]);
    const a = await openPage(ann, `/c/${id}`, { chromium: "whole", permissions: ["microphone"], ...options });
    await composer(a.page).waitFor();
    return { ann, bob, id, a, page: a.page };
  }

  test("the keyboard records, pauses, listens and sends, and the other person hears it", async () => {
    const { bob, id, a, page } = await pair();
    await composer(page).press("Tab");
    expect(await record(page).evaluate((one) => one.matches(":focus"))).toBe(true);
    await page.keyboard.press("Enter");
    await recorded(page, 1);
    expect(await seriousFaults(page)).toEqual([]);
    await button(page, "Pause").press("Enter");
    const length = await panel(page).getByRole("timer").textContent();
    await button(page, "Go on recording").press("Enter");
    await recorded(page, Number(length?.slice(-1)) + 1);
    await button(page, "Stop and listen").press("Enter");
    await panel(page).getByRole("slider", { name: "Position" }).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await button(page, "Play").press("Enter");
    await button(page, "Pause").waitFor();
    await button(page, "Send voice message").press("Enter");
    await heard(page).waitFor();
    expect(await composer(page).evaluate((one) => one.matches(":focus"))).toBe(true);

    const b = await openPage(bob, `/c/${id}`, { chromium: "whole" });
    await heard(b.page).getByRole("button", { name: "Play" }).click();
    await heard(b.page).getByRole("button", { name: "Pause" }).waitFor();
    const slider = heard(b.page).getByRole("slider");
    expect(Number(await slider.getAttribute("max"))).toBeGreaterThan(1.5);
    await slider.press("End");
    await heard(b.page).getByRole("button", { name: "Play" }).waitFor();
    expect([...a.faults, ...b.faults]).toEqual([]);
    await b.close();
    await a.close();
  });

  test("a refused microphone says how to allow it, and tries again", async () => {
    const { a, page } = await pair({ permissions: [] });
    await record(page).click();
    await panel(page).getByRole("alert").filter({ hasText: "Allow it in your browser’s settings" }).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await page.context().grantPermissions(["microphone"]);
    await button(page, "Try again").click();
    await recorded(page, 1);
    await page.keyboard.press("Escape");
    await panel(page).waitFor({ state: "detached" });
    await a.close();
  });

  test("a discarded recording comes back when asked", async () => {
    const { a, page } = await pair();
    await record(page).click();
    await recorded(page, 2);
    await page.keyboard.press("Escape");
    await panel(page).waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Undo" }).click();
    await panel(page).getByRole("slider", { name: "Position" }).waitFor();
    await button(page, "Discard").click();
    await panel(page).waitFor({ state: "detached" });
    expect(a.faults).toEqual([]);
    await a.close();
  });

  test("a recording waits while another conversation is open, and goes out when there is a connection", async () => {
    const { ann, a, page } = await pair(PHONE);
    const carl = await server.person("Carl");
    await ann.send((await ann.conversation([carl])).id, "hello");
    await record(page).tap();
    await recorded(page, 1);
    expect(await page.evaluate<boolean>("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    const here = new URL(page.url()).pathname;
    const back = page.getByRole("button", { name: "Back to conversations" });
    for (const name of ["Carl Tester", "Bob Tester"]) {
      await back.tap();
      await row(page, name).tap();
      await composer(page).waitFor();
    }
    await panel(page).getByRole("slider", { name: "Position" }).waitFor();
    await page.context().setOffline(true);
    await button(page, "Send voice message").tap();
    await heard(page).getByRole("progressbar", { name: "Sending" }).or(heard(page)).first().waitFor();
    await page.context().setOffline(false);
    await until(
      async () =>
        (await ann.get(`/api/chat/conversations${here.slice(2)}/messages/`)).body.data.messages.at(-1)?.files
          ?.length === 1,
      () => "the message on the server",
    );
    expect(a.faults).toEqual([]);
    await a.close();
  });
});
