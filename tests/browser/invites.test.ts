import { beforeAll, expect, test } from "bun:test";
import { until } from "../sdk/people.ts";
import { seriousFaults } from "../support/axe.ts";
import { describeInBrowser } from "../support/chromium.ts";
import { type Client, PASSWORD } from "../support/client.ts";
import { composer, confirm, heading, register, startNew } from "../support/hands.ts";
import { openPage } from "../support/pages.ts";
import { startTestServer, withServer } from "../support/server.ts";
import { superuser } from "../support/superuser.ts";

describeInBrowser("an invite link in the browser", () => {
  const server = withServer("embedded", { FIRST_USER: "member" });
  let ann: Client;
  let bob: Client;
  let group: string;
  beforeAll(async () => {
    [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
    group = (await ann.conversation([bob, await server.person("Cid")], "Choir")).id;
  });

  const invite = async (body: object = {}) =>
    (await ann.post("/api/invites/", { conversation_id: group, ...body })).body.data;
  const pathOf = (url: string) => new URL(url).pathname;

  test("is made in a group's details, copied, and revoked after a question", async () => {
    const { page, faults, close } = await openPage(ann, `/c/${group}`, {
      permissions: ["clipboard-read", "clipboard-write"],
    });
    await page.getByRole("button", { name: "Details and members" }).click();
    await page.getByRole("button", { name: "Invite by link" }).click();
    await page.getByRole("heading", { name: "Invite to Choir" }).waitFor();
    await page.getByText("No active links.").waitFor();
    await page.getByRole("radio", { name: "10 times" }).check();
    await page.getByRole("radio", { name: "1 day" }).check();
    await page.getByRole("button", { name: "Create link" }).click();
    const link = (await page.getByRole("status", { name: "Invite link" }).textContent()) ?? "";
    expect(link).toStartWith(`${server.url}/invite/`);
    await page.getByText("Used 0 of 10 times").waitFor();
    await page.getByText("This link works on this computer only.").waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await page.locator(".link-box").getByRole("button", { name: "Copy" }).click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    expect(await page.evaluate("navigator.clipboard.readText()")).toBe(link);

    await page.getByRole("button", { name: /^Revoke the link/ }).click();
    await confirm(page, "Revoke");
    await page.getByText("No active links.").waitFor();
    expect(await page.getByRole("status", { name: "Invite link" }).count()).toBe(0);
    expect((await server.visitor().get(`/api${pathOf(link).replace("invite", "invites")}/`)).body.data.state).toBe(
      "revoked",
    );
    expect(faults).toEqual([]);
    await close();
  });

  test("brings a newcomer into the group with one form, and names the group", async () => {
    const { url } = await invite();
    const { page, faults, close } = await openPage(server.visitor(), pathOf(url));
    await heading(page, "Ann Tester invited you").waitFor();
    await page.getByText("Choir", { exact: true }).waitFor();
    await page.getByText("3 people").waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await register(page, "Dora", "dora@example.com");
    await page.waitForURL(`**/c/${group}`);
    await composer(page).waitFor();
    expect(faults).toEqual([]);
    await close();
  });

  test("lets in a person who already has an account, also when they try to make a second one", async () => {
    const { url } = await invite();
    const eve = await server.person("Eve");
    const { page, faults, close } = await openPage(server.visitor(), pathOf(url));
    await heading(page, "Ann Tester invited you").waitFor();
    await register(page, "Eve", eve.user?.email ?? "");
    await page.waitForURL(`**/c/${group}`);
    expect((await server.visitor().get(`/api/invites/${url.split("/").at(-1)}/`)).body.data.conversation).toMatchObject(
      {
        participant_count: 5,
      },
    );
    expect(faults).toEqual([]);
    await close();
  });

  test('takes one press of people who are signed in, and "Not now" leads to their chat', async () => {
    const { url } = await invite();
    const fay = await server.person("Fay");
    const { page, faults, close } = await openPage(fay, pathOf(url));
    await page.getByText("You are signed in as Fay Tester.").waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await page.getByRole("button", { name: "Not now" }).click();
    await page.waitForURL((at) => at.pathname === "/");
    await page.goto(pathOf(url));
    await page.getByRole("button", { name: "Join Choir" }).click();
    await page.waitForURL(`**/c/${group}`);
    await composer(page).waitFor();
    expect(faults).toEqual([]);
    await close();
  });

  test("says why it does not work: it has ended, it never existed, or the owner has removed the person", async () => {
    const revoked = await invite();
    await ann.delete(`/api/invites/${revoked.code}/`);
    const used = await invite({ max_uses: 1 });
    await (await server.person("Gus")).post(`/api/invites/${used.code}/accept/`);
    const active = await invite();
    await ann.delete(`/api/chat/conversations/${group}/participants/${bob.id}/`);

    const { page, faults, close } = await openPage(server.visitor(), pathOf(revoked.url));
    await page.getByText("The link was revoked.").waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await page.goto(pathOf(used.url));
    await page.getByText("used as often as allowed").waitFor();
    await page.goto("/invite/0000000000000000");
    await heading(page, "Invite not found").waitFor();
    await page.getByRole("button", { name: "Open the chat" }).click();
    await heading(page, "Create your account on Confab").waitFor();
    await close();

    const removed = await openPage(bob, pathOf(active.url));
    await removed.page.getByRole("button", { name: "Join Choir" }).click();
    await removed.page.getByText("The owner of this group removed you.").waitFor();
    expect([...faults, ...removed.faults]).toEqual([]);
    await removed.close();
  });

  test("to the server alone is made by superusers only, from the menu", async () => {
    const admin = await superuser(server, "Ada");
    const { page, faults, close } = await openPage(admin, "/");
    await startNew(page, "Invite people");
    await page.getByRole("button", { name: "Create link" }).click();
    const link = (await page.getByRole("status", { name: "Invite link" }).textContent()) ?? "";
    expect(await seriousFaults(page)).toEqual([]);
    // A person who has an account has nothing to join by it.
    await page.goto(pathOf(link));
    await page.getByText("You already have an account here. You are signed in as Ada Tester.").waitFor();
    expect(await page.getByRole("button", { name: /^Join/ }).count()).toBe(0);
    await page.getByRole("button", { name: "Open the chat" }).click();
    await page.waitForURL((at) => at.pathname === "/");
    expect(faults).toEqual([]);
    await close();
  });

  test("is shared by the phone's own dialog where there is one", async () => {
    const { page, faults, close } = await openPage(ann, "/", { viewport: { width: 390, height: 760 }, hasTouch: true });
    await page.addInitScript("navigator.share = async (what) => { window.shared = what.url; }");
    await page.goto(`/c/${group}`);
    await page.getByRole("button", { name: "Details and members" }).click();
    await page.getByRole("button", { name: "Invite by link" }).click();
    await page.getByRole("button", { name: "Create link" }).click();
    await page.getByRole("button", { name: "Share" }).click();
    await until(async () => (await page.evaluate<string>("window.shared ?? ''")).includes("/invite/"));
    expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBe(0);
    expect(faults).toEqual([]);
    await close();
  });
});

describeInBrowser("registering by an invite with a taken e-mail", () => {
  test("makes no second account: the right password signs in, a wrong one gets advice", async () => {
    const server = await startTestServer("embedded");
    const ann = await server.person("Ann");
    const { page, faults, close } = await openPage(server.visitor(), "/register");
    await register(page, "Ann", ann.user?.email ?? "");
    await page.getByRole("button", { name: "Your menu, Ann Tester" }).waitFor();
    await page.context().clearCookies();
    await close();

    const other = await openPage(server.visitor(), "/register");
    for (const [name, value] of Object.entries({
      first_name: "Ann",
      last_name: "Tester",
      email: ann.user?.email ?? "",
    }))
      await other.page.fill(`[name=${name}]`, value);
    await other.page.fill("[name=password]", `${PASSWORD}4`);
    await other.page.keyboard.press("Enter");
    await other.page.getByText("You already have an account. Sign in, or ask an admin for a new password.").waitFor();
    expect(await seriousFaults(other.page)).toEqual([]);
    expect([...faults, ...other.faults]).toEqual([]);
    await other.close();
    await server.stop();
  });
});
