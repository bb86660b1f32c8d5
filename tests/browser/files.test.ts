import { expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { until } from "../sdk/people.ts";
import { seriousFaults } from "../support/axe.ts";
import { describeInBrowser } from "../support/chromium.ts";
import { choose, composer, confirm, message, messages, openDetails } from "../support/hands.ts";
import { openPage } from "../support/pages.ts";
import { png, sendFiles, type TestFile, voice, wav } from "../support/sent-files.ts";
import { withServer } from "../support/server.ts";

const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };
const BYTES = "**/api/files/**";

const tile = (page: Page, name: RegExp | string) => page.getByRole("feed").getByRole("button", { name });
const viewer = (page: Page) => page.getByRole("dialog", { name: /^Picture/ });
const list = (page: Page) => page.getByRole("complementary", { name: "Files" });
const heights = (page: Page) =>
  messages(page).evaluateAll((rows) => rows.map((row) => Math.round(row.getBoundingClientRect().height)));
const isDrawn = (page: Page) =>
  until(
    () =>
      page
        .getByRole("feed")
        .evaluate((feed) =>
          [...feed.querySelectorAll("img")].every((image) => image.complete && image.naturalWidth > 0),
        ),
    () => "the pictures",
  );
/** Nothing on the page is wider than the screen. */
const fits = (page: Page) => page.evaluate<boolean>("document.documentElement.scrollWidth <= innerWidth");

describeInBrowser("files", () => {
  const server = withServer("embedded");

  async function pair(files: readonly TestFile[], text = "") {
    const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
    const { id } = await ann.conversation([bob]);
    const sent = files.length > 0 ? await sendFiles(ann, id, files, text) : undefined;
    return { ann, bob, id, sent, path: `/c/${id}` };
  }

  test("the list has the room of pictures, players and cards before their part and their bytes are there", async () => {
    const { ann, bob, id, path } = await pair([png("one.png", 640, 480)], "one picture");
    const five = [300, 200, 400, 250, 320].map((width, i) => png(`${i}.png`, width, 300, 60 * i));
    await sendFiles(ann, id, five, "five pictures");
    const card = { name: "notes.txt", bytes: new TextEncoder().encode("notes") };
    await sendFiles(ann, id, [png("tall.png", 200, 900), voice("a.wav", 1), card], "all kinds");
    await ann.send(id, "the last one");
    const { page, faults, close } = await openPage(bob, "/people");
    let goOn = () => {};
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const hold = (address: string) =>
      page.route(address, async (route) => {
        await held;
        await route.continue();
      });
    await hold("**/assets/message-files-*.js");
    await hold(BYTES);
    await page.goto(path);
    await message(page, "the last one").waitFor();
    const before = await heights(page);
    goOn();
    await tile(page, "Picture tall.png").waitFor();
    await isDrawn(page);
    expect(await heights(page)).toEqual(before);
    expect(faults).toEqual([]);
    await close();
  });

  test("a gallery keeps the order of its pictures, and says how many it does not show", async () => {
    const files = Array.from({ length: 8 }, (_, i) => png(`p${i + 1}.png`, 300 + 20 * i, 260, 40 * i));
    const { bob, path } = await pair(files, "eight");
    const { page, faults, close } = await openPage(bob, path);
    await tile(page, /p6.png, 6 of 8, 2 pictures more/).waitFor();
    const names = await tile(page, /^Picture/).evaluateAll((tiles) => tiles.map((one) => one.textContent));
    expect(names.map((name) => name?.slice(0, 14))).toEqual(
      [1, 2, 3, 4, 5, 6].map((n) => `Picture p${n}.png`.slice(0, 14)),
    );
    await isDrawn(page);
    expect(await seriousFaults(page)).toEqual([]);
    await tile(page, /p6.png/).click();
    await viewer(page).getByText("6 of 8", { exact: true }).waitFor();
    await page.keyboard.press("End");
    await page.getByRole("dialog", { name: /Picture p8.png/ }).waitFor();
    expect(faults).toEqual([]);
    await close();
  });

  test("the keyboard opens a picture, goes on to those of other messages, enlarges, and comes back", async () => {
    const { ann, bob, id, path } = await pair([png("first.png", 300, 200, 0, { alt: "A red wall" })], "first");
    await ann.send(id, "words between");
    await sendFiles(bob, id, [png("second.png", 300, 300, 120), png("third.png", 300, 400, 240)], "second");
    const { page, faults, close } = await openPage(bob, path);
    await message(page, "second").focus();
    const isOnTile = () => tile(page, /second.png/).evaluate((one) => one.matches(":focus"));
    // The name of the author comes first. The files of a message may still be on their way.
    await tile(page, /second.png/).waitFor();
    for (let tabs = 0; tabs < 4 && !(await isOnTile()); tabs++) await page.keyboard.press("Tab");
    expect(await isOnTile()).toBe(true);
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: /Picture second.png, Bob Tester/ }).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await viewer(page).getByText("2 of 3", { exact: true }).waitFor();
    await page.keyboard.press("ArrowLeft");
    await page.getByRole("dialog", { name: /Picture: A red wall, Ann Tester/ }).waitFor();
    await viewer(page).getByText("1 of 3", { exact: true }).waitFor();
    const picture = viewer(page).getByRole("img", { name: "A red wall" });
    const width = async () => (await picture.boundingBox())?.width ?? 0;
    const whole = await width();
    await page.keyboard.press("+");
    expect(await width()).toBeGreaterThan(1.4 * whole);
    await page.keyboard.press("0");
    expect(await width()).toBe(whole);
    await page.keyboard.press("Escape");
    await viewer(page).waitFor({ state: "detached" });
    expect(await tile(page, /second.png/).evaluate((one) => one.matches(":focus"))).toBe(true);
    await page.keyboard.press("Enter");
    await viewer(page).getByText("2 of 3", { exact: true }).waitFor();
    await page.keyboard.press("ArrowLeft");
    await page.getByRole("button", { name: "Go to message" }).click();
    await page.waitForURL(new RegExp(`${path}/1$`));
    expect(faults).toEqual([]);
    await close();
  });

  test("a finger turns the pages of the viewer, and pulls it away", async () => {
    const { bob, path } = await pair([png("one.png", 300, 200), png("two.png", 300, 200, 120)], "two");
    const { page, close } = await openPage(bob, path, PHONE);
    await tile(page, /one.png/).tap();
    await page.getByRole("dialog", { name: /one.png/ }).waitFor();
    await swipe(page, [280, 400], [60, 410]);
    await page.getByRole("dialog", { name: /two.png/ }).waitFor();
    await swipe(page, [180, 300], [190, 600]);
    await viewer(page).waitFor({ state: "detached" });
    await close();
  });

  test("a picture that does not load says so, and loads when it is pressed", async () => {
    const { bob, path } = await pair([png("one.png", 300, 200)], "one");
    const { page, close } = await openPage(bob, "/people");
    await page.route(BYTES, (route) => route.abort());
    await page.goto(path);
    const broken = tile(page, "Picture one.png did not load. Try again");
    await broken.waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await page.unroute(BYTES);
    await broken.click();
    await tile(page, /^Picture one.png$/).waitFor();
    await isDrawn(page);
    await close();
  });

  test("one sound plays at a time, from where it was left, and the next voice message follows", async () => {
    const { ann, bob, id, path } = await pair([voice("a.wav", 1)], "first voice");
    await sendFiles(ann, id, [voice("b.wav", 30)], "second voice");
    await sendFiles(ann, id, [wav("song.wav", 30, { duration: "30" })], "a song");
    const { page, faults, close } = await openPage(bob, path);
    const player = (text: string) => message(page, text).getByRole("group");
    const at = (text: string) => player(text).getByRole("slider", { name: "Position" });
    await player("first voice").getByRole("button", { name: "Play" }).click();
    await player("second voice").getByRole("button", { name: "Pause" }).waitFor();
    await player("second voice").getByRole("button", { name: "Pause" }).click();
    for (const key of ["End", "ArrowLeft", "Home", "ArrowRight", "ArrowRight"]) await at("second voice").press(key);
    expect(await at("second voice").getAttribute("aria-valuetext")).toBe("0:06 of 0:30");
    await player("second voice").getByRole("button", { name: "Play" }).click();
    await player("second voice").getByRole("button", { name: "Speed 1×" }).click();
    await player("a song").getByRole("button", { name: "Speed 1.5×" }).waitFor();
    await player("a song").getByRole("button", { name: "Play" }).click();
    await player("second voice").getByRole("button", { name: "Play" }).waitFor();
    expect(await at("second voice").getAttribute("aria-valuetext")).toMatch(/^0:(0[6-9]|[12]\d) of 0:30$/);
    expect(await seriousFaults(page)).toEqual([]);
    await page.reload();
    await player("a song").getByRole("button", { name: "Speed 1.5×" }).waitFor();
    expect(faults).toEqual([]);
    await close();
  });

  test("a file downloads with its name, and a name can't turn its ending around", async () => {
    const bytes = new TextEncoder().encode("#!/bin/sh\n");
    const turned = { name: "holiday \u202Egpj.exe", bytes };
    const long = { name: `${"a very long name ".repeat(8)}about all.zip`, bytes };
    const { bob, path } = await pair([turned, long], "papers");
    const { page, faults, close } = await openPage(bob, path, PHONE);
    const card = (name: RegExp) => message(page, "papers").getByRole("link", { name });
    await card(/^Download holiday gpj\.exe, EXE · 10 bytes$/).waitFor();
    expect(await fits(page)).toBe(true);
    expect(await card(/about all\.zip/).textContent()).toContain("t all.zip");
    const [saved] = await Promise.all([page.waitForEvent("download"), card(/about all\.zip/).click()]);
    expect(await Bun.file(await saved.path()).text()).toBe("#!/bin/sh\n");
    expect(faults).toEqual([]);
    await close();
  });

  test("the list of files has its kinds in tabs, leads to messages, and forgets deleted ones", async () => {
    const { ann, bob, id, path } = await pair([png("old.png", 300, 200)], "old picture");
    await sendFiles(ann, id, [{ name: "plan.txt", bytes: new TextEncoder().encode("plan") }], "a plan");
    await sendFiles(ann, id, [voice("v.wav", 1)], "a voice");
    const { page, faults, close } = await openPage(ann, path);
    await composer(page).waitFor();
    await page.getByRole("button", { name: "More about this conversation" }).click();
    await page.getByRole("menuitem", { name: "Files" }).click();
    await list(page)
      .getByRole("button", { name: /^Picture old.png/ })
      .waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await list(page).getByRole("tab", { name: "Pictures" }).focus();
    await page.keyboard.press("ArrowRight");
    await list(page).getByText("No videos yet").waitFor();
    await page.keyboard.press("ArrowRight");
    await list(page).getByRole("group", { name: "Voice message from Ann Tester" }).waitFor();
    await page.keyboard.press("End");
    await list(page)
      .getByRole("link", { name: /Download plan.txt/ })
      .waitFor();
    await list(page).getByRole("button", { name: "Go to message" }).click();
    await page.waitForURL(new RegExp(`${path}/2$`));
    await page.keyboard.press("Escape");
    await sendFiles(bob, id, [png("new.png", 200, 200, 120)], "new picture");
    await list(page).getByRole("tab", { name: "Pictures" }).click();
    await list(page)
      .getByRole("button", { name: /^Picture new.png/ })
      .waitFor();
    await choose(page, "old picture", "Delete");
    await confirm(page, "Delete message");
    await list(page)
      .getByRole("button", { name: /^Picture old.png/ })
      .waitFor({ state: "detached" });
    expect(
      await messages(page)
        .getByRole("button", { name: /^Picture old.png/ })
        .count(),
    ).toBe(0);
    await openDetails(page);
    await page
      .getByRole("complementary")
      .getByRole("button", { name: /^Picture new.png/ })
      .waitFor();
    await page.getByRole("complementary").getByRole("button", { name: "All files" }).click();
    await list(page).getByRole("tab", { name: "Pictures" }).waitFor();
    expect(faults).toEqual([]);
    await close();
  });

  test("files fit a phone with huge letters, a text that runs from right to left, and forced colours", async () => {
    const all = [png("p.png", 900, 300), png("q.png", 300, 900, 120), voice("v.wav", 3)];
    const { ann, bob, id, path } = await pair(all, "everything");
    await sendFiles(ann, id, [{ name: "a long name of a file that says all.pdf", bytes: new Uint8Array(9) }], "more");
    const { page, close } = await openPage(bob, path, { ...PHONE, forcedColors: "active" });
    await page.evaluate(
      'localStorage.setItem("confab.text-size", "huge"); localStorage.setItem("confab.direction", "rtl")',
    );
    await page.reload();
    await tile(page, /p.png/).waitFor();
    await isDrawn(page);
    expect(await fits(page)).toBe(true);
    const wide = await messages(page).evaluateAll(
      (rows) => rows.filter((row) => row.scrollWidth > row.clientWidth).length,
    );
    expect(wide).toBe(0);
    expect(await seriousFaults(page)).toEqual([]);
    await close();
  });
});

/** A finger that moves from one point to another. */
async function swipe(page: Page, [x, y]: [number, number], [toX, toY]: [number, number]) {
  const session = await page.context().newCDPSession(page);
  const touch = (type: "touchStart" | "touchMove" | "touchEnd", points: { x: number; y: number }[]) =>
    session.send("Input.dispatchTouchEvent", { type, touchPoints: points });
  await touch("touchStart", [{ x, y }]);
  for (const part of [0.3, 0.6, 1]) await touch("touchMove", [{ x: x + (toX - x) * part, y: y + (toY - y) * part }]);
  await touch("touchEnd", []);
  await session.detach();
}
