import { afterAll, beforeAll, expect, test } from "bun:test";
import { presenceTimes } from "../../src/server/places/places.ts";
import { until } from "../sdk/people.ts";
import { describeInBrowser } from "../support/chromium.ts";
import { PASSWORD } from "../support/client.ts";
import {
  choose,
  chooseInMenu,
  composer,
  confirm,
  heading,
  message,
  messages,
  register,
  row,
  say,
  startConversation,
} from "../support/hands.ts";
import { type OpenPage, openPage } from "../support/pages.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

/** How long somebody is still online after their last socket; an eternity else. */
const GRACE_MS = 200;

describeInBrowser("the whole journey of newcomers, by what the page shows", () => {
  let server: TestServer;
  let ann: OpenPage;
  let bob: OpenPage;
  beforeAll(async () => {
    server = await startTestServer(
      "embedded",
      { FIRST_USER: "member" },
      { presence: { ...presenceTimes, grace: GRACE_MS } },
    );
  });
  afterAll(async () => {
    await Promise.all([ann.close(), bob.close()]);
    await server.stop();
  });

  test("two people register on an empty server and find each other", async () => {
    ann = await openPage(server.visitor(), "/");
    await register(ann.page, "Ann", "ann@example.com");
    await heading(ann.page, "You are the first one here").waitFor();

    bob = await openPage(server.visitor(), "/");
    await register(bob.page, "Bob", "bob@example.com");
    await heading(bob.page, "Say hello to someone").waitFor();
    await startConversation(bob.page, ["Ann"]);
    await heading(bob.page, "Ann Example").waitFor();
    // She sits before her empty page all the while.
    await row(ann.page, "Bob Example").waitFor();
  });

  test("they talk: unread, read, typing, edits and deletions reach the other one", async () => {
    const [a, b] = [ann.page, bob.page];
    await say(b, "Hello Ann!");
    await row(a, "Bob Example").filter({ hasText: "1 unread message" }).waitFor();
    await until(async () => (await a.title()) === "(1) Confab");
    await until(async () => (await b.getByText("Sent", { exact: true }).count()) === 1);

    await row(a, "Bob Example").click();
    await message(a, "Hello Ann!").waitFor();
    await a.bringToFront();
    await b.getByText("Read", { exact: true }).waitFor();
    await until(async () => (await a.title()) === "Bob Example · Confab");
    expect(await row(a, "unread message").count()).toBe(0);

    await composer(a).pressSequentially("Is it you?");
    await b.getByText("Ann Example is typing…").waitFor();
    await composer(a).press("Enter");
    await message(b, "Is it you?").waitFor();
    await b.getByText("Ann Example is typing…").waitFor({ state: "detached" });

    await choose(b, "Hello Ann!", "Edit");
    await composer(b).fill("Hello, dear Ann!");
    await b.getByRole("button", { name: "Save" }).click();
    await message(a, "Hello, dear Ann!").filter({ hasText: "edited" }).waitFor();
    await choose(a, "Is it you?", "Delete");
    await confirm(a, "Delete message");
    for (const page of [a, b]) {
      await message(page, "This message was deleted.").waitFor();
      expect(await messages(page).count()).toBe(2);
    }
  });

  test("closing the page sets a person offline, and opening it online", async () => {
    const online = bob.page.getByRole("main").getByText("Online", { exact: true });
    await online.waitFor();
    const { page } = ann;
    const address = page.url();
    await page.goto("about:blank");
    await bob.page.getByText(/^Last seen/).waitFor();
    await page.goto(address);
    await online.waitFor();
  });

  test("a group: made, renamed, the third one removed, the second leaves; the list is in order", async () => {
    const cara = await openPage(server.visitor(), "/");
    await register(cara.page, "Cara", "cara@example.com");
    await heading(cara.page, "Say hello to someone").waitFor();
    const [a, b, c] = [ann.page, bob.page, cara.page];

    await startConversation(b, ["Ann", "Cara"]);
    await say(b, "Who waters the garden?");
    await row(c, "Who waters the garden?").filter({ hasText: "1 unread" }).click();
    await say(c, "I do, on Monday");
    await message(b, "I do, on Monday").waitFor();
    const rows = a.getByRole("region", { name: "Conversations" }).getByRole("listitem");
    await rows.first().filter({ hasText: "Cara: I do, on Monday" }).waitFor();
    await say(a, "And we two?");
    await rows.first().filter({ hasText: "And we two?" }).waitFor();

    await b.getByRole("button", { name: "Details and members" }).click();
    await b.getByRole("button", { name: "Rename the group" }).click();
    await b.getByLabel("Group name").fill("The garden");
    await b.getByRole("button", { name: "Save" }).click();
    await heading(c, "The garden").waitFor();
    await row(a, "The garden").click();
    await heading(a, "The garden").waitFor();

    await b.getByRole("button", { name: "Remove Cara Example from the group" }).click();
    await confirm(b, "Remove");
    await heading(c, "You are no longer in this conversation").waitFor();
    await c.getByRole("button", { name: "Back to conversations" }).click();
    await row(c, "The garden").waitFor({ state: "detached" });
    await heading(b, "2 people").waitFor();

    await a.getByRole("button", { name: "Details and members" }).click();
    await a.getByRole("button", { name: "Leave the group" }).click();
    await confirm(a, "Leave the group");
    await row(a, "The garden").waitFor({ state: "detached" });
    await heading(b, "1 person").waitFor();
    await b.getByRole("button", { name: "Close" }).click();
    expect(cara.faults).toEqual([]);
    await cara.close();
  });

  test("signing out and in again shows everything as before", async () => {
    const { page } = ann;
    await chooseInMenu(page, "Sign out");
    await heading(page, "Sign in to Confab").waitFor();
    await page.goBack();
    expect(await page.getByText("Hello, dear Ann!").count()).toBe(0);
    await page.goto("/sign-in");
    await page.getByLabel("Email").fill("ann@example.com");
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await row(page, "Bob Example").click();
    for (const text of ["Hello, dear Ann!", "This message was deleted.", "And we two?"])
      await message(page, text).waitFor();
    expect([...ann.faults, ...bob.faults]).toEqual([]);
  });
});
