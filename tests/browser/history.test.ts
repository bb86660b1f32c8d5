import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { until } from "../sdk/people.ts";
import { describeInBrowser, describeInWholeBrowser } from "../support/chromium.ts";
import { message, messages, row, say, saysDisconnected } from "../support/hands.ts";
import { isOnline, type OpenPage, openPage } from "../support/pages.ts";
import { type Restorable, startRestorable } from "../support/restorable.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

setDefaultTimeout(120_000);

const open: OpenPage[] = [];
const servers: (Restorable | TestServer)[] = [];
afterEach(async () => {
  const faults = open.flatMap((opened) => opened.faults);
  await Promise.all(open.splice(0).map((opened) => opened.close()));
  for (const server of servers.splice(0)) await server.stop();
  expect(faults).toEqual([]);
});
const show = async (...[person, path, options]: Parameters<typeof openPage>) => {
  const opened = await openPage(person, path, options);
  open.push(opened);
  return opened.page;
};

describeInWholeBrowser("a page whose server's database goes back in time", () => {
  test("shows the new history without a reload, closes notifications of lost messages, and sends unsent texts", async () => {
    const node = await startRestorable();
    servers.push(node);
    const [ann, bob, cat] = [
      await node.server.person("Ann"),
      await node.server.person("Bob"),
      await node.server.person("Cat"),
    ];
    const [one, other] = [await ann.conversation([bob]), await ann.conversation([cat])];
    for (const text of ["alpha", "beta", "gamma"]) await bob.send(one.id, text);
    await node.keepAside();
    const page = await show(ann, `/c/${one.id}`, { chromium: "whole", permissions: ["notifications"] });
    await page.evaluate(`localStorage.setItem("confab.notify.${ann.id}", "on")`);
    await page.reload();
    await message(page, "gamma").waitFor();
    await isOnline(page);
    const notified = () =>
      page.evaluate<string[]>(
        "navigator.serviceWorker.ready.then((worker) => worker.getNotifications())" +
          ".then((all) => all.map(({ body }) => body))",
      );
    for (const text of ["dead one", "dead two", "dead three"]) await bob.send(one.id, text);
    await cat.send(other.id, "dead aside");
    await message(page, "dead three").waitFor();
    await row(page, "dead aside").waitFor();
    await until(async () => {
      // Chromium loses a notification that it shows while a page asks for all of them.
      await Bun.sleep(500);
      return (await notified()).includes("dead aside");
    });

    await page.context().setOffline(true);
    await page.evaluate("dispatchEvent(new Event('offline'))");
    await node.putBack();
    await saysDisconnected(page);
    await say(page, "written meanwhile");
    for (const text of ["delta", "epsilon", "zeta", "iota"]) await bob.send(one.id, text);
    await page.context().setOffline(false);
    await message(page, "written meanwhile").getByText("Sent").waitFor();
    await until(async () => (await messages(page).count()) === 8);
    for (const text of ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "iota"])
      expect(await message(page, text).count()).toBe(1);
    await row(page, "dead aside").waitFor({ state: "detached" });
    await page.getByText("dead", { exact: false }).waitFor({ state: "detached" });
    await until(async () => !(await notified()).includes("dead aside"));
    const { total } = (await bob.get(`/api/chat/conversations/${one.id}/messages/`)).body.data;
    expect(total).toBe(8);
  });
});

describeInBrowser("the count in the tab's title", () => {
  test("counts all conversations, including those that are not loaded", async () => {
    const server = await startTestServer("embedded");
    servers.push(server);
    const [ann, bob, cat] = [await server.person("Ann"), await server.person("Bob"), await server.person("Cat")];
    const ids: string[] = [];
    for (let n = 0; n < 71; n++) ids.push((await ann.conversation([bob, cat], `Group ${n}`)).id);
    const [oldest = ""] = ids;
    await bob.send(oldest, "old news");
    for (const id of ids.slice(1)) await ann.send(id, "more recent");
    const page = await show(ann, "/");
    await row(page, "Group 70").waitFor();
    await until(async () => (await page.title()).startsWith("(1) "));
    expect(await row(page, /^Group 0$/).count()).toBe(0);
    // Read on another device.
    await ann.get(`/api/chat/conversations/${oldest}/messages/`);
    await until(async () => !(await page.title()).startsWith("("));
    await bob.send(ids[1] ?? "", "news");
    await until(async () => (await page.title()).startsWith("(1) "));
  });
});
