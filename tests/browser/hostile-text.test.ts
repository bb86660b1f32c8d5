import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import type { Conversation } from "../../src/protocol/conversations.ts";
import { until } from "../sdk/people.ts";
import { describeInWholeBrowser } from "../support/chromium.ts";
import type { Client } from "../support/client.ts";
import { composer, details, message, messages, row } from "../support/hands.ts";
import { type OpenPage, openPage } from "../support/pages.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

/** Each would set this if it ran. */
const RUN = "window.broken = true";
const HOSTILE = [
  `<script>${RUN}</script>`,
  `<img src=x onerror="${RUN}">`,
  `<svg onload="${RUN}"><a xlink:href="javascript:${RUN}">x</a></svg>`,
  `"><iframe srcdoc="<script>parent.broken = true</script>"></iframe>`,
  `<style>body { display: none }</style><base href="https://example.org/">`,
  `[click](javascript:${RUN}) [data](data:text/html,<script>${RUN}</script>) [vb](vbscript:x)`,
  `[a](&#106;avascript:alert(1)) <javascript:alert(1)> [ref]: javascript:alert(1)`,
  `![picture](https://example.org/pixel.png) <https://example.org/"onmouseover="${RUN}">`,
  `**<img src=x onerror=${RUN}>** \`<img src=x onerror=${RUN}>\` > <b onclick=${RUN}>`,
  `\u202Egnp.exe\u202C \u2067abc\u2069 ${"\u0301".repeat(40)} \u200B\uFEFF`,
  "https://example.org/\u202Egnp.exe java\tscript:alert(1) HTTPS://EXAMPLE.ORG",
  `\`\`\`"><script>${RUN}</script>\n</code></pre><img src=x onerror=${RUN}>\n\`\`\``,
];
const LONG = "W".repeat(255);

/** Elements that must not appear where the page shows people's text. */
const FOREIGN = `[...document.querySelectorAll("img, iframe, svg a, script:not([src^='/assets/']), style, base, object, embed, [onerror], [onload], [onclick], a[href]")]
  .filter((element) => !(element instanceof HTMLAnchorElement) || !/^(https?|mailto):$/.test(element.protocol))
  .map((element) => element.outerHTML)`;

describeInWholeBrowser("people's text stays text", () => {
  let server: TestServer;
  let ann: Client;
  let bob: Client;
  let cid: Client;
  let opened: OpenPage;
  let page: Page;
  const foreign: string[] = [];
  const dialogs: string[] = [];
  beforeAll(async () => {
    server = await startTestServer("embedded");
    [ann, bob, cid] = [await server.person("Ann"), await server.person("Bob"), await server.person("Cid")];
    opened = await openPage(ann, "/", { chromium: "whole", permissions: ["notifications"] });
    page = opened.page;
    page.on("dialog", (dialog) => {
      dialogs.push(dialog.message());
      return dialog.dismiss();
    });
    page.context().on("request", (request) => {
      if (!request.url().startsWith(server.url) && !/^(data|blob):/.test(request.url())) foreign.push(request.url());
    });
    await page.evaluate(`localStorage.setItem("confab.notify", "on")`);
    await page.reload();
  });
  afterAll(async () => {
    await opened.close();
    await server.stop();
  });

  /** Nothing has run, nothing of it is an element, and the policy has had nothing to forbid. */
  async function isText() {
    expect(await page.evaluate("window.broken")).toBeUndefined();
    expect(await page.evaluate<string[]>(FOREIGN)).toEqual([]);
    expect([...foreign, ...dialogs, ...opened.faults]).toEqual([]);
  }

  test("in messages, the list, the title, notifications and when it is edited", async () => {
    const { id } = await bob.conversation([ann]);
    await row(page, "Bob Tester").waitFor();
    for (const [n, text] of HOSTILE.entries())
      await bob.send(id, text, `<img src=x onerror="${RUN}"> ${n}`.slice(0, 64));
    await row(page, `${HOSTILE.length} unread`).click();
    await message(page, "</code></pre>").waitFor();
    expect(await messages(page).count()).toBe(HOSTILE.length);
    await message(page, HOSTILE[0] ?? "")
      .first()
      .waitFor();
    await isText();
    // Your own message, in the field again.
    await composer(page).fill(HOSTILE.join("\n"));
    await page.keyboard.press("Enter");
    await page.getByText("Sent", { exact: true }).waitFor();
    await isText();
  });

  test("in the names of groups, on every page and in the search", async () => {
    const groups: Conversation[] = [];
    // Piled marks are refused in names.
    const fit = (text: string) =>
      text
        .replace(/(\p{M}{3})\p{M}+/gu, "$1")
        .replace(/[\p{C}]/gu, " ")
        .slice(0, 255);
    for (const name of [...HOSTILE.map(fit), LONG]) groups.push(await bob.conversation([ann, cid], name));
    const [first] = groups;
    if (!first) throw new Error("no group was made");
    const name = first.name ?? "";
    await bob.send(first.id, "hello");
    await page.goto(`/c/${first.id}`);
    await page.getByRole("heading", { name }).waitFor();
    await until(async () => (await page.title()).includes(name));
    await isText();
    await page.getByRole("button", { name: "Details and members" }).click();
    await details(page).getByText(name).first().waitFor();
    await isText();
    await page.getByRole("button", { name: "Rename the group" }).click();
    expect(await page.getByLabel("Group name").inputValue()).toBe(name);
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+k");
    await page.keyboard.type("<script>");
    await page.getByRole("dialog").getByRole("option").filter({ hasText: name }).first().waitFor();
    await isText();
    await page.keyboard.press("Escape");
    await page.getByRole("searchbox").fill("<");
    await page.getByRole("region", { name: "Conversations" }).getByText(name).first().waitFor();
    await page.getByRole("searchbox").fill(HOSTILE[1] ?? "");
    await isText();
  });

  test("the page's policy stops HTML that gets into the page", async () => {
    const planted = `(() => {
      try {
        document.querySelector("main").innerHTML = "<img src=x onerror='window.broken = true'>";
        return "written";
      } catch (error) {
        return error.name;
      }
    })()`;
    expect(await page.evaluate<string>(planted)).toBe("TypeError");
    const script = `(() => {
      const script = document.createElement("script");
      try { script.textContent = "window.broken = true"; } catch { return; }
      document.body.append(script);
    })()`;
    await page.evaluate(script);
    const image = `new Promise((done) => {
      addEventListener("securitypolicyviolation", ({ blockedURI, effectiveDirective }) => {
        // The one of the script may come late.
        if (blockedURI.includes("pixel.png")) done(effectiveDirective);
      });
      document.body.append(Object.assign(new Image(), { src: "https://example.org/pixel.png" }));
    })`;
    expect(await page.evaluate<string>(image)).toBe("img-src");
    expect(await page.evaluate("window.broken")).toBeUndefined();
  });
});
