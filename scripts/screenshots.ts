import { mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { BrowserContextOptions } from "playwright-core";
import UPNG from "upng-js";
import { sharedChromium } from "../tests/support/chromium.ts";
import { cleanUpAll } from "../tests/support/cleanup.ts";
import type { Client } from "../tests/support/client.ts";
import { startProxy } from "../tests/support/proxy.ts";
import { startTestServer, type TestServer } from "../tests/support/server.ts";
import { takeAdmin } from "./screenshots/admin.ts";
import { register, settle, timezoneId } from "./screenshots/community.ts";
import { type Face, type Picture, SHOTS, type Shot } from "./screenshots/shots.ts";

// Takes the pictures of docs/images/ and writes docs/images.md: `bun run screenshots`, or of some views only
// `bun run screenshots group list`, which leaves docs/images.md. Needs PostgreSQL, Redis and Chromium, and the Debian
// packages fonts-noto-core and fonts-noto-color-emoji, or the pictures have boxes for letters.

const ROOT = join(import.meta.dir, "..");
const IMAGES = join(ROOT, "docs/images");
/** Colours of a picture: a page has few, and a quarter of the bytes is left. */
const COLOURS = 256;
/** The port of a newcomer, whose address is in the picture. */
const FIRST_PORT = "8000";
const PATIENCE_MS = 10_000;

const wanted = process.argv.slice(2);
const shots = SHOTS.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
mkdirSync(IMAGES, { recursive: true });

const community = await settle();
let empty: TestServer | undefined;
let newcomer: Promise<Client> | undefined;
for (const shot of shots) for (const face of shot.faces) await take(shot, face);
if (wanted.length === 0) {
  const ofPanel = await takeAdmin(save);
  await Bun.write(join(ROOT, "docs/images.md"), gallery([...SHOTS, ...ofPanel]));
}
await empty?.stop();
await community.stop();
await cleanUpAll();
const bytes = readdirSync(IMAGES).map((file) => statSync(join(IMAGES, file)).size);
process.stdout.write(`${bytes.length} pictures, ${Math.round(bytes.reduce((a, b) => a + b, 0) / 1024)} KiB\n`);

async function take(shot: Shot, face: Face) {
  await community.unread();
  const { person, url } = await visitorOf(shot);
  const network = await startProxy(Number(url.port));
  if (shot.as !== "newcomer") url.port = String(network.port);
  const context = await (await sharedChromium()).newContext({
    ...optionsOf(face),
    baseURL: url.origin,
    reducedMotion: "reduce",
    locale: "en-GB",
    timezoneId,
  });
  if (person?.cookie)
    await context.addCookies([
      { name: "sessionid", value: person.cookie, url: url.origin, httpOnly: true, sameSite: "Lax" },
    ]);
  const [key, text] = community.draft;
  await context.addInitScript(`localStorage.setItem(${JSON.stringify(key)}, ${JSON.stringify(text)})`);
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  await shot.before?.(page);
  await page.goto(shot.path(community));
  if (person === community.people.maya && face.startsWith("desktop"))
    await page
      .getByRole("link", { name: /online/ })
      .nth(1)
      .waitFor();
  await shot.act({ page, face, community, network });
  await page.evaluate("document.fonts.ready.then(() => new Promise(requestAnimationFrame))");
  // Nothing is as it is under a pointer.
  await page.mouse.move(0, 0);
  const png = await page.screenshot({ animations: "disabled", caret: "hide" });
  await save(`${shot.name}-${face}`, png);
  await context.close();
  await network.stop();
}

/** Who looks, and at which server. */
async function visitorOf({ as }: Shot): Promise<{ person?: Client; url: URL }> {
  if (as === "newcomer") {
    newcomer ??= beAlone();
    const person = await newcomer;
    return { person, url: new URL(person.url) };
  }
  const url = new URL(community.server.url);
  return as === "nobody" ? { url } : { person: community.people.maya, url };
}

/** Somebody on a server without anybody else. */
async function beAlone(): Promise<Client> {
  empty = await startTestServer("embedded", { PORT: FIRST_PORT }).catch(() => startTestServer("embedded"));
  const person = await register(empty, "maya");
  return person.at(person.url.replace("127.0.0.1", "localhost"));
}

function optionsOf(face: Face): BrowserContextOptions {
  const colorScheme = face.endsWith("dark") ? "dark" : "light";
  if (face.startsWith("desktop")) return { colorScheme, viewport: { width: 1280, height: 800 } };
  return { colorScheme, viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true };
}

async function save(name: string, png: Uint8Array) {
  await Bun.write(join(IMAGES, `${name}.png`), withFewerColours(png));
}

function withFewerColours(png: Uint8Array): Uint8Array {
  const image = UPNG.decode(png.buffer as ArrayBuffer);
  return new Uint8Array(UPNG.encode(UPNG.toRGBA8(image), image.width, image.height, COLOURS));
}

/** docs/images.md: all pictures, with what is to be seen. */
function gallery(pictures: readonly Picture[]): string {
  const picture = ({ name, alt }: Picture, face: Face) => {
    const width = face.startsWith("phone") ? 260 : 640;
    return `<img src="images/${name}-${face}.png" width="${width}" alt="${alt} (${face.replace("-", ", ")})">`;
  };
  const parts = pictures.map((one) => `## ${one.alt}\n\n${one.faces.map((face) => picture(one, face)).join("\n")}\n`);
  return `# What it looks like\n\nMade by \`bun run screenshots\`; the people and what they say are invented.\n\n${parts.join("\n")}`;
}
