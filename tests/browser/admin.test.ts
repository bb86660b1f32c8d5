import { afterAll, beforeAll, expect, test } from "bun:test";
import { seriousFaults } from "../support/axe.ts";
import { describeInBrowser } from "../support/chromium.ts";
import type { Client } from "../support/client.ts";
import { openPage } from "../support/pages.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { superuser } from "../support/superuser.ts";

const XSS = `<img src=x onerror="document.title='hacked'">`;

describeInBrowser("the admin panel", () => {
  let server: TestServer;
  let root: Client;
  beforeAll(async () => {
    server = await startTestServer("embedded");
    root = await superuser(server, "Rosa");
  });
  afterAll(() => server.stop());

  const open = (path: string, options?: Parameters<typeof openPage>[2]) => openPage(root, path, options);
  const actions = async () =>
    (await root.get("/api/admin/audit/?limit=200")).body.data.map((entry: { action: string }) => entry.action);

  test("to all but superusers it is not there, and nothing of the chat loads it", async () => {
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

  test("the chat shows the way to it to superusers only", async () => {
    const ann = await server.person("Ann");
    for (const [who, count] of [
      [root, 1],
      [ann, 0],
    ] as const) {
      const { page, close } = await openPage(who, "/settings/about");
      await page.waitForSelector("a[href='/api/docs/']");
      expect(await page.locator("a[href='/admin']").count()).toBe(count);
      await close();
    }
  });

  test("people are found, deactivated and reactivated, made superusers and unmade; each is asked for first", async () => {
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

    await page.click("button:has-text('Make superuser')");
    await page.click("dialog button:has-text('Make superuser')");
    await page.waitForSelector(".badge:text('superuser')");
    await page.click("button:has-text('Take superuser')");
    await page.click("dialog button:has-text('Take superuser')");
    await page.waitForSelector("button:has-text('Make superuser')");

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

  test("lists that are longer than what is counted say so", async () => {
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

  test("messages are read only when asked for, and removed; a conversation is removed", async () => {
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
    await page.waitForSelector("dialog:has-text('3 people, with 2 messages')");
    await page.click("dialog button:has-text('Remove conversation')");
    expect((await chat.closed).code).toBe(4403);
    await page.waitForURL("**/admin/conversations*");
    expect((await actions()).slice(0, 3)).toEqual(["conversation_removed", "message_removed", "messages_read"]);
    expect(await page.title()).not.toBe("hacked");
    expect(faults).toEqual([]);
    await close();
  });

  test("the picture of the server lives, and stands still with a word while the server is away", async () => {
    const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
    const { id } = await ann.conversation([bob]);
    const socket = await bob.chat(id);
    const { page, faults, close } = await open("/admin");
    await page.waitForSelector(".plot canvas");
    expect(await page.locator(".plot canvas").count()).toBe(8);
    for (let i = 0; i < 20; i++) await ann.send(id, `${i}`);
    const first = (selector: string) => page.locator(selector).first();
    for (const [label, value] of [
      ["Open sockets", /[1-9]/],
      ["Messages", /[1-9]/],
    ] as const)
      await page.locator(".tile", { hasText: label }).filter({ hasText: value }).waitFor();
    expect(await first(".plot-canvas").getAttribute("aria-label")).toMatch(/^Connections\. sockets: between \d/);
    await first("label:has-text('Day')").click();
    await page.waitForSelector(".plot canvas");
    await page.route("**/api/admin/metrics/**", (route) => route.abort());
    await page.waitForSelector(".notice-error:has-text('can\\'t be reached')");
    expect(await page.locator(".plot canvas").count()).toBe(8);
    await page.unroute("**/api/admin/metrics/**");
    await page.waitForSelector(".notice-error", { state: "detached" });
    expect(faults).toEqual([]);
    socket.close();
    await close();
  });

  test("whoever loses the right while they look is told, and sees nothing any more", async () => {
    const ann = await superuser(server, "Ann");
    const { page, close } = await openPage(ann, "/admin/users");
    await page.waitForSelector("tbody tr");
    await root.patch(`/api/admin/users/${ann.id}/`, { is_superuser: false });
    await page.click("nav >> text=Limits");
    await page.waitForSelector("h1:has-text('go on here')");
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

  test("all of it works by keyboard", async () => {
    const ann = await server.person("Keyboarda");
    const { page, close } = await open("/admin");
    await page.waitForSelector("h1");
    await page.keyboard.press("Tab");
    expect(await page.locator(":focus").textContent()).toBe("Skip to the content");
    for (let i = 0; i < 3; i++) await page.keyboard.press("Tab");
    expect(await page.locator(":focus").textContent()).toBe("Users");
    await page.keyboard.press("Enter");
    await page.waitForSelector("h1:text('Users')");
    expect(await page.locator(":focus").getAttribute("id")).toBe("main");
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
    expect(await page.locator(":focus").textContent()).toBe("Cancel");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".badge:text('deactivated')");
    expect((await ann.get("/api/users/profile/")).status).toBe(401);
    await close();
  });
});
