import type { BrowserContextOptions, Page } from "playwright-core";
import { sharedChromium } from "./chromium.ts";
import type { Client } from "./client.ts";

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
 */
export async function openPage(
  person: Client,
  path: string,
  {
    at = person.url,
    chromium = "page",
    ...options
  }: BrowserContextOptions & { at?: string; chromium?: "page" | "whole" } = {},
): Promise<OpenPage> {
  const browser = await sharedChromium(chromium);
  const context = await browser.newContext({ viewport: { width: 1200, height: 700 }, baseURL: at, ...options });
  if (person.cookie !== undefined)
    await context.addCookies([{ name: "sessionid", value: person.cookie, url: at, httpOnly: true, sameSite: "Lax" }]);
  const page = await context.newPage();
  // Sooner than a test that is given up, which ends the browser of all of them.
  page.setDefaultTimeout(PATIENCE);
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    // A server that is away on purpose is no fault of the page.
    if (message.type() === "error" && !/Failed to load resource|WebSocket connection/.test(message.text()))
      faults.push(message.text());
  });
  await page.goto(path);
  return { page, faults, close: () => context.close() };
}
