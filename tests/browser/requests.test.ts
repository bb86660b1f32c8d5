import { beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { until } from "../sdk/people.ts";
import { seriousFaults } from "../support/axe.ts";
import { describeInBrowser } from "../support/chromium.ts";
import type { Client } from "../support/client.ts";
import { composer, message, openDetails, row, startNew } from "../support/hands.ts";
import { openPage } from "../support/pages.ts";
import { withServer } from "../support/server.ts";

const requests = (page: Page) => page.getByRole("region", { name: /^Requests/ });

describeInBrowser("requests in the browser", () => {
  const server = withServer("embedded");
  let ann: Client;
  let bob: Client;
  beforeAll(async () => {
    [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
  });

  test("a person who wants to be asked gets a request at once, and their answer makes the conversation", async () => {
    const cid = await server.person("Cid");
    const at = await openPage(cid, "/settings/privacy");
    await at.page.getByRole("radio", { name: "No one" }).check();
    await at.page.getByText("Saved.").waitFor();
    expect(await seriousFaults(at.page)).toEqual([]);
    await at.page.reload();
    await until(() => at.page.getByRole("radio", { name: "No one" }).isChecked());

    const from = await openPage(ann, "/");
    await startNew(from.page, "New conversation");
    await from.page.getByRole("combobox").fill("Cid");
    await from.page.getByRole("option", { name: "Cid" }).click();
    await from.page.getByRole("button", { name: "Start chat" }).click();
    await from.page.getByText("Request sent to Cid Tester.").waitFor();

    await requests(at.page).getByText("wants to message you").waitFor();
    expect(await seriousFaults(at.page)).toEqual([]);
    await at.page.getByRole("button", { name: "Accept the request from Ann Tester" }).click();
    await at.page.waitForURL("**/c/*");
    await composer(at.page).waitFor();
    await requests(at.page).waitFor({ state: "detached" });
    await row(from.page, "Cid Tester").waitFor();
    for (const { faults, close } of [at, from]) {
      expect(faults).toEqual([]);
      await close();
    }
  });

  test("a group begins without people who must be asked; their request outlasts a reload, and is declined once", async () => {
    const dora = await server.person("Dora");
    await dora.patch("/api/users/profile/", { may_add_me: "nobody" });
    const { id } = await ann.conversation([bob, await server.person("Eve")], "Choir");
    const from = await openPage(ann, `/c/${id}`);
    await from.page.getByRole("button", { name: "Details and members" }).click();
    await from.page.getByRole("button", { name: "Add people" }).click();
    await from.page.getByRole("combobox").fill("Dora");
    await from.page.getByRole("option", { name: "Dora" }).click();
    await from.page.getByRole("button", { name: "Add 1 person" }).click();
    await from.page.getByText("Request sent to Dora Tester.").waitFor();
    await from.page.getByRole("heading", { name: "3 people" }).waitFor();

    const at = await openPage(dora, "/", { viewport: { width: 390, height: 760 }, hasTouch: true });
    await requests(at.page).getByText("wants to add you to Choir").waitFor();
    expect(await at.page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBe(0);
    const other = await openPage(dora, "/");
    await requests(other.page).waitFor();
    await at.page.getByRole("button", { name: "Decline the request from Ann Tester" }).click();
    await requests(at.page).waitFor({ state: "detached" });
    await requests(other.page).waitFor({ state: "detached" });
    await at.page.reload();
    await at.page.getByText("No conversations yet").waitFor();
    expect(await requests(at.page).count()).toBe(0);
    for (const { faults, close } of [at, from, other]) {
      expect(faults).toEqual([]);
      await close();
    }
  });

  test("a 1-on-1 is hidden until somebody writes, and that can be undone", async () => {
    const fay = await server.person("Fay");
    const { id } = await fay.conversation([bob]);
    await bob.send(id, "first");
    const { page, faults, close } = await openPage(fay, `/c/${id}`);
    await message(page, "first").waitFor();
    const hide = async () => {
      await openDetails(page);
      await page.getByRole("button", { name: "Hide this conversation" }).click();
      await page.getByText("Hidden until someone writes.").waitFor();
      await row(page, "Bob Tester").waitFor({ state: "detached" });
    };
    await hide();
    await page.getByRole("button", { name: "Undo" }).click();
    await row(page, "Bob Tester").waitFor();
    await composer(page).waitFor();
    await hide();
    await page.reload();
    await page.getByText("No conversations yet").waitFor();
    await bob.send(id, "second");
    await row(page, "second").waitFor();
    await row(page, "1 unread message").waitFor();
    expect(faults).toEqual([]);
    await close();
  });

  test("a person who is added to a group is told at once: in the list, by a line that opens it, and after a reload", async () => {
    const gus = await server.person("Gus");
    await gus.conversation([bob]);
    const { page, faults, close } = await openPage(gus, "/");
    await row(page, "Bob Tester").waitFor();
    const { id } = await ann.conversation([gus, bob], "Chess");
    await page.getByText("You were added to Chess").waitFor();
    await row(page, "You were added to this group").waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await page.getByRole("button", { name: "Open", exact: true }).click();
    await page.waitForURL(`**/c/${id}`);
    await row(page, "You were added to this group").waitFor({ state: "detached" });

    // While nobody looks. The stored state is there when the page comes back.
    await until(() =>
      page.evaluate<boolean>(`new Promise((resolve) => {
        const opening = indexedDB.open("confab");
        opening.onsuccess = () => {
          const keys = opening.result.transaction("confab").objectStore("confab").getAllKeys();
          keys.onsuccess = () => {
            opening.result.close();
            resolve(keys.result.filter((key) => key.includes("cache/")).length === 2);
          };
        };
      })`),
    );
    await page.goto("/api/chat/health/");
    await ann.conversation([gus, bob], "Readers");
    await page.goto("/");
    await page.getByText("You were added to Readers").waitFor();
    await row(page, "You were added to this group").waitFor();
    expect(faults).toEqual([]);
    await close();
  });
});
