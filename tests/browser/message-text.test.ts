import { afterEach, expect, test } from "bun:test";
import type { Conversation } from "../../src/protocol/conversations.ts";
import { until } from "../sdk/people.ts";
import { seriousFaults } from "../support/axe.ts";
import { describeInBrowser } from "../support/chromium.ts";
import type { Client } from "../support/client.ts";
import { message, messages, row } from "../support/hands.ts";
import { type OpenPage, openPage } from "../support/pages.ts";
import { withServer } from "../support/server.ts";

const CODE = 'export const one = 1; // ends here\n  const two = "two";';
const WIDE = `| ${"a wide column | ".repeat(12)}\n|${"-|".repeat(12)}\n| ${"unbreakable_text | ".repeat(12)}`;

describeInBrowser("the text of a message", () => {
  const server = withServer("embedded");
  let ann: Client;
  let bob: Client;
  let pair: Conversation;
  let opened: OpenPage | undefined;

  afterEach(async () => {
    const faults = opened?.faults;
    await opened?.close();
    opened = undefined;
    expect(faults).toEqual([]);
  });

  /** Shows Ann these texts of Bob. */
  async function show(texts: readonly string[], options: Parameters<typeof openPage>[2] = {}) {
    [ann, bob] = await Promise.all([server.person("Ann"), server.person("Bob")]);
    pair = await ann.conversation([bob]);
    for (const text of texts) await bob.send(pair.id, text);
    opened = await openPage(ann, `/c/${pair.id}`, options);
    if (texts.length > 0)
      await messages(opened.page)
        .nth(texts.length - 1)
        .waitFor();
    return opened.page;
  }

  test("has code with a language that nobody copies, and a button that copies the code", async () => {
    const page = await show([`\`\`\`ts\n${CODE}\n\`\`\``], { permissions: ["clipboard-read", "clipboard-write"] });
    const block = message(page, "ends here");
    await block.getByText("ts", { exact: true }).waitFor();
    const selected = await page.evaluate<string>(
      "getSelection().selectAllChildren(document.querySelector('.message-text')) ?? getSelection().toString().trim()",
    );
    expect(selected).toBe(CODE);
    const copy = block.getByRole("button", { name: "Copy code" });
    await copy.focus();
    await page.keyboard.press("Enter");
    await block.getByRole("button", { name: "Copied" }).waitFor();
    expect(await page.evaluate<string>("navigator.clipboard.readText()")).toBe(CODE);
    expect(await page.locator("[data-announcements]").textContent()).toContain("Copied");
    await copy.waitFor();
  });

  test("gets its colours when code in a known language comes into view, and not before", async () => {
    const page = await show(["```nolanguage\nlet a;\n```", "no code"]);
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    const isAsked = () => asked.some((url) => url.includes("/highlight-"));
    await bob.send(pair.id, "```\nlet plain;\n```");
    await message(page, "let plain").waitFor();
    expect(isAsked()).toBe(false);
    await bob.send(pair.id, `\`\`\`TypeScript\n${CODE}\n\`\`\``);
    const code = message(page, "ends here").locator("code");
    await code.locator(".hljs-keyword", { hasText: "export" }).waitFor();
    expect(isAsked()).toBe(true);
    expect(await code.textContent()).toBe(CODE);
  });

  test("keeps a spoiler hidden until the keyboard shows it, and the focus stays", async () => {
    const page = await show(["the end: ||he **dies**|| ok"]);
    const spoiler = messages(page).getByRole("button", { name: "Spoiler, hidden" });
    expect(await messages(page).first().getAttribute("aria-label")).toEndWith("the end: [spoiler] ok");
    await row(page, "the end: [spoiler] ok").waitFor();
    await spoiler.focus();
    await page.keyboard.press("Enter");
    await spoiler.waitFor({ state: "detached" });
    expect(await page.evaluate<string>("document.activeElement.textContent")).toBe("he dies");
    expect(await messages(page).locator("strong").textContent()).toBe("dies");
  });

  test("keeps numbers, line ends and indentation as typed", async () => {
    const page = await show(["10. ten\n5. five\n1) one", "def f():\n    return 1\n\n\n# done"]);
    const seen = (n: number) =>
      page.evaluate<string>(`document.querySelectorAll("[role=feed] .message-text")[${n}].innerText`);
    expect((await seen(0)).split("\n").map((line) => line.trim())).toEqual(["10. ten", "5. five", "1) one"]);
    expect(await seen(1)).toStartWith("def f():\n    return 1");
    expect(await messages(page).getByRole("list").count()).toBe(1);
    // Headings of people are none of the page's.
    expect(await messages(page).getByRole("heading").count()).toBe(0);
  });

  test("has tasks with names, and tables that scroll within themselves on a phone", async () => {
    const page = await show(["- [ ] open\n- [x] closed", WIDE, `\`\`\`\n${"x".repeat(500)}\n\`\`\``], {
      viewport: { width: 360, height: 700 },
    });
    await message(page, "open").getByRole("img", { name: "Not done" }).waitFor();
    await message(page, "closed").getByRole("img", { name: "Done", exact: true }).waitFor();
    const table = messages(page).getByRole("region", { name: "Table" });
    expect(await table.evaluate((element) => element.scrollWidth > element.clientWidth)).toBe(true);
    await table.focus();
    await page.keyboard.press("ArrowRight");
    await until(() => table.evaluate((element) => element.scrollLeft > 0));
    expect(await page.evaluate<boolean>("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    const widest = await messages(page).evaluateAll((all) =>
      Math.max(...all.map((element) => element.getBoundingClientRect().right)),
    );
    expect(widest).toBeLessThanOrEqual(360);
  });

  test.each(["light", "dark"] as const)("has no fault that axe finds, in the %s theme", async (colorScheme) => {
    const page = await show(
      [
        "# One\n## Two\n### Three\n**a** *b* ~~c~~ `d` ||e|| https://a.example/",
        "> quote\n> > inner",
        "- [ ] a\n- [x] b\n  1. c",
        "|a|b|\n|-|-|\n|1|`2`|",
        `\`\`\`ts\n${CODE}\nfunction f<T>(n: number): T { return /a/.test(\`\${n}\`) as true }\n\`\`\``,
        '```python\n@decorated\ndef f(x):\n    """Text"""\n    return None\n```',
        "```diff\n- a\n+ b\n```\n```html\n<a href='x'>y</a>\n```\n```css\na:hover { color: red }\n```",
      ],
      { colorScheme },
    );
    await messages(page).locator(".hljs-keyword").first().waitFor();
    expect(await seriousFaults(page)).toEqual([]);
  });
});
