import { expect, test } from "bun:test";
import type { BrowserContextOptions } from "playwright-core";
import { describeInBrowser } from "../support/chromium.ts";
import { message, row } from "../support/hands.ts";
import { openPage } from "../support/pages.ts";
import { withServer } from "../support/server.ts";

const DAY_MS = 86_400_000;

describeInBrowser("days and times", () => {
  const server = withServer("embedded");

  /** Ann looks at what Bob has just written, by a clock of her own. */
  async function look(options: BrowserContextOptions = {}) {
    const [ann, bob] = await Promise.all([server.person("Ann"), server.person("Bob")]);
    const { id } = await bob.conversation([ann]);
    await bob.send(id, "written today");
    const opened = await openPage(ann, "/settings/about", options);
    return { ...opened, id };
  }

  test("a message of today is under yesterday after midnight", async () => {
    const { page, faults, close, id } = await look({ timezoneId: "UTC" });
    await page.clock.install({ time: new Date().setUTCHours(23, 59, 30) });
    await page.goto(`/c/${id}`);
    await message(page, "written today").waitFor();
    const day = page.getByRole("feed").getByText(/^(Today|Yesterday)$/);
    expect(await day.textContent()).toBe("Today");
    expect(await row(page, "Bob Tester").textContent()).not.toContain("Yesterday");
    await page.clock.runFor(60_000);
    await page.getByRole("feed").getByText("Yesterday", { exact: true }).waitFor();
    await row(page, "Bob Tester").filter({ hasText: "Yesterday" }).waitFor();
    // In a sentence a day has its own name.
    const weekday = new Intl.DateTimeFormat("en", { weekday: "long", timeZone: "UTC" }).format(Date.now());
    await page.getByText(new RegExp(`^Last seen ${weekday}`)).waitFor();
    expect(faults).toEqual([]);
    await close();
  });

  test("a time keeps the order of its characters in a right-to-left page", async () => {
    const { page, faults, close, id } = await look({ locale: "en-US", timezoneId: "UTC" });
    await page.evaluate(`localStorage.setItem("confab.direction", "rtl")`);
    await page.goto(`/c/${id}`);
    await message(page, "written today").waitFor();
    const time = page.getByRole("feed").locator("time");
    expect(await time.textContent()).toMatch(/^\d{1,2}:\d\d.[AP]M$/);
    const [hour, half] = await time.evaluate((element) => {
      const text = element.textContent ?? "";
      return [0, text.length - 1].map((at) => {
        const range = element.ownerDocument.createRange();
        range.setStart(element.firstChild, at);
        range.setEnd(element.firstChild, at + 1);
        return range.getBoundingClientRect().left;
      });
    });
    expect(hour).toBeLessThan(half ?? 0);
    expect(faults).toEqual([]);
    await close();
  });

  test("a day is named in the language of the page, and a time has the form of the reader's region", async () => {
    const { page, faults, close, id } = await look({ locale: "de-DE", timezoneId: "UTC" });
    const there = new Date(Date.now() + 3 * DAY_MS);
    const weekday = new Intl.DateTimeFormat("en", { weekday: "long", timeZone: "UTC" }).format(Date.now());
    await page.clock.install({ time: there });
    await page.goto(`/c/${id}`);
    await page
      .getByRole("feed")
      .getByText(new RegExp(`^${weekday}`))
      .waitFor();
    await row(page, "Bob Tester")
      .filter({ hasText: weekday.slice(0, 3) })
      .waitFor();
    expect(await page.getByRole("feed").locator("time").textContent()).toMatch(/^\d{1,2}:\d\d$/);
    expect(faults).toEqual([]);
    await close();
  });
});
