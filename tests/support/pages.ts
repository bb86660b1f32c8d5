import type { BrowserContextOptions, Page, WebSocket } from "playwright-core";
import { sharedChromium } from "./chromium.ts";
import type { Client } from "./client.ts";
import { until } from "./until.ts";

/** Somebody's own browser on the chat, signed in, and what went wrong in it. */
export interface OpenPage {
  page: Page;
  /** Uncaught errors, and what the page or its policy complained of; tests expect none. */
  faults: string[];
  close(): Promise<void>;
}

const PATIENCE = 20_000;

/**
 * @param at another address of the same server than the person's own
 * @param chromium the "whole" one has notifications
 * @param worker waits until the page has its service worker. It stores the whole page at its first visit, which takes as long
 * as the rest of the visit.
 * @param mayBeCut the test cuts the connection or ends the server. A part of the page may be on its way then. It loads again.
 */
export async function openPage(
  person: Client,
  path: string,
  {
    at = person.url,
    chromium = "page",
    worker = chromium === "whole",
    mayBeCut = at !== person.url,
    ...options
  }: BrowserContextOptions & { at?: string; chromium?: "page" | "whole"; worker?: boolean; mayBeCut?: boolean } = {},
): Promise<OpenPage> {
  const browser = await sharedChromium(chromium);
  const context = await browser.newContext({
    viewport: { width: 1200, height: 700 },
    baseURL: at,
    serviceWorkers: worker ? "allow" : "block",
    ...options,
  });
  if (person.cookie !== undefined)
    await context.addCookies([{ name: "sessionid", value: person.cookie, url: at, httpOnly: true, sameSite: "Lax" }]);
  const page = await context.newPage();
  // Sooner than a test that is given up, which ends the browser of all of them.
  page.setDefaultTimeout(PATIENCE);
  const faults: string[] = [];
  page.on("pageerror", ({ message }) => {
    if (!mayBeCut || !message.includes("dynamically imported module")) faults.push(message);
  });
  page.on("console", (message) => {
    // A server that is away on purpose is no fault of the page.
    if (message.type() === "error" && !/Failed to load resource|WebSocket connection/.test(message.text()))
      faults.push(message.text());
  });
  followSockets(page);
  await page.goto(path);
  // An empty page has none.
  if (worker && path.startsWith("/")) await until(() => page.evaluate("navigator.serviceWorker.controller !== null"));
  return { page, faults, close: () => context.close() };
}

/** The sockets of each page on which the server has greeted. */
const greeted = new WeakMap<Page, Set<WebSocket>>();

function followSockets(page: Page) {
  const sockets = new Set<WebSocket>();
  greeted.set(page, sockets);
  page.on("websocket", (socket) => {
    socket.on("framereceived", () => sockets.add(socket));
    socket.on("close", () => sockets.delete(socket));
  });
  page.on("framenavigated", (frame) => {
    if (frame === page.mainFrame()) sockets.clear();
  });
}

/**
 * Waits until the page hears of messages as they come. It shows messages before that, and notifies of none that came
 * earlier.
 */
export const isOnline = (page: Page) => until(() => (greeted.get(page)?.size ?? 0) > 0);
