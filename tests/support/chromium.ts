import { describe } from "bun:test";
import { type Browser, chromium } from "playwright-core";
import { afterAllFiles } from "./cleanup.ts";

const WHOLE = ["chromium", "chromium-browser", "google-chrome"];
/** The same engine without the parts around a page, which takes half the time. */
const SHELL = ["chromium-headless-shell"];
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // A microphone that beeps, and a camera. Pages still need the permission.
  "--use-fake-device-for-media-stream",
];

const find = (names: string[]) => names.flatMap((name) => Bun.which(name) ?? [])[0];
const programs = { whole: find(WHOLE), page: find(SHELL) ?? find(WHOLE) };
if (!programs.whole)
  process.stderr.write(
    "SKIPPED: browser tests of installing and notifications, Chromium is not installed (Debian: chromium)\n",
  );
if (!programs.page) process.stderr.write("SKIPPED: all browser tests, Chromium is not installed (Debian: chromium)\n");

/** A group of tests that need a browser. */
export const describeInBrowser = describe.skipIf(!programs.page);
/** A group of tests that need the whole browser, for notifications and installing. */
export const describeInWholeBrowser = describe.skipIf(!programs.whole);

const shared: { [kind in keyof typeof programs]?: Promise<Browser> } = {};

/**
 * One Chromium for all tests of this process, started when first asked for; it ends after the last of them. Each person in
 * a test is a `newContext()`: cookies, storage and service workers of its own. The test closes it.
 */
export function sharedChromium(kind: keyof typeof programs = "page"): Promise<Browser> {
  shared[kind] ??= startChromium(kind);
  return shared[kind];
}

/** A Chromium with a fresh profile in a temporary folder, which is removed with it. */
async function startChromium(kind: keyof typeof programs): Promise<Browser> {
  const program = programs[kind];
  if (!program) throw new Error("Chromium is not installed (Debian: chromium)");
  const browser = await chromium.launch({ executablePath: program, args: FLAGS });
  // A test that is given up ends the browser. The next one starts another.
  browser.once("disconnected", () => delete shared[kind]);
  afterAllFiles(() => browser.close());
  return browser;
}
