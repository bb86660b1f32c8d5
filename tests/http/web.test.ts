import { expect, test } from "bun:test";
import { withServer } from "../support/server.ts";
import { expectError } from "./expectations.ts";

const server = withServer("embedded", { RATE_LIMIT_ANON: "3/minute", REGISTRATION: "closed" });

/** On the other one nobody may register. */
const open = withServer("embedded");

const page = () => server.visitor().get("/");
const assetsOf = (html: string) =>
  [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path ?? "");

test("the page comes with a policy under which only files of this server run", async () => {
  const answer = await page();
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toStartWith("text/html");
  const policy = answer.headers.get("content-security-policy") ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self';");
  expect(policy).not.toContain("unsafe");
  expect(answer.text).not.toMatch(/<script(?![^>]*\bsrc=)/);
  expect(answer.text).not.toMatch(/\b(style|on\w+)="/);
  expect(answer.text).not.toMatch(/(src|href)="(https?:)?\/\//);
});

test("the page is fetched anew each time, its assets are cached for good, and both are compressed", async () => {
  const first = await page();
  expect(first.headers.get("cache-control")).toBe("no-cache");
  const etag = first.headers.get("etag") ?? "";
  // A proxy that packs anew makes the tag a weak one, and means the same page.
  for (const tag of [etag, `W/${etag}`, `"other", W/${etag}`])
    expect((await server.visitor().get("/", { "If-None-Match": tag })).status).toBe(304);
  expect((await server.visitor().get("/", { "If-None-Match": '"other"' })).status).toBe(200);
  const assets = assetsOf(first.text);
  expect(assets.length).toBeGreaterThanOrEqual(2);
  for (const path of assets) {
    const asset = await server.visitor().get(path);
    expect(asset.headers.get("cache-control")).toContain("immutable");
    expect(asset.headers.get("content-encoding")).toBe("gzip");
    const unpacked = await server.visitor().get(path, { "Accept-Encoding": "identity" });
    expect(unpacked.headers.get("content-encoding")).toBeNull();
    expect(unpacked.text).toBe(asset.text);
  }
});

test("pages and assets count against no limit", async () => {
  for (let i = 0; i < 6; i++) expect((await page()).status).toBe(200);
});

test("every address of the chat answers the page, which has whether people may register", async () => {
  const id = crypto.randomUUID();
  for (const path of [
    "/sign-in",
    "/register",
    `/c/${id}`,
    "/people",
    "/archive/",
    "/settings/",
    "/settings/sessions",
  ]) {
    const answer = await server.visitor().get(path);
    expect(answer.status).toBe(200);
    expect(answer.text).toContain('<meta name="confab-registration" content="closed">');
  }
});

test.each(["/assets/none.js", "/assets/..%2findex.json", "/chat/index.html", "/index.html"])(
  "%s is 404",
  async (path) => expectError(await server.visitor().get(path), 404, { code: "not_found" }),
);

test.each(["nobody", "somebody"])("the first load is small while %s is signed in", async (who) => {
  const visitor = who === "nobody" ? open.visitor() : await open.person("Ann");
  const html = (await visitor.get("/")).text;
  let bytes = Bun.gzipSync(html).byteLength;
  for (const path of assetsOf(html)) bytes += Bun.gzipSync((await open.visitor().get(path)).text).byteLength;
  expect(bytes).toBeLessThan(100 * 1024);
});

test("the manifest says how to install the page, and its worker may only make requests to this server", async () => {
  const html = (await page()).text;
  expect(html).toContain('<link rel="manifest" href="/manifest.webmanifest">');
  const manifest = await server.visitor().get("/manifest.webmanifest");
  expect(manifest.headers.get("content-type")).toBe("application/manifest+json");
  const icons: { src: string; type: string }[] = manifest.body.icons;
  expect(icons.length).toBeGreaterThanOrEqual(4);
  for (const { src, type } of icons) {
    const icon = await server.visitor().get(src);
    expect(icon.status).toBe(200);
    expect(icon.headers.get("content-type")).toBe(type);
  }

  const worker = await server.visitor().get("/sw.js");
  expect(worker.headers.get("content-type")).toStartWith("text/javascript");
  expect(worker.headers.get("cache-control")).toBe("no-cache");
  expect(worker.headers.get("content-security-policy")).toBe("default-src 'none'; connect-src 'self'");
  // It keeps all that the page names, and nothing else of this server but the icons.
  for (const path of assetsOf(html)) expect(worker.text).toContain(`"${path}"`);
  const listed = worker.text.match(/"\/assets\/[^"]+"/g) ?? [];
  expect(listed.length).toBe(new Set(listed).size);
  expect(worker.text).not.toContain("/api/");
});
