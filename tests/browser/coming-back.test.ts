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

/** Keeps all that screen readers are told. */
const KEEP_ANNOUNCEMENTS = `(() => {
  window.announced = [];
  const place = document.querySelector("[data-announcements]");
  const keep = () => announced.push(place.textContent);
  new MutationObserver(keep).observe(place, { childList: true, subtree: true, characterData: true });
})()`;

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

  /** Shows the end, and then the messages that came while nobody looked. */
  const showMissed = async (options: Parameters<typeof openPage>[2] = {}, prepare = "") => {
    const page = await show(undefined, options);
    await page.evaluate(prepare);
    await message(page, "before all that").waitFor();
    await page.evaluate("document.hasFocus = () => false");
    await bobSays(NEW);
    await message(page, `news ${NEW} of ${NEW}`).waitFor();
    await page.evaluate("delete document.hasFocus");
    await missed(page).waitFor();
    return page;
  };
  /** Shows the end of many messages, which are read. */
  const showRead = async () => {
    await bobSays(NEW);
    await ann.get(`/api/chat/conversations/${id}/messages/`);
    const page = await show();
    await until(() => isInSight(message(page, `news ${NEW} of ${NEW}`)));
    return page;
  };
  /** The text of the focused message, without its toolbar, which loads when it is first needed. */
  const focused = (page: Page) =>
    page.evaluate<string>(
      "(document.activeElement.querySelector('.message-text') ?? document.activeElement).textContent",
    );

  beforeEach(async () => {
    [ann, bob] = await Promise.all([server.person("Ann"), server.person("Bob")]);
    id = (await ann.conversation([bob])).id;
    await ann.send(id, "before all that");
  });
  afterEach(async () => {
    const faults = open.flatMap((opened) => opened.faults);
    await Promise.all(open.splice(0).map((opened) => opened.close()));
    expect(faults).toEqual([]);
  });

  test("the conversation opens at the first of them, and those are read that were in view", async () => {
    await bobSays(NEW);
    const page = await show();
    await until(() => isInSight(line(page)));
    expect(await isInSight(message(page, "news 1 of"))).toBe(true);
    expect(await missed(page).count()).toBe(0);
    // Somebody who opens a conversation wants to write, too.
    expect(await composer(page).evaluate((field) => field.matches(":focus"))).toBe(true);
    await until(async () => (await unread()) < NEW);
    expect(await unread()).toBeGreaterThan(NEW - 40);
    await message(page, "news 1 of").hover();
    for (let turn = 0; !(await isInSight(message(page, `news ${NEW} of ${NEW}`))); turn++) {
      expect(turn).toBeLessThan(60);
      const before = await unread();
      await page.mouse.wheel(0, 400);
      await page.evaluate(FRAMES);
      expect(await unread()).toBeLessThanOrEqual(before);
    }
    await until(async () => (await unread()) === 0);
    await bob.send(id, "and one more");
    await until(() => isInSight(message(page, "and one more")));
    expect(await seriousFaults(page)).toEqual([]);
  });

  test("the newest are one press away from the first new one", async () => {
    await bobSays(NEW);
    const page = await show();
    await until(() => isInSight(line(page)));
    await page.getByRole("button", { name: "Jump to the newest messages" }).click();
    await until(() => isInSight(message(page, `news ${NEW} of ${NEW}`)));
    await until(async () => (await unread()) === 0);
    expect(await missed(page).count()).toBe(0);
  });

  test("a link to one of them, or to a message before them, marks none as read that was not in view", async () => {
    await bobSays(NEW, "old");
    await ann.get(`/api/chat/conversations/${id}/messages/`);
    await bobSays(NEW);
    const page = await show(`/c/${id}/${NEW + 60}`);
    await until(() => isInSight(message(page, `news 59 of ${NEW}`)));
    await missed(page).waitFor();
    expect(await unread()).toBe(NEW);

    await page.goto(`/c/${id}/20`);
    await until(() => isInSight(message(page, `old 19 of ${NEW}`)));
    expect(await missed(page).count()).toBe(0);
    await page.getByRole("button", { name: "Jump to the newest messages" }).click();
    await until(() => isInSight(message(page, `news ${NEW} of ${NEW}`)));
    await missed(page).waitFor();
    expect(await unread()).toBe(NEW);
  });

  test("the bar says how many and since when, leads to the first, and all are read at the end", async () => {
    const page = await showMissed({}, KEEP_ANNOUNCEMENTS);
    await missed(page)
      .getByText(new RegExp(`^${NEW} new messages since \\d+:\\d\\d`))
      .waitFor();
    expect(await isInSight(message(page, `news ${NEW} of ${NEW}`))).toBe(true);
    // More messages may come while it is announced, and the newest one is announced too.
    await until(() => page.evaluate<boolean>("announced.some((text) => /^\\d+ new messages? since /.test(text))"));
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
    const page = await showMissed();
    await composer(page).focus();
    await page.keyboard.press("Control+j");
    await until(() => isInSight(line(page)));
    await missed(page).waitFor({ state: "detached" });
    await page.keyboard.press("?");
    for (const label of ["First new message", "Mark all as read, or stop loading"])
      await page.getByRole("dialog").getByText(label).waitFor();

    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Jump to the newest messages" }).click();
    await until(async () => (await unread()) === 0);
    await page.evaluate("document.hasFocus = () => false");
    await bobSays(NEW, "later");
    await message(page, `later ${NEW} of ${NEW}`).waitFor();
    await page.evaluate("delete document.hasFocus");
    await missed(page).waitFor();
    await composer(page).focus();
    await page.keyboard.press("Escape");
    await missed(page).waitFor({ state: "detached" });
    await until(async () => (await unread()) === 0);
  });

  test("sending a message marks all as read and closes the bar; later messages are read as they are seen", async () => {
    const page = await showMissed();
    await say(page, "an answer");
    await missed(page).waitFor({ state: "detached" });
    await bob.send(id, "a reply to that");
    await message(page, "a reply to that").waitFor();
    await until(async () => (await unread()) === 0);
  });

  test("Escape in a menu closes the menu, and marks nothing as read", async () => {
    const page = await showMissed();
    const last = message(page, `news ${NEW} of ${NEW}`);
    await last.click({ button: "right" });
    await page.getByRole("menuitem").first().waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("menuitem").first().waitFor({ state: "detached" });
    expect(await missed(page).count()).toBe(1);
    expect(await unread()).toBe(NEW);
  });

  test("messages missed without a connection are new, though the page stays open", async () => {
    const page = await showRead();
    // The parts that load after the messages are there too.
    await page.waitForLoadState("networkidle");
    await page.context().setOffline(true);
    await page.evaluate("dispatchEvent(new Event('offline'))");
    await saysDisconnected(page);
    await bobSays(NEW, "meanwhile");
    await page.context().setOffline(false);
    await missed(page).getByText(`${NEW} new messages`).waitFor();
    expect(await unread()).toBe(NEW);
  });

  test("the bar closes when the reader scrolls up to the line", async () => {
    const page = await showMissed();
    await message(page, `news ${NEW} of ${NEW}`).hover();
    await until(async () => {
      await page.mouse.wheel(0, -900);
      return isInSight(line(page));
    });
    await missed(page).waitFor({ state: "detached" });
  });

  test("messages sent while the page was closed are new, though the page had stored the earlier ones", async () => {
    const page = await showRead();
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
    const page = await showMissed();
    await missed(page).getByRole("button", { name: "Mark all as read" }).click();
    await message(page, `news ${NEW} of ${NEW}`).hover();
    await until(async () => (await unread()) === 0);
    await page.mouse.wheel(0, -900);
    await page.getByRole("button", { name: "Jump to the newest messages" }).waitFor();
  });

  test("messages read on another device meanwhile do not hold the page at their place", async () => {
    const page = await showRead();
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
    const page = await showRead();
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

  /** Shows the conversation with a server that answers as given when the page asks for the first new messages. */
  async function showWith(server: { older: "pass" | "hold" | "fail" }, options: Parameters<typeof show>[1] = {}) {
    await bobSays(NEW);
    const page = await show("/settings/about", options);
    const held: (() => void)[] = [];
    await page.routeWebSocket(/\/ws\/(\?|$)/, (socket) => {
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
  const LOADING = "Loading the first new message…";

  test("a server that can’t load them is reported, and a press tries again", async () => {
    const server = { older: "fail" as "fail" | "pass" };
    const { page } = await showWith(server);
    await missed(page).getByText("Couldn’t load the new messages.").waitFor();
    expect(await isInSight(message(page, `news ${NEW} of ${NEW}`))).toBe(true);
    await page.locator("[data-announcements]").getByText("Couldn’t load").waitFor({ state: "attached" });
    await missed(page).getByRole("button", { name: "Try again" }).focus();
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
    const { page } = await showWith(server, { mayBeCut: true });
    await missed(page).getByText(LOADING).waitFor();
    await page.context().setOffline(true);
    await page.evaluate("dispatchEvent(new Event('offline'))");
    await saysDisconnected(page);
    await missed(page).getByText(LOADING).waitFor();
    server.older = "pass";
    await page.context().setOffline(false);
    await until(() => isInSight(line(page)));
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
      await missed(page).getByText(LOADING).waitFor();
      expect(await isInSight(message(page, `news ${NEW} of ${NEW}`))).toBe(true);
      await move(page);
      const before = await focused(page);
      release();
      await missed(page).getByText(LOADING).waitFor({ state: "detached" });
      await page.evaluate(FRAMES);
      expect(await isInSight(line(page))).toBe(false);
      expect(await focused(page)).toBe(before);
    });

  test("the bar works on a small phone, in dark mode, from right to left", async () => {
    const viewport = { width: 320, height: 568 };
    const options = { viewport, hasTouch: true, isMobile: true, colorScheme: "dark" } as const;
    const page = await showMissed(options, `localStorage.setItem("confab.direction", "rtl"); location.reload()`);
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
    const page = await showMissed({ viewport, hasTouch: true, isMobile: true });
    await page.evaluate("document.documentElement.style.fontSize = '200%'");
    await missed(page).getByText("since").waitFor();
    for (const name of ["Jump to first", "Mark all as read"]) {
      const box = await missed(page).getByRole("button", { name }).boundingBox();
      expect(box?.x).toBeGreaterThanOrEqual(0);
      expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(viewport.width);
    }
  });
});
