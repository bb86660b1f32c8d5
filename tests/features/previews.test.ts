import { afterAll, expect, test } from "bun:test";
import { addressesIn } from "../../src/server/features/previews/addresses.ts";
import { pageOf } from "../../src/server/features/previews/page.ts";
import { outside } from "../../src/server/platform/outbound/fetch-outside.ts";

/** The answers by path. */
const answers = new Map<string, () => Response>();
const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch: (request) => answers.get(new URL(request.url).pathname)?.() ?? new Response("", { status: 404 }),
});
afterAll(() => server.stop(true));
const fetchOutside = outside({ allowed: { hosts: [], ranges: [] } });

/** The preview of a page of these bytes. */
async function factsOf(body: string | Uint8Array<ArrayBuffer>, type = "text/html", status = 200) {
  const path = `/${crypto.randomUUID()}`;
  answers.set(path, () => new Response(body, { status, headers: { "content-type": type } }));
  const request = { isOperators: true, maxBytes: 512 * 1024, timeoutMs: 60_000 };
  return pageOf(await fetchOutside(server.url.origin + path, request));
}
const titleOf = async (...page: Parameters<typeof factsOf>) => (await factsOf(...page))?.title;

test("a page is known by its Open Graph texts, then by its title and description", async () => {
  const plain = `<title> A\n  title &amp; more </title><meta name="description" content="It&#39;s &eacute;">`;
  expect(await factsOf(plain)).toEqual({ title: "A title & more", description: "It's é" });
  const graph = `<meta property=og:title content=Graph><meta property="og:description" content="First"><meta property="OG:Site_Name" content=Site>`;
  expect(await factsOf(`${plain}${graph}<meta property="og:description" content="Second">`)).toEqual({
    title: "Graph",
    description: "First",
    site: "Site",
  });
  expect(
    await titleOf("<title></title><meta property='og:title' content='  '><meta name='twitter:title' content=T>"),
  ).toBe("T");
});

test("an answer that is no page, or has no title, has no preview", async () => {
  for (const [body, type, status] of [
    ["<title>x</title>", "text/plain", 200],
    ["<title>x</title>", "image/svg+xml", 200],
    ["<title>x</title>", "text/htmlx", 200],
    ["<title>x</title>", "", 200],
    ["<title>x</title>", "text/html", 404],
    ["<p>no title</p>", "text/html", 200],
    ["<title> &#8203;</title><title>second</title>", "text/html", 500],
    ["", "text/html", 200],
  ] as const)
    expect(await factsOf(body, type, status), `${type} ${status} ${body}`).toBeUndefined();
});

test("a page is read in the encoding that it declares", async () => {
  const latin = Uint8Array.from(Buffer.from("<title>caf\xe9</title>", "latin1"));
  expect(await titleOf(latin, "text/html; charset=iso-8859-1")).toBe("café");
  const inMeta = Uint8Array.from(Buffer.from('<meta charset="windows-1252"><title>caf\xe9</title>', "latin1"));
  expect(await titleOf(inMeta)).toBe("café");
  const japanese = Uint8Array.from([...Buffer.from("<title>"), 0x93, 0xfa, 0x96, 0x7b, ...Buffer.from("</title>")]);
  expect(await titleOf(japanese, 'text/html;charset="Shift_JIS"')).toBe("日本");
  expect(await titleOf(Uint8Array.from(Buffer.from("\ufeff<title>wide</title>", "utf16le")))).toBe("wide");
  expect(await titleOf("<title>café</title>", "text/html; charset=none-such")).toBe("café");
  expect(await titleOf(latin)).toBe("caf\ufffd");
});

test("a letter is whole, wherever the pieces of the page are cut", async () => {
  for (let n = 0; n < 4; n++)
    expect(await titleOf(`<!--${"x".repeat(16_370 + n)}--><title>日本語</title>`)).toBe("日本語");
});

test("a text has no signs that nobody sees or that turn others around", async () => {
  const page = `<title>a\u202eb\u0000c\u2066d&#x202e;e\n\tf&#0;g</title>`;
  const title = (await titleOf(page)) ?? "";
  expect(title.normalize("NFKD").replace(/[^a-z ]/g, "")).toMatch(/^ab ?cde f ?g$/);
  for (const sign of ["\u202e", "\u2066", "\u0000"]) expect(title).not.toContain(sign);
});

test("a long text is cut between letters, by its bytes", async () => {
  const title = (await titleOf(`<title>${"👩‍👩‍👧 ".repeat(500)}</title>`)) ?? "";
  expect(Buffer.byteLength(title)).toBeLessThanOrEqual(300);
  expect(title).toMatch(/^(👩‍👩‍👧 )+👩‍👩‍👧…$/u);
});

test("only the head of a page is read", async () => {
  expect(await titleOf(`<title>head</title><body><meta property="og:title" content="body">`)).toBeDefined();
  const large = `<title>first</title>${"<p>text</p>".repeat(100_000)}`;
  expect(await titleOf(large)).toBe("first");
});

test("a hostile page is read in moments", async () => {
  const MANY = 500_000;
  for (const page of [
    "<div>".repeat(MANY / 5),
    `<meta ${"a ".repeat(MANY / 2)}>`,
    `<meta property=og:title content='${"x".repeat(MANY)}'>`,
    `<title>${"&amp;".repeat(MANY / 5)}`,
    "<".repeat(MANY),
    `<!--${"-".repeat(MANY)}`,
    "<meta property=x content=y>".repeat(MANY / 28),
    `<title>${"<title>".repeat(MANY / 8)}`,
    "<svg><title>".repeat(MANY / 12),
  ]) {
    const title = (await titleOf(page)) ?? "";
    expect(Buffer.byteLength(title)).toBeLessThanOrEqual(300);
  }
});

test("the first three addresses of a text are found, once each", () => {
  const text = "http://a.test/ http://b.test http://a.test/ [c](https://c.test/x?y#z) > http://d.test";
  expect(addressesIn(text, undefined)).toEqual(["http://a.test/", "http://b.test/", "https://c.test/x?y#z"]);
});

test("addresses in code, in spoilers, of mailboxes and of this server are left alone", () => {
  const text =
    "`http://a.test/` ||http://b.test/ **http://b2.test/**|| mailto:x@c.test\n```\nhttp://d.test/\n```\n    http://e.test/";
  expect(addressesIn(text, undefined)).not.toContain("http://a.test/");
  for (const left of ["b.test", "b2.test", "c.test", "d.test"])
    expect(addressesIn(text, undefined).join(" ")).not.toContain(`/${left}`);
  expect(addressesIn("https://chat.test/c/1 https://a.test/", "chat.test")).toEqual(["https://a.test/"]);
  expect(addressesIn(`http://a.test/${"x".repeat(1000)}`, undefined)).toEqual([]);
});

test("addresses within quotes, lists, tables and bold text are found", () => {
  for (const text of [
    "> http://a.test/",
    "- x\n- http://a.test/",
    "|a|b|\n|-|-|\n|x|http://a.test/|",
    "**http://a.test/**",
    "# http://a.test/",
  ])
    expect(addressesIn(text, undefined), text).toEqual(["http://a.test/"]);
});
