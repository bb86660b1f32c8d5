import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium } from "playwright-core";
import { afterAllFiles } from "../../support/cleanup.ts";
import { NOTE_USABLE, USABLE } from "./in-the-page.ts";
import type { Line } from "./line.ts";
import type { Side } from "./side.ts";

const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"];
/** A phone of the middle class is slower by this than the machine. */
const SLOWER = 4;
const PHONE = { width: 390, height: 844 };
/** Time for the service worker and the stored data, in ms, at most. */
const SETTLE_MS = 4_000;

export interface Visit {
  /** From the request for the page until it can be used, in ms. */
  usable: number;
  /** Bytes that have come down the line until then. */
  bytes: number;
  /** CPU time of the page's main thread until then, in ms: hardly disturbed by other programs. */
  cpu: number;
}

/** The first visit in a new profile, and later ones, each in a new process of the browser. */
export async function visits(side: Side, line: Line, again: number): Promise<{ first: Visit; again: Visit[] }> {
  const profile = mkdtempSync(join(tmpdir(), "confab-profile-"));
  const remove = () => rmSync(profile, { recursive: true, force: true });
  afterAllFiles(remove);
  const first = await visit(profile, side, line);
  const later: Visit[] = [];
  for (let n = 0; n < again; n++) later.push(await visit(profile, side, line));
  remove();
  return { first, again: later };
}

async function visit(profile: string, side: Side, line: Line): Promise<Visit> {
  const executablePath = Bun.which("chromium") ?? Bun.which("google-chrome");
  if (!executablePath) throw new Error("Chromium is not installed (Debian: chromium)");
  const context = await chromium.launchPersistentContext(profile, { executablePath, args: FLAGS, viewport: PHONE });
  try {
    return await load(context, side, line);
  } finally {
    await context.close();
  }
}

async function load(context: BrowserContext, { ann, id, newest }: Side, line: Line): Promise<Visit> {
  const value = ann.cookie ?? "";
  await context.addCookies([{ name: "sessionid", value, url: line.url, httpOnly: true, sameSite: "Lax" }]);
  const page = await context.newPage();
  await page.addInitScript(NOTE_USABLE(newest));
  const session = await context.newCDPSession(page);
  await session.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  line.takeBytes();
  await page.goto(`${line.url}/c/${id}`, { waitUntil: "commit", timeout: 60_000 });
  const usable = await page.evaluate<number>(USABLE);
  const bytes = line.takeBytes();
  const { metrics } = await session.send("Performance.getMetrics");
  const cpu = (metrics.find(({ name }) => name === "TaskDuration")?.value ?? 0) * 1000;
  await session.send("Emulation.setCPUThrottlingRate", { rate: 1 });
  await page.evaluate("navigator.serviceWorker.ready.then(() => undefined)");
  await page.waitForLoadState("networkidle", { timeout: 60_000 }).catch(() => {});
  await page.waitForTimeout(SETTLE_MS);
  return { usable, bytes, cpu };
}
