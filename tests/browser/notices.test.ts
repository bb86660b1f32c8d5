import { afterEach, beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { seriousFaults } from "../support/axe.ts";
import { describeInBrowser } from "../support/chromium.ts";
import type { Client } from "../support/client.ts";
import { message, row } from "../support/hands.ts";
import { type OpenPage, openPage } from "../support/pages.ts";
import { withServer } from "../support/server.ts";

describeInBrowser("notices of a group on an open page", () => {
  const server = withServer("embedded");
  let [ann, bob, cid, dan]: Client[] = [];
  const open: OpenPage[] = [];
  beforeAll(async () => {
    [ann, bob, cid, dan] = await Promise.all(["Ann", "Bob", "Cid", "Dan"].map((name) => server.person(name)));
  });
  afterEach(async () => {
    const faults = open.flatMap((opened) => opened.faults);
    await Promise.all(open.splice(0).map((opened) => opened.close()));
    expect(faults).toEqual([]);
  });

  /** Messages and lines, in the order in which they stand. */
  async function feed(page: Page, texts: readonly string[]) {
    const all = (await page.getByRole("feed").textContent()) ?? "";
    return texts.filter((text) => all.includes(text)).sort((a, b) => all.indexOf(a) - all.indexOf(b));
  }
  const said = (page: Page, text: string) =>
    page.locator("[data-announcements]").getByText(text).waitFor({ state: "attached" });

  test("joins, leaves and a new name stand between the messages where they happened", async () => {
    if (!ann || !bob || !cid || !dan) throw new Error("nobody is there");
    const { id } = await ann.conversation([bob, cid], "Choir");
    const path = `/api/chat/conversations/${id}/`;
    await bob.send(id, "first");
    const opened = await openPage(ann, `/c/${id}`);
    open.push(opened);
    const { page } = opened;
    await message(page, "first").waitFor();
    const line = (text: string) => page.getByRole("feed").getByText(text, { exact: true });

    await ann.post(`${path}participants/`, { user_ids: [dan.id] });
    await line("You added Dan Tester").waitFor();
    await said(page, "You added Dan Tester");
    await dan.send(id, "hello all");
    await message(page, "hello all").waitFor();
    await cid.delete(`${path}participants/${cid.id}/`);
    await line("Cid Tester left").waitFor();
    await bob.patch(path, { name: "Big choir" });
    await line("Bob Tester named the group Big choir").waitFor();
    await bob.send(id, "nice name");
    await message(page, "nice name").waitFor();
    const order = [
      "first",
      "You added Dan Tester",
      "hello all",
      "Cid Tester left",
      "Bob Tester named the group Big choir",
      "nice name",
    ];
    expect(await feed(page, order)).toEqual(order);
    expect(await page.getByRole("feed").getByRole("article").count()).toBe(3);
    expect(await seriousFaults(page)).toEqual([]);

    // They are still there after a reload, and for who looks elsewhere and comes back.
    await page.reload();
    await line("Cid Tester left").waitFor();
    expect(await feed(page, order)).toEqual(order);
    const other = await ann.conversation([bob]);
    await ann.send(other.id, "elsewhere");
    await row(page, "Bob Tester").first().click();
    await message(page, "elsewhere").waitFor();
    await row(page, "Big choir").click();
    await line("Cid Tester left").waitFor();
    expect(await feed(page, order)).toEqual(order);
  });

  test("changes of a group while another conversation is open show on the way back", async () => {
    if (!ann || !bob || !cid || !dan) throw new Error("nobody is there");
    const { id } = await bob.conversation([ann, cid], "Rowers");
    const unopened = await bob.conversation([ann, cid], "Skaters");
    const other = await ann.conversation([dan]);
    await ann.send(other.id, "elsewhere");
    await bob.send(id, "at the boathouse");
    await bob.send(unopened.id, "at the rink");
    const opened = await openPage(ann, `/c/${id}`);
    open.push(opened);
    const { page } = opened;
    await message(page, "at the boathouse").waitFor();
    await row(page, "Dan Tester").first().click();
    await message(page, "elsewhere").waitFor();

    for (const group of [id, unopened.id]) {
      const path = `/api/chat/conversations/${group}/`;
      await bob.post(`${path}participants/`, { user_ids: [dan.id] });
      await bob.send(group, "welcome");
      // By the owner: they did not leave.
      await bob.delete(`${path}participants/${cid.id}/`);
    }
    await bob.send(unopened.id, "that was all");
    await row(page, "Skaters").getByText("that was all").waitFor();
    for (const [name, first] of [
      ["Rowers", "at the boathouse"],
      ["Skaters", "at the rink"],
    ] as const) {
      await row(page, name).click();
      await page.getByRole("feed").getByText("Bob Tester removed Cid Tester", { exact: true }).waitFor();
      const order = [first, "Bob Tester added Dan Tester", "welcome", "Bob Tester removed Cid Tester"];
      expect(await feed(page, order)).toEqual(order);
    }
  });

  test("your own renaming is a line too, also in a group without a message", async () => {
    if (!ann || !bob || !cid) throw new Error("nobody is there");
    const { id } = await ann.conversation([bob, cid], "Quiet");
    const opened = await openPage(ann, `/c/${id}`);
    open.push(opened);
    const { page } = opened;
    await page.getByText("No messages yet. Say hello!").waitFor();
    await ann.patch(`/api/chat/conversations/${id}/`, { name: "Quieter" });
    await page.getByText("You named the group Quieter").first().waitFor();
    await bob.send(id, "hush");
    await message(page, "hush").waitFor();
    const order = ["You named the group Quieter", "hush"];
    expect(await feed(page, order)).toEqual(order);
  });

  test("a person who adds many is named in one line, with three names and a count, which follows a rename", async () => {
    if (!ann || !bob || !cid) throw new Error("nobody is there");
    const crowd = await Promise.all(["Eva", "Fay", "Gus", "Hal", "Ida"].map((name) => server.person(name)));
    const { id } = await bob.conversation([ann, cid], "Crowd");
    await bob.send(id, "before");
    for (const person of crowd)
      await bob.post(`/api/chat/conversations/${id}/participants/`, { user_ids: [person.id] });
    await bob.send(id, "after");
    const opened = await openPage(ann, `/c/${id}`);
    open.push(opened);
    const { page } = opened;
    const text = "Bob Tester added Eva Tester, Fay Tester, Gus Tester, and 2 others";
    await page.getByRole("feed").getByText(text, { exact: true }).waitFor();
    expect(await feed(page, ["before", text, "after"])).toEqual(["before", text, "after"]);
    await bob.patch("/api/users/profile/", { first_name: "Robert", last_name: "Tester" });
    await page.getByRole("feed").getByText(text.replace("Bob", "Robert"), { exact: true }).waitFor();
    await bob.patch("/api/users/profile/", { first_name: "Bob", last_name: "Tester" });
  });
});
