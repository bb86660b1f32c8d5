import { afterEach, beforeEach, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { until } from "../sdk/people.ts";
import { seriousFaults } from "../support/axe.ts";
import { describeInBrowser } from "../support/chromium.ts";
import type { Client } from "../support/client.ts";
import { composer, isInSight, message, missed, row, say, saysDisconnected } from "../support/hands.ts";
import { type OpenPage, openPage } from "../support/pages.ts";
import { withServer } from "../support/server.ts";

/** More than a page, which has 50. */
const NEW = 120;
/** Within these the list would have moved. */
const FRAMES = `new Promise((done) => {
  let left = 6;
  const next = () => (left-- > 0 ? requestAnimationFrame(next) : done());
  next();
})`;

describeInBrowser("coming back to more than a page of new messages", () => {
  const server = withServer("embedded");
  let ann: Client;
  let bob: Client;
  let id = "";
  const open: OpenPage[] = [];
  const show = async (path = `/c/${id}`, options: Parameters<typeof openPage>[2] = {}) => {
    const opened = await openPage(ann, path, options);
    open.push(opened);
    return opened.page;
  };
  const bobSays = async (count: number, what = "news") => {
    for (let n = 1; n <= count; n++) await bob.send(id, `${what} ${n} of ${count}`);
  };
  const unread = async () => (await ann.get(`/api/chat/conversations/${id}/`)).body.data.unread_count;
  const line = (page: Page) => page.getByRole("feed").getByText(`${NEW} new messages`, { exact: true });

  const focused = (page: Page) => page.evaluate<string>("document.activeElement.textContent");

  beforeEach(async () => {
    [ann, bob] = await Promise.all([server.person("Ann"), server.person("Bob")]);
    id = (await ann.conversation([bob])).id;
    await ann.send(id, "before all that");
    await bobSays(NEW);
  });
  afterEach(async () => {
    const faults = open.flatMap((opened) => opened.faults);
    await Promise.all(open.splice(0).map((opened) => opened.close()));
    expect(faults).toEqual([]);
  });

  test("the bar says how many and since when, leads to the first, and all are read at the end", async () => {
    const page = await show();
    await missed(page)
      .getByText(new RegExp(`^${NEW} new messages since \\d+:\\d\\d`))
      .waitFor();
    expect(await isInSight(message(page, `news ${NEW} of ${NEW}`))).toBe(true);
    expect(await page.locator("[data-announcements]").textContent()).toMatch(/^120 new messages since /);
    expect(await seriousFaults(page)).toEqual([]);
    // Nobody has seen them: they stay unread, though the newest is in sight.
    await row(page, "Bob Tester").getByText(`${NEW} unread messages`).waitFor({ state: "attached" });
    expect(await unread()).toBe(NEW);

    await missed(page).getByRole("button", { name: "Jump to first" }).click();
    await missed(page).waitFor({ state: "detached" });
    await until(() => isInSight(line(page)));
    expect(await isInSight(message(page, "news 1 of"))).toBe(true);
    await until(async () => (await focused(page)).includes("news 1 of"));
    expect(await unread()).toBe(NEW);
    await page.getByRole("button", { name: "Jump to the newest messages" }).click();
    await until(async () => (await unread()) === 0);
    expect(await missed(page).count()).toBe(0);
  });

  test("the keys work too, also while you type, and are on the key sheet; Escape marks all as read", async () => {
    const page = await show();
    await missed(page).waitFor();
    await composer(page).focus();
    await page.keyboard.press("Control+j");
    await until(() => isInSight(line(page)));
    await missed(page).waitFor({ state: "detached" });
    await page.keyboard.press("?");
    for (const label of ["First new message", "Mark all as read, or stop loading"])
      await page.getByRole("dialog").getByText(label).waitFor();

    await page.reload();
    await missed(page).waitFor();
    await composer(page).focus();
    await page.keyboard.press("Escape");
    await missed(page).waitFor({ state: "detached" });
    await until(async () => (await unread()) === 0);
    await page.reload();
    await message(page, `news ${NEW} of ${NEW}`).waitFor();
    expect(await missed(page).count()).toBe(0);
  });

  test("sending a message marks all as read and closes the bar; later messages are read as they are seen", async () => {
    const page = await show();
    await missed(page).waitFor();
    await say(page, "an answer");
    await missed(page).waitFor({ state: "detached" });
    await bob.send(id, "a reply to that");
    await message(page, "a reply to that").waitFor();
    await until(async () => (await unread()) === 0);
  });

  test("Escape in a menu closes the menu, and marks nothing as read", async () => {
    const page = await show();
    await missed(page).waitFor();
    const last = message(page, `news ${NEW} of ${NEW}`);
    await last.hover();
    await last.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem").first().waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("menuitem").first().waitFor({ state: "detached" });
    expect(await missed(page).count()).toBe(1);
    expect(await unread()).toBe(NEW);
  });

  test("messages missed without a connection are new, though the page stays open", async () => {
    const page = await show();
    await missed(page).getByRole("button", { name: "Mark all as read" }).click();
    await until(async () => (await unread()) === 0);
    await page.context().setOffline(true);
    await page.evaluate("dispatchEvent(new Event('offline'))");
    await saysDisconnected(page);
    await bobSays(NEW, "meanwhile");
    await page.context().setOffline(false);
    await missed(page).getByText(`${NEW} new messages`).waitFor();
    expect(await unread()).toBe(NEW);
  });

  test("the bar closes when the reader scrolls up to the line", async () => {
    const page = await show();
    await missed(page).waitFor();
    await message(page, `news ${NEW} of ${NEW}`).hover();
    await until(async () => {
      await page.mouse.wheel(0, -900);
      return isInSight(line(page));
    });
    await missed(page).waitFor({ state: "detached" });
  });

  test("messages sent while the page was closed are new, though the page had stored the earlier ones", async () => {
    const page = await show();
    await missed(page).getByRole("button", { name: "Mark all as read" }).click();
    await until(async () => (await unread()) === 0);
    // The page keeps what it has shown, and will go on from there.
    await say(page, "until later");
    await page.getByText("Sent", { exact: true }).waitFor();
    await page.waitForTimeout(1500);
    await page.goto("about:blank");
    await bobSays(60, "later");
    await page.goto(`/c/${id}`);
    // One is led to the first of them, or by the bar where they come while the page is at its end already.
    const led = page.getByRole("feed").getByText("60 new messages", { exact: true });
    await until(async () => (await isInSight(led)) || (await missed(page).getByText("60 new messages").count()) > 0);
    expect(await unread()).toBe(60);
  });

  test("a scroll away from the end is not undone when all becomes read at that moment", async () => {
    const page = await show();
    await missed(page).getByRole("button", { name: "Mark all as read" }).click();
    await message(page, `news ${NEW} of ${NEW}`).hover();
    await until(async () => (await unread()) === 0);
    await page.mouse.wheel(0, -900);
    await page.getByRole("button", { name: "Jump to the newest messages" }).waitFor();
  });

  test("messages read on another device meanwhile do not hold the page at their place", async () => {
    const page = await show();
    await missed(page).getByRole("button", { name: "Mark all as read" }).click();
    await until(async () => (await unread()) === 0);
    await message(page, `news ${NEW} of ${NEW}`).hover();
    await page.mouse.wheel(0, -900);
    await page.getByRole("button", { name: "Jump to the newest messages" }).waitFor();
    await bobSays(30, "later");
    await page.getByRole("button", { name: "30 new messages" }).waitFor();
    // The page keeps what it has shown, and will go on from there.
    await page.waitForTimeout(1500);
    await page.goto("about:blank");
    await bobSays(30, "last");
    await ann.get(`/api/chat/conversations/${id}/messages/`);
    await page.goto(`/c/${id}`);
    await until(() => isInSight(message(page, "last 30 of 30")));
    expect(await missed(page).count()).toBe(0);
  });

  test("the view at the end follows many messages at once to the last one", async () => {
    const page = await show();
    await missed(page).getByRole("button", { name: "Mark all as read" }).click();
    await until(async () => (await unread()) === 0);
    const socket = await bob.chat(id);
    for (let burst = 1; burst <= 40; burst++) {
      for (let n = 1; n <= 5; n++)
        socket.send({ type: "message", content: `burst ${burst} ${n} ${"word ".repeat((n * 7) % 30)}` });
      await Bun.sleep(17);
    }
    await until(() => isInSight(message(page, "burst 40 5")));
    await until(async () => (await unread()) === 0);
    socket.close();
  });

  /** Shows the conversation with a server that does as told when it is asked for older messages. */
  async function showWith(server: { older: "pass" | "hold" | "fail" }) {
    const page = await show("/settings/about");
    const held: (() => void)[] = [];
    await page.routeWebSocket("**/ws/", (socket) => {
      const node = socket.connectToServer();
      socket.onMessage((text) => {
        const { type, limit, ref, conversation_id } = JSON.parse(String(text));
        if (type !== "history" || limit === 1 || limit === undefined || server.older === "pass") return node.send(text);
        if (server.older === "hold") held.push(() => node.send(text));
        else
          socket.send(
            JSON.stringify({ type: "error", code: "internal_error", message: "Failed", ref, conversation_id }),
          );
      });
    });
    await page.goto(`/c/${id}`);
    await missed(page).waitFor();
    const release = () => {
      server.older = "pass";
      for (const ask of held.splice(0)) ask();
    };
    return { page, release };
  }
  const go = (page: Page, name = "Jump to first") => missed(page).getByRole("button", { name, exact: true });

  test("a server that can’t load them is reported, and a press tries again", async () => {
    const server = { older: "fail" as "fail" | "pass" };
    const { page } = await showWith(server);
    await go(page).click();
    await missed(page).getByText("Couldn’t load the new messages.").waitFor();
    await page.locator("[data-announcements]").getByText("Couldn’t load").waitFor({ state: "attached" });
    expect(await missed(page).getByRole("progressbar").count()).toBe(0);
    expect(await focused(page)).toBe("Try again");
    expect(await unread()).toBe(NEW);
    expect(await seriousFaults(page)).toEqual([]);
    server.older = "pass";
    await page.keyboard.press("Enter");
    await until(() => isInSight(line(page)));
    await missed(page).waitFor({ state: "detached" });
    // No other failed request shows its error.
    expect(await page.getByText("Couldn’t load").filter({ visible: true }).count()).toBe(0);
  });

  test("loading waits for a server that goes away meanwhile", async () => {
    const server = { older: "hold" as "hold" | "pass" };
    const { page } = await showWith(server);
    await go(page).click();
    await missed(page).getByRole("progressbar").waitFor();
    await page.context().setOffline(true);
    await page.evaluate("dispatchEvent(new Event('offline'))");
    await saysDisconnected(page);
    await missed(page).getByRole("progressbar").waitFor();
    server.older = "pass";
    await page.context().setOffline(false);
    await until(() => isInSight(line(page)));
  });

  test("the focus stays on the pressed button while messages load, and then goes to the first new one", async () => {
    const { page, release } = await showWith({ older: "hold" });
    await go(page).focus();
    await page.keyboard.press("Enter");
    await missed(page).getByRole("progressbar").waitFor();
    expect(await focused(page)).toBe("Jump to first");
    release();
    await until(async () => (await focused(page)).includes("news 1 of"));
  });

  for (const [how, move] of Object.entries({
    scrolls: async (page: Page) => {
      await message(page, `news ${NEW} of ${NEW}`).hover();
      await page.mouse.wheel(0, -200);
    },
    "goes by the keys from message to message": async (page: Page) => {
      await message(page, `news ${NEW} of ${NEW}`).focus();
      await page.keyboard.press("ArrowUp");
    },
    "sends something": (page: Page) => say(page, "an answer"),
  }))
    test(`a reader who ${how} while it loads is not pulled away`, async () => {
      const { page, release } = await showWith({ older: "hold" });
      await go(page).click();
      await missed(page).getByRole("progressbar").waitFor();
      await move(page);
      const before = await focused(page);
      release();
      await missed(page).getByRole("progressbar").waitFor({ state: "detached" });
      await page.evaluate(FRAMES);
      expect(await isInSight(line(page))).toBe(false);
      expect(await focused(page)).toBe(before);
    });

  test("the bar works on a small phone, in dark mode, from right to left", async () => {
    const viewport = { width: 320, height: 568 };
    const page = await show(undefined, { viewport, hasTouch: true, isMobile: true, colorScheme: "dark" });
    await page.evaluate(`localStorage.setItem("confab.direction", "rtl")`);
    await page.reload();
    await missed(page).getByText("since").waitFor();
    const box = await missed(page).boundingBox();
    expect(box?.x).toBeGreaterThanOrEqual(0);
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(viewport.width);
    expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBeLessThanOrEqual(viewport.width);
    expect(await seriousFaults(page)).toEqual([]);
    await missed(page).getByRole("button", { name: "Jump to first" }).tap();
    await until(() => isInSight(line(page)));
  });

  test("the whole bar is within a phone’s screen with letters twice as large", async () => {
    const viewport = { width: 390, height: 844 };
    const page = await show(undefined, { viewport, hasTouch: true, isMobile: true });
    await page.evaluate("document.documentElement.style.fontSize = '200%'");
    await missed(page).getByText("since").waitFor();
    for (const name of ["Jump to first", "Mark all as read"]) {
      const box = await missed(page).getByRole("button", { name }).boundingBox();
      expect(box?.x).toBeGreaterThanOrEqual(0);
      expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(viewport.width);
    }
  });
});
