import { beforeAll, expect, test } from "bun:test";
import { until } from "../sdk/people.ts";
import { seriousFaults } from "../support/axe.ts";
import { describeInBrowser } from "../support/chromium.ts";
import type { Client } from "../support/client.ts";
import { openPage } from "../support/pages.ts";
import { withServer } from "../support/server.ts";
import { superuser } from "../support/superuser.ts";

/** How often the pages look for what is new. */
const REFRESH_MS = 5_000;
const XSS = `<img src=x onerror="document.title='hacked'">`;

describeInBrowser("the admin panel", () => {
  const server = withServer("embedded");
  let root: Client;
  beforeAll(async () => {
    root = await superuser(server, "Rosa");
  });

  const open = (path: string, options?: Parameters<typeof openPage>[2]) => openPage(root, path, options);
  const actions = async () =>
    (await root.get("/api/admin/audit/?limit=200")).body.data.map((entry: { action: string }) => entry.action);

  test("does not exist for others than superusers, and the chat loads nothing of it", async () => {
    const ann = await server.person("Ann");
    const unknown = await ann.get("/no-such-page");
    for (const who of [server.visitor(), ann])
      for (const path of ["/admin", "/admin/", "/admin/users", "/admin/users/1", "/admin/audit", "/admin/none"])
        for (const method of ["GET", "POST", "DELETE"]) {
          const answer = await who.call(method, path);
          expect([answer.status, answer.text, [...answer.headers.keys()]]).toEqual([
            404,
            unknown.text,
            [...unknown.headers.keys()],
          ]);
        }
    const page = await root.get("/admin");
    expect([page.status, page.headers.get("cache-control")]).toEqual([200, "no-store"]);
    expect((await root.get("/admin/none")).status).toBe(404);
    expect((await root.post("/admin")).status).toBe(404);

    const names = (html: string): string[] => html.match(/\/assets\/[\w.-]+/g) ?? [];
    const chat = names((await ann.get("/")).text);
    const own = names(page.text).filter((name) => !chat.includes(name));
    expect(own.length).toBeGreaterThan(1);
    for (const name of chat) expect((await ann.get(name)).text).not.toContain("uplot");
  });

  test("is linked in the chat for superusers only", async () => {
    const ann = await server.person("Ann");
    for (const [who, count] of [
      [root, 1],
      [ann, 0],
    ] as const) {
      const { page, close } = await openPage(who, "/settings/about");
      await page.waitForSelector("a[href='/api/docs/']");
      expect(await page.getByRole("main").locator("a[href='/admin']").count()).toBe(count);
      await close();
    }
  });

  test("finds, deactivates and reactivates people, and makes and unmakes superusers, each after a confirmation", async () => {
    const bob = await server.person("Bobadil");
    const { page, faults, close } = await open("/admin");
    await page.click("nav >> text=Users");
    await page.locator("tbody tr").nth(1).waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("bobad");
    await page.waitForURL((url) => url.search === "?search=bobad");
    await page.locator("tbody tr").nth(1).waitFor({ state: "detached" });
    await page.click("tbody a");
    await page.waitForSelector("h1:text('Bobadil Tester')");

    const hub = await bob.hub();
    await page.click("button:has-text('Deactivate')");
    await page.waitForSelector("dialog:has-text('signed out everywhere')");
    expect(await seriousFaults(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog", { state: "detached" });
    expect((await bob.get("/api/users/profile/")).status).toBe(200);
    await page.click("button:has-text('Deactivate')");
    await page.click("dialog button:has-text('Deactivate')");
    expect((await hub.closed).code).toBe(4401);
    await page.waitForSelector(".badge:text('deactivated')");
    await page.click("button:has-text('Reactivate')");
    await page.click("dialog button:has-text('Reactivate')");
    await page.waitForSelector("button:has-text('Deactivate')");

    await page.click("button:has-text('Make admin')");
    await page.click("dialog button:has-text('Make admin')");
    await page.waitForSelector(".badge:text('admin')");
    await page.click("button:has-text('Remove admin rights')");
    await page.click("dialog button:has-text('Remove admin rights')");
    await page.waitForSelector("button:has-text('Make admin')");

    await bob.logIn(bob.user?.email ?? "");
    await page.reload();
    await page.click("td button:has-text('End')");
    await page.click("dialog button:has-text('End')");
    await page.waitForSelector("text=They are not signed in anywhere.");
    expect((await bob.get("/api/users/profile/")).status).toBe(401);

    await page.goto(`/admin/users/${root.id}`);
    await page.waitForSelector(".notice:has-text('This is you')");
    expect(await page.locator(".actions").count()).toBe(0);
    expect((await actions()).slice(0, 5)).toEqual([
      "session_ended",
      "superuser_revoked",
      "superuser_granted",
      "user_reactivated",
      "user_deactivated",
    ]);
    expect(faults).toEqual([]);
    await close();
  });

  test("says so when a list is longer than what is counted", async () => {
    const ann = await server.person("Countless");
    await ann.conversation([root], "Countless");
    for (const list of ["users", "conversations"]) {
      const { page, faults, close } = await open(`/admin/${list}?search=countless`);
      await page.waitForSelector(".pager p:text-is('1–1 of 1')");
      await page.route(`**/api/admin/${list}/**`, async (route) => {
        const response = await route.fetch();
        const { meta, ...body } = await response.json();
        await route.fulfill({ response, json: { ...body, meta: { ...meta, total_exact: false } } });
      });
      await page.reload();
      await page.waitForSelector(".pager p:text-is('1–1 of 1+')");
      expect(faults).toEqual([]);
      await close();
    }
  });

  test("leads back from a page that a list no longer has to one that it has", async () => {
    const { page, faults, close } = await open("/admin/users?page=9");
    await page.waitForSelector(".empty");
    expect(await page.textContent(".pager p")).not.toContain("–");
    await page.click("button:has-text('Previous')");
    await page.waitForSelector("tbody tr");
    expect(new URL(page.url()).search).toBe("");
    expect(faults).toEqual([]);
    await close();
  });

  test("shows messages only on request, and removes a message and a conversation", async () => {
    const [ann, bob, eve] = [await server.person("Ann"), await server.person("Bob"), await server.person("Eve")];
    const { id } = await ann.conversation([bob, eve], XSS);
    await ann.send(id, XSS);
    await bob.send(id, "fine");
    const [chat, before] = [await eve.chat(id), (await actions()).length];
    const { page, faults, close } = await open("/admin/conversations");
    await page.fill("input[type=search]", ann.user?.email ?? "");
    await page.click(`tbody a:has-text("onerror")`);
    await page.waitForSelector(".members li >> nth=2");
    expect(await page.textContent("h1")).toBe(XSS);
    expect((await actions()).length).toBe(before);

    await page.click("button:has-text('Read messages')");
    await page.waitForSelector(".message >> nth=1");
    expect(await page.locator(".message-text").allInnerTexts()).toEqual([XSS, "fine"]);
    expect(await seriousFaults(page)).toEqual([]);
    await page.locator("[aria-label='Remove message']").first().click();
    await page.click("dialog button:has-text('Remove message')");
    await page.waitForSelector("text=This message was deleted.");
    expect((await chat.next("message_changed")).message.content).toBe("");

    await page.click("button:has-text('Remove conversation')");
    await page.waitForSelector("dialog:has-text('3 people and erases 2 messages')");
    await page.click("dialog button:has-text('Remove conversation')");
    expect((await chat.closed).code).toBe(4403);
    await page.waitForURL("**/admin/conversations*");
    expect((await actions()).slice(0, 3)).toEqual(["conversation_removed", "message_removed", "messages_read"]);
    expect(await page.title()).not.toBe("hacked");
    expect(faults).toEqual([]);
    await close();
  });

  test("loads newer messages of a conversation by a press, and each load is in the audit log", async () => {
    const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
    const { id } = await ann.conversation([bob]);
    const say = async (from: number, to: number) => {
      for (let n = from; n <= to; n++) await ann.send(id, `${n}`);
    };
    const reads = async () =>
      (await root.get(`/api/admin/audit/?target_type=conversation&target_id=${id}`)).body.data.length;
    await say(1, 3);
    const { page, faults, close } = await open("/admin/limits");
    await page.clock.install();
    await page.goto(`/admin/conversations/${id}`);
    await page.click("button:has-text('Read messages')");
    const texts = () => page.locator(".message-text").allInnerTexts();
    await page.waitForSelector(".message >> nth=2");
    expect(await page.locator("button:has-text('Newer')").count()).toBe(0);
    const newer = async (last: number) => {
      await page.clock.fastForward(11_000);
      await page.click("button:has-text('Newer')");
      await page.waitForSelector(`.message-text:text-is('${last}')`);
    };
    await say(4, 5);
    await newer(5);
    expect(await texts()).toEqual(["1", "2", "3", "4", "5"]);
    // More than a page: it begins anew, and the way back is there.
    await say(6, 60);
    await newer(60);
    expect((await texts()).slice(0, 2)).toEqual(["11", "12"]);
    await page.click("button:has-text('Older')");
    await page.waitForSelector(".message-text:text-is('1')");
    expect(await texts()).toHaveLength(60);
    expect([await reads(), await page.locator("button:has-text('Newer')").count()]).toEqual([4, 0]);
    expect(faults).toEqual([]);
    await close();
  });

  test("keeps the shown entries of the audit log while new ones come, unless there are too many", async () => {
    const bob = await server.person("Bob");
    const write = async (entries: number) => {
      for (let i = 0; i < entries; i++) await root.patch(`/api/admin/users/${bob.id}/`, { is_superuser: i % 2 === 0 });
    };
    await write(120);
    const { page, faults, close } = await open("/admin/limits");
    await page.clock.install();
    await page.goto(`/admin/audit?target_type=user&target_id=${bob.id}`);
    const entries = page.locator(".entry");
    const shows = async (count: number) => {
      await entries.nth(count - 1).waitFor();
      expect(await entries.count()).toBe(count);
    };
    await shows(50);
    await page.click("button:has-text('Older')");
    await shows(100);
    await write(30);
    await page.clock.fastForward(16_000);
    await shows(130);
    await write(60);
    await page.clock.fastForward(16_000);
    await entries.nth(50).waitFor({ state: "detached" });
    await shows(50);
    await page.click("button:has-text('Older')");
    await shows(100);
    expect(faults).toEqual([]);
    await close();
  });

  test("updates the overview by itself, and says that it is out of date while the server is away", async () => {
    const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
    const { id } = await ann.conversation([bob]);
    const socket = await bob.chat(id);
    const { page, faults, close } = await open("/admin/limits");
    await page.clock.install();
    await page.goto("/admin");
    await page.waitForSelector(".plot canvas");
    expect(await page.locator(".plot canvas").count()).toBe(8);
    await page.getByRole("heading", { name: "Messages per day" }).waitFor();
    expect(await page.locator(".days-bars rect").count()).toBe(30);
    for (let i = 0; i < 20; i++) await ann.send(id, `${i}`);
    const first = (selector: string) => page.locator(selector).first();
    for (const [label, value] of [
      ["Open connections", /[1-9]/],
      ["Messages", /[1-9]/],
    ] as const)
      await page.locator(".tile", { hasText: label }).filter({ hasText: value }).waitFor();
    expect(await first(".plot-canvas").getAttribute("aria-label")).toMatch(/^Connections\. open: between \d/);
    await first("label:has-text('Day')").click();
    await page.waitForSelector(".plot canvas");
    await page.route("**/api/admin/metrics/**", (route) => route.abort());
    await page.clock.runFor(REFRESH_MS);
    await page.waitForSelector(".notice-error:has-text('reach the server')");
    await page.waitForSelector(".picture-old .tile-good");
    expect(await page.locator(".plot canvas").count()).toBe(8);
    await page.unroute("**/api/admin/metrics/**");
    await page.clock.runFor(REFRESH_MS);
    await page.waitForSelector(".notice-error", { state: "detached" });
    expect(faults).toEqual([]);
    socket.close();
    await close();
  });

  test("shows an answer that breaks off as none, and asks nothing while an answer is outstanding", async () => {
    const { page, faults, close } = await open("/admin/limits");
    await page.clock.install();
    await page.goto("/admin");
    await page.waitForSelector(".plots, .empty");
    let asked = 0;
    await page.route("**/api/admin/**", async (route) => {
      const answer = { contentType: "application/json" };
      if (++asked === 1) await route.fulfill({ ...answer, status: 200, body: '{"status":"succ' });
      const body = JSON.stringify({ status: "error", message: "Just now not", code: "unavailable" });
      if (asked === 2) await route.fulfill({ ...answer, status: 503, body });
    });
    await page.clock.runFor(REFRESH_MS);
    await page.waitForSelector(".notice-error:has-text('That did not work')");
    await page.clock.runFor(REFRESH_MS);
    await page.waitForSelector(".notice-error:has-text('Just now not. The figures are out of date')");
    await page.clock.runFor(REFRESH_MS);
    await until(() => asked === 3);
    await page.clock.runFor(2 * REFRESH_MS);
    await page.evaluate("fetch('/api/chat/health/')");
    expect(asked).toBe(3);
    await page.unroute("**/api/admin/**");
    expect(faults).toEqual([]);
    await close();
  });

  test("plots a lone value between moments without values, as on a server where little is sent", async () => {
    const { page, faults, close } = await open("/admin/limits");
    const at = Array.from({ length: 12 }, (_, i) => 1_790_000_000_000 + i * 5_000);
    const lone = at.map((_, i) => (i === 5 ? 8 : null));
    await page.route("**/api/admin/metrics/**", async (route) => {
      const response = await route.fetch();
      const { data, ...body } = await response.json();
      const total = Object.fromEntries(Object.keys(data.total).map((name) => [name, lone]));
      await route.fulfill({ response, json: { ...body, data: { ...data, at, nodes: [], total } } });
    });
    await page.goto("/admin");
    await page.waitForSelector(".plot canvas");
    // Axes and letters are grey.
    const coloured = () =>
      page.evaluate<number[]>(`[...document.querySelectorAll(".plot canvas")].map((canvas) => {
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        let count = 0;
        for (let i = 0; i < data.length; i += 4) {
          const [r, g, b, a] = data.subarray(i, i + 4);
          if (a > 127 && Math.max(r, g, b) - Math.min(r, g, b) > 60) count++;
        }
        return count;
      })`);
    const until = performance.now() + 5_000;
    while (performance.now() < until && (await coloured()).some((count) => count === 0)) await Bun.sleep(100);
    expect((await coloured()).filter((count) => count < 4)).toEqual([]);
    expect(faults).toEqual([]);
    await close();
  });

  test("tells an admin who loses the right, and shows them nothing more", async () => {
    const ann = await superuser(server, "Ann");
    const { page, close } = await openPage(ann, "/admin/users");
    await page.waitForSelector("tbody tr");
    await root.patch(`/api/admin/users/${ann.id}/`, { is_superuser: false });
    await page.click("nav >> text=Limits");
    await page.waitForSelector("h1:has-text('use this page')");
    expect(await page.locator("table").count()).toBe(0);
    await close();
  });

  test.each([
    ["light", 1280],
    ["dark", 320],
  ] as const)("axe finds nothing serious and nothing is cut off, %s at %d px", async (colorScheme, width) => {
    const ann = await server.person("Annegret");
    const { id } = await ann.conversation([await server.person("Bob"), await server.person("Eve")], "A group");
    await ann.send(id, "hello");
    const { page, faults, close } = await open("/admin", { colorScheme, viewport: { width, height: 700 } });
    for (const path of [
      "/admin",
      "/admin/users",
      `/admin/users/${ann.id}`,
      "/admin/conversations",
      `/admin/conversations/${id}`,
      "/admin/limits",
      "/admin/audit",
    ]) {
      await page.goto(path);
      await page.waitForSelector(".body, .plots");
      expect(await seriousFaults(page)).toEqual([]);
      for (const direction of ["ltr", "rtl"]) {
        await page.evaluate(`document.documentElement.dir = "${direction}"`);
        const over = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
        expect([path, direction, over]).toEqual([path, direction, 0]);
      }
    }
    expect(faults).toEqual([]);
    await close();
  });

  test("has room for the longest names on a phone", async () => {
    const ann = await server.person("N".repeat(100));
    const { id } = await ann.conversation([await server.person("Bob"), await server.person("Eve")], "W".repeat(255));
    const { page, close } = await open("/admin", { viewport: { width: 320, height: 700 } });
    for (const [path, name] of [
      [`/admin/users/${ann.id}`, "h1"],
      [`/admin/conversations/${id}`, "h1"],
      [`/admin/conversations?participant=${ann.id}`, ".filters button"],
    ] as const) {
      await page.goto(path);
      await page.locator(name, { hasText: /[NW]{100}/ }).waitFor();
      const over = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
      expect([path, over]).toEqual([path, 0]);
    }
    await close();
  });

  test("works by keyboard alone", async () => {
    const ann = await server.person("Keyboarda");
    const { page, close } = await open("/admin");
    await page.waitForSelector("h1");
    await page.keyboard.press("Tab");
    await page.locator(":focus:has-text('Skip to the content')").waitFor();
    await page.keyboard.press("Enter");
    await page.locator("#main:focus").waitFor();
    await page.reload();
    await page.waitForSelector("h1");
    await page.keyboard.press("Tab");
    for (let i = 0; i < 3; i++) await page.keyboard.press("Tab");
    await page.locator(":focus:has-text('Users')").waitFor();
    await page.keyboard.press("Enter");
    await page.waitForSelector("h1:text('Users')");
    await page.locator("#main:focus").waitFor();
    await page.locator("tbody tr").nth(1).waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("keyboarda");
    await page.locator("tbody tr").nth(1).waitFor({ state: "detached" });
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForSelector("button:has-text('Deactivate')");
    await page.focus("button:has-text('Deactivate')");
    await page.keyboard.press("Enter");
    await page.waitForSelector("dialog");
    // The one that does nothing has the focus first.
    await page.locator("button:focus:has-text('Cancel')").waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".badge:text('deactivated')");
    expect((await ann.get("/api/users/profile/")).status).toBe(401);
    await close();
  });
});
