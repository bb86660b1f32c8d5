import type { Locator, Page } from "playwright-core";
import { PASSWORD } from "./client.ts";

/** The actions of a person in the chat, by what they see: roles, names and texts, never the page's own classes. */

export const composer = (page: Page) => page.getByRole("textbox", { name: /^Message to/ });
/** The messages that are drawn, the oldest first. */
export const messages = (page: Page) => page.getByRole("feed").getByRole("article");
export const message = (page: Page, text: string) => messages(page).filter({ hasText: text });
/** The bar that says how many new messages are out of sight. */
export const missed = (page: Page) => page.getByRole("region", { name: "New messages" });
/** A conversation in the list, by its title or any other text of its row. */
export const row = (page: Page, text: string | RegExp) =>
  page.getByRole("region", { name: "Conversations" }).getByRole("listitem").filter({ hasText: text }).getByRole("link");
/** The client notices a dead connection that nothing closes within seven seconds. */
export const saysDisconnected = (page: Page) => page.getByText("Not connected").first().waitFor({ timeout: 30_000 });
export const heading = (page: Page, name: string) => page.getByRole("heading", { name, exact: true });

export async function say(page: Page, text: string) {
  await composer(page).fill(text);
  await page.getByRole("button", { name: "Send", exact: true }).click();
}

export async function register(page: Page, firstName: string, email: string) {
  await page.getByLabel("First name").fill(firstName);
  await page.getByLabel("Last name").fill("Example");
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Create account" }).click();
}

/** Whether it is there, and all of its height between the top and the bottom of the messages: browsers scroll by whole pixels. */
export const isInSight = (what: Locator): Promise<boolean> =>
  // Of all elements, because a call for one would wait for it.
  what.evaluateAll(([element]) => {
    const list = element?.ownerDocument.querySelector('[role="feed"]');
    const [box, sight] = [element, list?.parentElement].map((one) => one?.getBoundingClientRect());
    return box !== undefined && sight !== undefined && box.top > sight.top - 1 && box.bottom < sight.bottom + 1;
  });

/** Presses "New", and chooses from its menu. */
export async function startNew(page: Page, what: "New conversation" | "New group" | "Invite people") {
  await page.getByRole("button", { name: "New", exact: true }).click();
  await page.getByRole("menuitem", { name: what }).click();
}

/** The details of the open conversation: beside it, or in a dialog on a small screen. */
export const details = (page: Page) =>
  page.getByRole("complementary").or(page.getByRole("dialog", { name: /^(Group|Person)$/ }));

/** Opens them, if they do not stand beside the conversation already. */
export async function openDetails(page: Page) {
  const button = page.getByRole("button", { name: "Details and members" });
  if ((await button.getAttribute("aria-expanded")) !== "true") await button.click();
}

/** One person makes a 1-on-1, more make a group. */
export async function startConversation(page: Page, names: readonly string[], groupName?: string) {
  await startNew(page, "New conversation");
  for (const name of names) {
    await page.getByRole("combobox").fill(name);
    await page.getByRole("option", { name }).click();
  }
  if (groupName !== undefined) await page.getByLabel("Group name").fill(groupName);
  await page.getByRole("button", { name: names.length > 1 ? /^Create group/ : "Start chat" }).click();
  // Until then the composer in sight may be that of the conversation that was open before.
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await composer(page).waitFor();
}

/** Opens a message's menu and chooses from it. */
export async function choose(page: Page, text: string, action: string) {
  await message(page, text).hover();
  await message(page, text).getByRole("button", { name: "More actions" }).click();
  await page.getByRole("menuitem", { name: action }).click();
}

/** Answers a question. */
export const confirm = (page: Page, action: string) =>
  page.getByRole("dialog").last().getByRole("button", { name: action, exact: true }).click();

export async function chooseInMenu(page: Page, item: string) {
  await page.getByRole("button", { name: /^Your menu/ }).click();
  await page.getByRole("menuitem", { name: item }).click();
}
