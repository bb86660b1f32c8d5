import { beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { until } from "../sdk/people.ts";
import { describeInWholeBrowser } from "../support/chromium.ts";
import type { Client } from "../support/client.ts";
import { chooseInMenu, message } from "../support/hands.ts";
import { isOnline, openPage } from "../support/pages.ts";
import { withServer } from "../support/server.ts";

interface Shown {
  title: string;
  body: string;
  tag: string;
  silent: boolean;
}

/** Writes down what the page does to the badge of the installed app. */
const RECORD_BADGE = `
  window.badge = "untouched";
  navigator.setAppBadge = async (count) => { window.badge = count; };
  navigator.clearAppBadge = async () => { window.badge = 0; };`;

describeInWholeBrowser("notifications and badges", () => {
  const server = withServer("embedded");
  let bob: Client;
  let cid: Client;
  beforeAll(async () => {
    [bob, cid] = [await server.person("Bob"), await server.person("Cid")];
  });

  /** A new Ann looks at her settings, with notifications on. She has a group with Bob and Cid. */
  async function open(name: string) {
    const ann = await server.person("Ann");
    const { id } = await ann.conversation([bob, cid], name);
    const opened = await openPage(ann, "/settings/notifications", {
      chromium: "whole",
      permissions: ["notifications"],
    });
    const { page } = opened;
    const toggle = page.getByRole("switch").first();
    if ((await toggle.getAttribute("aria-checked")) !== "true" && !(await toggle.isChecked())) await toggle.check();
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)");
    await isOnline(page);
    const at = `/api/chat/conversations/${id}/messages/`;
    return { ...opened, ann, id, at };
  }
  const shown = (page: Page) =>
    page.evaluate<Shown[]>(
      "navigator.serviceWorker.ready.then((worker) => worker.getNotifications())" +
        ".then((all) => all.map(({ title, body, tag, silent }) => ({ title, body, tag, silent })))",
    );
  /** Looks rarely: Chromium loses a notification that it shows while a page asks for all of them. */
  const isShown = (page: Page, body: string) =>
    until(async () => {
      await Bun.sleep(500);
      return (await shown(page)).some((one) => one.body === body);
    });

  test("follow an edit without a sound, a rename, and a deletion; they show no marks", async () => {
    const { page, ann, id, at, faults, close } = await open("Readers");
    await bob.send(id, "an earlier one");
    await isShown(page, "an earlier one");
    const { body: sent } = await bob.post(at, { content: "**bold** and `code`, see [this](https://a.example)" });
    await isShown(page, "bold and code, see this");
    const [before] = (await shown(page)).filter(({ body }) => body.startsWith("bold"));
    expect(before?.title).toBe("Bob Tester in Readers");
    // It is not the newest message any more.
    await cid.send(id, "another one");
    await isShown(page, "another one");
    await bob.patch(`${at}${sent.data.id}/`, { content: "*other* words" });
    await isShown(page, "other words");
    const after = (await shown(page)).filter(({ tag }) => tag === before?.tag);
    expect(after).toEqual([
      { title: "Bob Tester in Readers", body: "other words", tag: before?.tag ?? "", silent: true },
    ]);
    await ann.patch(`/api/chat/conversations/${id}/`, { name: "Writers" });
    await until(async () => (await shown(page)).every(({ title }) => title.endsWith("in Writers")));
    await bob.delete(`${at}${sent.data.id}/`);
    await until(async () => !(await shown(page)).some(({ tag }) => tag === before?.tag));
    expect((await shown(page)).map(({ body }) => body).sort()).toEqual(["an earlier one", "another one"]);
    expect(faults).toEqual([]);
    await close();
  });

  test("without their texts keep none, also after an edit", async () => {
    const { page, id, at, faults, close } = await open("Secrets");
    await page.getByRole("switch").nth(1).uncheck();
    const { body: sent } = await bob.post(at, { content: "a secret" });
    await isShown(page, "New message");
    await bob.patch(`${at}${sent.data.id}/`, { content: "another secret" });
    await cid.send(id, "more");
    await until(async () => (await shown(page)).length === 2);
    expect((await shown(page)).map(({ body }) => body)).toEqual(["New message", "New message"]);
    expect(faults).toEqual([]);
    await close();
  });

  test("close when their conversation is muted, which shows none from then on and does not count", async () => {
    const { page, ann, id, faults, close } = await open("Noise");
    await bob.send(id, "heard");
    await isShown(page, "heard");
    await until(async () => (await page.title()).startsWith("(1)"));
    await ann.patch(`/api/chat/conversations/${id}/me/`, { muted_until: "2099-01-01T00:00:00Z" });
    await until(async () => (await shown(page)).length === 0);
    await until(async () => !(await page.title()).startsWith("("));
    await bob.send(id, "not heard");
    const { id: other } = await ann.conversation([bob, cid], "Signal");
    await bob.send(other, "heard again");
    await isShown(page, "heard again");
    expect((await shown(page)).map(({ body }) => body)).toEqual(["heard again"]);
    await until(async () => (await page.title()).startsWith("(1)"));
    expect(faults).toEqual([]);
    await close();
  });

  test("come for mentions alone when the group is set so, and not while they are snoozed on another device", async () => {
    const { page, ann, id, faults, close } = await open("Quiet");
    await ann.patch(`/api/chat/conversations/${id}/me/`, { level: "mentions" });
    // The own stream of the person is in order, so the page has the level by then.
    await ann.patch("/api/users/notifications/", { snooze_until: "2099-01-01T00:00:00Z" });
    await page.getByText(/^Snoozed until/).waitFor();
    await bob.send(id, `<@${ann.id}> snoozed`);
    await until(async () => (await page.title()).startsWith("(1) @1"));
    await ann.patch("/api/users/notifications/", { snooze_until: null });
    await page.getByRole("button", { name: "For 1 hour" }).waitFor();
    await bob.send(id, "plain");
    await bob.send(id, `<@${ann.id}> heard`);
    await isShown(page, "@Ann Tester heard");
    await cid.send(id, "<!all> heard too");
    await isShown(page, "@all heard too");
    expect((await shown(page)).map(({ body }) => body).sort()).toEqual(["@Ann Tester heard", "@all heard too"]);
    expect(faults).toEqual([]);
    await close();
  });

  test("of a conversation that is archived close when it is read elsewhere", async () => {
    const { page, ann, id, faults, close } = await open("Shelf");
    await bob.send(id, "put away");
    await isShown(page, "put away");
    await ann.patch(`/api/chat/conversations/${id}/me/`, { archived: true });
    await until(async () => !(await page.title()).startsWith("("));
    await ann.get(`/api/chat/conversations/${id}/messages/`);
    await until(async () => (await shown(page)).length === 0);
    expect(faults).toEqual([]);
    await close();
  });

  test("the title, the icon and the badge of the app agree, also after reading elsewhere and a sign-out", async () => {
    const dan = await server.person("Dan");
    const { id } = await dan.conversation([bob, cid], "Counted");
    const { page, faults, close } = await openPage(dan, "/", { chromium: "whole" });
    await page.addInitScript(RECORD_BADGE);
    await page.reload();
    const face = async () => ({
      title: /^\((\d+)\)/.exec(await page.title())?.[1] ?? "0",
      icon: ((await page.locator('link[rel="icon"]').getAttribute("href")) ?? "").includes("unread"),
      badge: await page.evaluate("window.badge"),
    });
    const agreesOn = (count: number) =>
      until(async () => {
        const { title, icon, badge } = await face();
        return title === `${count}` && icon === count > 0 && badge === count;
      });
    await agreesOn(0);
    for (const text of ["one", "two", "three"]) await bob.send(id, text);
    await agreesOn(3);
    // Dan reads on another device.
    await dan.get(`/api/chat/conversations/${id}/messages/`);
    await agreesOn(0);
    await bob.send(id, "four");
    await agreesOn(1);
    await page.reload();
    // While the count is not known, the badge of the app stays as it is.
    await agreesOn(1);
    await page
      .getByRole("link", { name: /Counted/ })
      .first()
      .click();
    await message(page, "four").waitFor();
    await agreesOn(0);
    await page.goto("/");
    await bob.send(id, "five");
    await agreesOn(1);
    await chooseInMenu(page, "Sign out");
    await page.getByLabel("Email").waitFor();
    await agreesOn(0);
    expect(faults).toEqual([]);
    await close();
  });
});
