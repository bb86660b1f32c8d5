import { expect, test } from "bun:test";
import { describeInBrowser } from "../support/chromium.ts";
import { composer, message, row, say } from "../support/hands.ts";
import { openPage } from "../support/pages.ts";
import { startProxy } from "../support/proxy.ts";
import { withServer } from "../support/server.ts";

describeInBrowser("a slow or absent server", () => {
  const server = withServer("embedded");

  test("a conversation that was never opened says so without a connection, and loads when it is back", async () => {
    const [ann, bob] = await Promise.all([server.person("Ann"), server.person("Bob")]);
    const { id } = await ann.conversation([bob]);
    await bob.send(id, "long ago");
    const proxy = await startProxy(Number(new URL(server.url).port));
    const { page, faults, close } = await openPage(ann, "/", { at: `http://127.0.0.1:${proxy.port}` });
    const socket = await bob.hub();
    await row(page, "Bob Tester").filter({ hasText: "online" }).waitFor();
    proxy.state = "refuse";
    proxy.cut();
    await page.getByText("Not connected").first().waitFor();
    // Nor does anybody know now who is there.
    await row(page, "Bob Tester").filter({ hasNotText: "online" }).click();
    await page.getByText("not on this device yet").waitFor();
    proxy.state = "pass";
    await message(page, "long ago").waitFor();
    await row(page, "Bob Tester").filter({ hasText: "online" }).waitFor();
    expect(faults).toEqual([]);
    socket.raw.close();
    await close();
    await proxy.stop();
  });

  test("a part of the page that can't load without a server is not taken for a new version", async () => {
    const [ann, bob] = await Promise.all([server.person("Ann"), server.person("Bob")]);
    const { id } = await ann.conversation([bob]);
    const proxy = await startProxy(Number(new URL(server.url).port));
    const { page, close } = await openPage(ann, `/c/${id}`, {
      at: `http://127.0.0.1:${proxy.port}`,
    });
    const lacking = page.waitForEvent("requestfailed", (request) => request.url().includes("/assets/"));
    await composer(page).waitFor();
    proxy.state = "refuse";
    proxy.cut();
    await page.getByText("Not connected").first().waitFor();
    await composer(page).pressSequentially(":smile");
    await lacking;
    await page.evaluate("new Promise((done) => setTimeout(done, 100))");
    expect(await page.getByText("A new version").count()).toBe(0);
    await close();
    await proxy.stop();
  });

  test("a message written before the others have loaded is not shown as the beginning", async () => {
    const [ann, bob] = await Promise.all([server.person("Ann"), server.person("Bob")]);
    const { id } = await ann.conversation([bob]);
    await bob.send(id, "long ago");
    const { page, faults, close } = await openPage(ann, "/settings/about");
    const held: (() => void)[] = [];
    let isHolding = true;
    await page.routeWebSocket(/\/ws\/(\?|$)/, (socket) => {
      const node = socket.connectToServer();
      socket.onMessage((text) => {
        const isHeld = isHolding && /^(history|message)$/.test(JSON.parse(String(text)).type);
        if (isHeld) held.push(() => node.send(text));
        else node.send(text);
      });
    });
    await page.goto(`/c/${id}`);
    await page.getByText("Loading messages").waitFor();
    await composer(page).waitFor();
    await say(page, "in a hurry");
    await message(page, "in a hurry").waitFor();
    const beginning = page.getByText("This is the beginning");
    expect(await beginning.count()).toBe(0);
    isHolding = false;
    for (const pass of held) pass();
    await message(page, "long ago").waitFor();
    await beginning.waitFor();
    expect(faults).toEqual([]);
    await close();
  });
});
