import { beforeAll, expect, test } from "bun:test";
import type { BrowserContextOptions, Page } from "playwright-core";
import { seriousFaults } from "../support/axe.ts";
import { describeInBrowser } from "../support/chromium.ts";
import type { Client } from "../support/client.ts";
import { details, heading, message, openDetails } from "../support/hands.ts";
import { openPage } from "../support/pages.ts";
import { withServer } from "../support/server.ts";

/** Other files check the light look, so it is not repeated here. From right to left only places with a layout of their own are checked. */
const LOOKS: Record<string, BrowserContextOptions & { direction?: "rtl"; only?: string[] }> = {
  light: { colorScheme: "light", only: ["conversation", "a message's menu", "a question", "emoji", "search results"] },
  dark: { colorScheme: "dark" },
  "from right to left": { direction: "rtl", only: ["conversation", "a group"] },
};

/** The pages of the reference are long, so a busy machine needs more than the usual minute for them. */
const REFERENCE_MS = 180_000;
const SCROLLS =
  "document.scrollingElement.scrollHeight > innerHeight || document.scrollingElement.scrollWidth > innerWidth";

describeInBrowser("axe finds nothing serious", () => {
  const server = withServer("embedded");
  let ann: Client;
  let pair: string;
  let group: string;
  beforeAll(async () => {
    const bob = await server.person("Bob");
    ann = await server.person("Ann");
    pair = (await ann.conversation([bob])).id;
    group = (await ann.conversation([bob, await server.person("Leyla")], "گروه باغ")).id;
    const text = "> quoted\n\n**bold** `code` https://example.com\n\n- one\n- two\n\n```js\nlet a = 1;\n```";
    const { id } = await ann.send(pair, text);
    await ann.patch(`/api/chat/conversations/${pair}/messages/${id}/`, { content: `${text} 🎉` });
    const gone = await bob.send(pair, "soon gone");
    await bob.delete(`/api/chat/conversations/${pair}/messages/${gone.id}/`);
    await bob.send(pair, "سلام");
    await bob.send(group, "unread");
  });

  for (const [look, { direction, only, ...options }] of Object.entries(LOOKS))
    test(look, async () => {
      const { page, faults, close } = await openPage(ann, "/", { reducedMotion: "reduce", ...options });
      if (direction) await page.evaluate(`localStorage.setItem("confab.direction", "${direction}")`);
      const found: Record<string, string[]> = {};
      const check = async (view: string) => {
        const faults = await seriousFaults(page);
        // Only parts of it do. A single pixel too much is a second scrollbar beside theirs.
        if (await page.evaluate<boolean>(SCROLLS)) faults.push("the page itself scrolls");
        if (faults.length > 0) found[view] = faults;
      };
      const views = VIEWS(pair, group).filter(({ view }) => !only || only.includes(view));
      for (const { view, path, show } of views) {
        await page.goto(path);
        if (path === `/c/${pair}`) await message(page, "سلام").waitFor();
        if (path === `/c/${group}`) await message(page, "unread").waitFor();
        await show(page);
        await check(view);
      }
      expect(found).toEqual({});
      expect(faults).toEqual([]);
      await close();
      const visitor = await openPage(server.visitor(), "/register", options);
      await heading(visitor.page, "Create your account on Confab").waitFor();
      expect(await seriousFaults(visitor.page)).toEqual([]);
      await visitor.close();
    });

  for (const [look, { direction, ...options }] of Object.entries(REFERENCE_LOOKS))
    test(
      `in the reference of the API, ${look}`,
      async () => {
        const { page, faults, close } = await openPage(ann, "/api/docs/", { reducedMotion: "reduce", ...options });
        if (direction) await page.evaluate(`localStorage.setItem("confab.direction", "${direction}")`);
        const found: Record<string, string[]> = {};
        for (const { view, path, show } of REFERENCE_VIEWS(pair)) {
          // Only the part after the # differs between the views.
          await page.goto("about:blank");
          await page.goto(path);
          await show(page);
          const serious = await seriousFaults(page);
          if (serious.length > 0) found[view] = serious;
        }
        expect(found).toEqual({});
        expect(faults).toEqual([]);
        await close();
      },
      REFERENCE_MS,
    );

  test("the page shows what is chosen in forced colours, and moves nothing with reduced motion", async () => {
    const { page, close } = await openPage(ann, `/c/${pair}`, { forcedColors: "active", reducedMotion: "reduce" });
    await message(page, "quoted").hover();
    const edges = await page.evaluate<string[]>(
      "[...document.querySelectorAll('.composer-box, .message .avatar, .message:hover')].map((element) => getComputedStyle(element))" +
        ".map(({ borderStyle, outlineStyle }) => borderStyle + outlineStyle)",
    );
    expect(edges.length).toBeGreaterThan(3);
    expect(edges.filter((edge) => !edge.includes("solid"))).toEqual([]);
    const open = await page.evaluate<string>(
      "getComputedStyle(document.querySelector('[aria-current=page]')).outlineStyle",
    );
    expect(open).toBe("solid");
    const moving = `document.getAnimations().filter((animation) => animation.playState === "running").length`;
    await page.getByRole("button", { name: "Details and members" }).click();
    expect(await page.evaluate<number>(moving)).toBe(0);
    await close();
  });
});

interface View {
  view: string;
  path: string;
  show: (page: Page) => Promise<unknown>;
}

const VIEWS = (pair: string, group: string): View[] => [
  { view: "conversation", path: `/c/${pair}`, show: async () => {} },
  {
    view: "a message's menu",
    path: `/c/${pair}`,
    async show(page) {
      await message(page, "quoted").hover();
      await message(page, "quoted").getByRole("button", { name: "More actions" }).click();
      await page.getByRole("menuitem", { name: "Delete" }).waitFor();
    },
  },
  {
    view: "a question",
    path: `/c/${pair}`,
    async show(page) {
      await message(page, "quoted").focus();
      await page.keyboard.press("Delete");
      await page.getByRole("dialog").waitFor();
    },
  },
  {
    view: "emoji",
    path: `/c/${pair}`,
    async show(page) {
      await page.getByRole("button", { name: "Insert an emoji" }).click();
      await page.getByRole("searchbox", { name: "Search emoji" }).waitFor();
    },
  },
  {
    view: "a person",
    path: `/c/${pair}`,
    async show(page) {
      await openDetails(page);
      await details(page).getByText("Bob Tester").first().waitFor();
    },
  },
  {
    view: "a group",
    path: `/c/${group}`,
    async show(page) {
      await openDetails(page);
      await details(page).getByText("Leyla Tester").waitFor();
    },
  },
  {
    view: "search results",
    path: "/",
    async show(page) {
      await page.getByRole("searchbox").fill("b");
      await page.getByRole("region", { name: "People" }).getByText("Bob Tester").waitFor();
    },
  },
  ...["/settings/profile", "/settings/appearance"].map((path) => ({
    view: path,
    path,
    show: (page: Page) => page.getByRole("heading", { level: 1 }).waitFor(),
  })),
];

const REFERENCE_LOOKS: typeof LOOKS = {
  "in light": { colorScheme: "light" },
  "in dark": { colorScheme: "dark" },
  "on a phone": { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true },
  "from right to left": { direction: "rtl" },
};

const REFERENCE_VIEWS = (pair: string): View[] => [
  { view: "overview", path: "/api/docs/", show: (page) => heading(page, "Calls by subject").waitFor() },
  {
    view: "an answer",
    path: "/api/docs/#listMessages",
    async show(page) {
      await page.getByLabel("conversation_id").fill(pair);
      await page.getByRole("button", { name: "Send", exact: true }).click();
      await page.getByText(/\d+ headers/).click();
    },
  },
  {
    view: "a refused call",
    path: "/api/docs/#getConversation",
    async show(page) {
      await page.getByLabel("conversation_id").fill("nowhere");
      await page.getByRole("button", { name: "Send", exact: true }).click();
      await page.locator(".reply").getByText("404").waitFor();
    },
  },
  {
    view: "faults in the fields",
    path: "/api/docs/#editMessage",
    async show(page) {
      await page.getByRole("textbox", { name: "Body (JSON)" }).fill("{");
      await page.getByRole("button", { name: "Send", exact: true }).click();
      await page.getByText("Fill this in.").first().waitFor();
    },
  },
  {
    view: "a question",
    path: "/api/docs/#endOtherSessions",
    async show(page) {
      await page.getByRole("button", { name: "Send", exact: true }).click();
      await page.getByRole("dialog").waitFor();
    },
  },
  {
    view: "the console",
    path: "/api/docs/#client.ping",
    async show(page) {
      await page.getByRole("button", { name: "Connect", exact: true }).click();
      await page.getByRole("button", { name: "Disconnect" }).waitFor();
      await page.getByRole("button", { name: "Send frame" }).click();
      await page.locator(".line").getByText("pong").first().waitFor();
    },
  },
  { view: "close codes", path: "/api/docs/#close-codes", show: (page) => heading(page, "Close codes").waitFor() },
];
