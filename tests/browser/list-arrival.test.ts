import { afterAll, beforeAll, expect, test } from "bun:test";
import { describeInBrowser } from "../support/chromium.ts";
import { PASSWORD } from "../support/client.ts";
import { openPage } from "../support/pages.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

/** Frames and short timers come late, as on a busy phone, while the network stays fast. */
const LATE = `
  const later = window.setTimeout;
  window.requestAnimationFrame = (work) => later(() => work(performance.now()), 2000);
  window.setTimeout = (work, ms, ...rest) => later(work, ms > 0 && ms <= 100 ? 2000 : ms, ...rest);
`;

describeInBrowser("the list of conversations", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer("embedded");
  });
  afterAll(() => server.stop());

  test("shows conversations that arrive between its first drawing and the next frame", async () => {
    const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
    await ann.conversation([bob, await server.person("Cid")], "Everybody");
    const { page, faults, close } = await openPage(server.visitor(), "/sign-in");
    await page.addInitScript(LATE);
    await page.reload();
    await page.getByLabel("Email").fill(ann.user?.email ?? "");
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: /Everybody/ }).waitFor();
    expect(faults).toEqual([]);
    await close();
  });
});
