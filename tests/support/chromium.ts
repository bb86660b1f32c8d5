import { describe } from "bun:test";
import { type Browser, chromium } from "playwright-core";
import { afterAllFiles } from "./cleanup.ts";

const PROGRAMS = ["chromium", "chromium-browser", "google-chrome"];
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const [program] = PROGRAMS.flatMap((name) => Bun.which(name) ?? []);
if (!program) process.stderr.write("SKIPPED: all browser tests, Chromium is not installed (Debian: chromium)\n");

/** A group of tests that need a browser. */
export const describeInBrowser = describe.skipIf(!program);

let shared: Promise<Browser> | undefined;

/**
 * One Chromium for all tests of this process, started when first asked for; it ends after the last of them. Each person in
 * a test is a `newContext()`: cookies, storage and service workers of its own. The test closes it.
 */
export function sharedChromium(): Promise<Browser> {
  shared ??= startChromium();
  return shared;
}

/** A Chromium with a fresh profile in a temporary folder, which goes with it. */
async function startChromium(): Promise<Browser> {
  if (!program) throw new Error("Chromium is not installed (Debian: chromium)");
  const browser = await chromium.launch({ executablePath: program, args: FLAGS });
  afterAllFiles(() => browser.close());
  return browser;
}
