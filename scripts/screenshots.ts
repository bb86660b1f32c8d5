import { mkdirSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import UPNG from "upng-js";
import { sharedChromium } from "../tests/support/chromium.ts";
import { cleanUpAll } from "../tests/support/cleanup.ts";
import type { Client } from "../tests/support/client.ts";
import { startProxy } from "../tests/support/proxy.ts";
import { startTestServer, type TestServer } from "../tests/support/server.ts";
import { takeAdmin } from "./screenshots/admin.ts";
import { register, settle, timezoneId } from "./screenshots/community.ts";
import { ALL_FACES, type Face, optionsOf, prepareLook } from "./screenshots/faces.ts";
import { gallery } from "./screenshots/gallery.ts";
import { type Picture, SHOTS, type Shot } from "./screenshots/shots.ts";

// `bun run screenshots` takes the pictures of docs/images/ and writes docs/images.md. `bun run screenshots group list` takes
// the pictures of these two views only, and leaves docs/images.md alone. `--every FOLDER` takes each view on both screens
// in every look, to look at: also right to left, with large text and with forced colours. The script needs PostgreSQL,
// Redis and Chromium. Without the Debian packages fonts-noto-core, -cjk and -color-emoji, some letters are boxes.

const ROOT = join(import.meta.dir, "..");
const { values, positionals: wanted } = parseArgs({ allowPositionals: true, options: { every: { type: "string" } } });
const IMAGES = values.every === undefined ? join(ROOT, "docs/images") : resolve(values.every);
/** The number of colours in a picture. Pages have few, so this saves three quarters of the bytes. */
const COLOURS = 256;
/** The port of the new server: the default one, because a picture may show the address. */
const FIRST_PORT = "8000";
const PATIENCE_MS = 10_000;

const facesOf = ({ faces }: Picture) => (values.every === undefined ? faces : ALL_FACES);
const shots = SHOTS.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
mkdirSync(IMAGES, { recursive: true });

const community = await settle();
let fresh: TestServer | undefined;
let newcomer: Promise<Client> | undefined;
// The page of the picture before may have read a conversation in its last moment.
for (const shot of shots) for (const face of facesOf(shot)) await take(shot, face).catch(() => take(shot, face));
if (wanted.length === 0 || wanted.includes("admin")) {
  const ofPanel = await takeAdmin(save, facesOf);
  if (values.every === undefined && wanted.length === 0)
    await Bun.write(join(ROOT, "docs/images.md"), gallery([...SHOTS, ...ofPanel]));
}
await fresh?.stop();
await community.stop();
await cleanUpAll();
const bytes = readdirSync(IMAGES).map((file) => statSync(join(IMAGES, file)).size);
process.stdout.write(`${bytes.length} pictures, ${Math.round(bytes.reduce((a, b) => a + b, 0) / 1024)} KiB\n`);

async function take(shot: Shot, face: Face) {
  await community.unread();
  const { person, url } = await visitorOf(shot);
  const network = await startProxy(Number(url.port));
  // A new server stays at its own address, because a picture may show that.
  if (shot.as !== "founder" && shot.as !== "newcomer") url.port = String(network.port);
  const context = await (await sharedChromium()).newContext({
    ...optionsOf(face),
    baseURL: url.origin,
    locale: "en-GB",
    timezoneId,
  });
  if (person?.cookie)
    await context.addCookies([
      { name: "sessionid", value: person.cookie, url: url.origin, httpOnly: true, sameSite: "Lax" },
    ]);
  const [key, text] = community.draft;
  await context.addInitScript(`localStorage.setItem(${JSON.stringify(key)}, ${JSON.stringify(text)})`);
  await prepareLook(context, face);
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  await shot.before?.(page);
  await page.goto(shot.path(community));
  if (person === community.people.maya && !shot.isOutside && face.startsWith("desktop"))
    await page
      .getByRole("link", { name: /online/ })
      .nth(1)
      .waitFor();
  await shot.act({ page, face, community, network });
  await page.evaluate("document.fonts.ready.then(() => new Promise(requestAnimationFrame))");
  // Move the pointer away, so that no element looks hovered.
  await page.mouse.move(0, 0);
  const png = await page.screenshot({ animations: "disabled", caret: "hide" });
  await save(`${shot.name}-${face}`, png);
  await context.close();
  await network.stop();
}

/** The person of a shot, if signed in, and the address of their server. */
async function visitorOf({ as }: Shot): Promise<{ person?: Client; url: URL }> {
  if (as === "founder") return { url: localUrlOf(await startFresh()) };
  if (as === "newcomer") {
    newcomer ??= startFresh().then(registerNewcomer);
    const person = await newcomer;
    return { person, url: new URL(person.url) };
  }
  const url = new URL(community.server.url);
  return as === "nobody" ? { url } : { person: community.people.maya, url };
}

/** Starts a server without accounts, once. */
async function startFresh(): Promise<TestServer> {
  fresh ??= await startTestServer("embedded", { PORT: FIRST_PORT }).catch(() => startTestServer("embedded"));
  return fresh;
}

/** Elif sets the server up as its admin, and Maya creates an ordinary account. */
async function registerNewcomer(server: TestServer): Promise<Client> {
  await register(server, "elif", { first: true });
  return (await register(server, "maya")).at(localUrlOf(server).origin);
}

function localUrlOf({ url }: TestServer): URL {
  return new URL(url.replace("127.0.0.1", "localhost"));
}

async function save(name: string, png: Uint8Array) {
  await Bun.write(join(IMAGES, `${name}.png`), withFewerColours(png));
}

function withFewerColours(png: Uint8Array): Uint8Array {
  const image = UPNG.decode(png.buffer as ArrayBuffer);
  return new Uint8Array(UPNG.encode(UPNG.toRGBA8(image), image.width, image.height, COLOURS));
}
