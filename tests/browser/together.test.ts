import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Locator, Page } from "playwright-core";
import type { Message } from "../../src/protocol/messages.ts";
import { until } from "../sdk/people.ts";
import { describeInBrowser } from "../support/chromium.ts";
import { Client } from "../support/client.ts";
import { composer, message, row } from "../support/hands.ts";
import { makePlace, modes, type Place } from "../support/modes.ts";
import { type OpenPage, openPage } from "../support/pages.ts";
import { freePort } from "../support/postgres.ts";
import { type ServerProcess, spawnServer } from "../support/process.ts";

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const QUESTION = "Where do we eat?";

const bar = (page: Page, text: string) => message(page, text).getByRole("group", { name: "Reactions" });
const pill = (page: Page, text: string, emoji: string) =>
  bar(page, text).getByRole("button", { name: new RegExp(`reacted with ${emoji}$`) });
const poll = (page: Page) => page.getByRole("region", { name: QUESTION });
const option = (page: Page, name: string) => poll(page).locator("label").filter({ hasText: name });
const toast = (page: Page, text: string | RegExp) => page.getByRole("status").getByText(text);

/** Ann sits at a desktop on the first node. Bob has a phone on the second one, and a laptop on the first. */
describeInBrowser.skipIf(!modes.includes("redis"))("two people on two nodes", () => {
  let place: Place;
  let [one, two]: ServerProcess[] = [];
  let startTwo: () => Promise<ServerProcess>;
  let ann: Client;
  let bob: Client;
  let id: string;
  let desk: OpenPage;
  let phone: OpenPage;
  let a: Page;
  let b: Page;

  beforeAll(async () => {
    place = await makePlace("redis");
    const start = async (port: number) => spawnServer({ ...place.environment, PORT: String(port) });
    one = await start(await freePort());
    const port = await freePort();
    startTwo = () => start(port);
    two = await startTwo();
    ann = await one.visitor().signUp("Ann");
    bob = await one.visitor().signUp("Bob");
    const cat = await one.visitor().signUp("Cat");
    id = (await ann.conversation([bob, cat], "Team")).id;
    await ann.send(id, "apples");
    await bob.send(id, "plums");
    desk = await openPage(ann, `/c/${id}`);
    // Its parts that are not loaded yet come from the worker when it is offline.
    phone = await openPage(there(bob, two), `/c/${id}`, { ...PHONE, worker: true });
    [a, b] = [desk.page, phone.page];
    for (const page of [a, b]) await message(page, "plums").waitFor();
  });
  afterAll(async () => {
    for (const opened of [desk, phone]) await opened?.close();
    for (const node of [one, two]) {
      node?.kill("SIGKILL");
      await node?.exited;
    }
    place?.remove();
  });

  const newest = async (): Promise<Message> => (await all()).at(-1) as Message;
  const all = async (): Promise<Message[]> =>
    (await ann.get(`/api/chat/conversations/${id}/messages/?limit=100&mark_read=false`)).body.data.messages;
  const find = async (text: string) => (await all()).find(({ content }) => content.includes(text));
  const isOff = () => b.context().setOffline(true);
  const isOn = () => b.context().setOffline(false);
  /** Opens the sheet of a message by a finger that rests on it, and taps something there. */
  async function tapOnSheet(text: string, action: string | RegExp) {
    const finger = await b.context().newCDPSession(b);
    await drag(finger, message(b, text).locator(".message-text"), [[0, 0]]);
    await b.getByRole("menuitem", { name: action }).tap();
  }

  test("react to each other, and see it at once", async () => {
    await bob.put(`/api/chat/conversations/${id}/messages/${(await find("apples"))?.id}/reactions/🎉/`);
    await pill(a, "apples", "🎉").click();
    await until(async () => (await pill(b, "apples", "🎉").textContent())?.includes("Ann Tester") ?? false);
    await pill(b, "apples", "🎉").tap();
    await until(async () => (await pill(a, "apples", "🎉").textContent())?.endsWith("You reacted with 🎉") ?? false);
    await pill(b, "apples", "🎉").tap();
    await until(async () => (await pill(a, "apples", "🎉").textContent())?.includes("Bob Tester") ?? false);
  });

  test("answer by a swipe, with the text of today on the other screen", async () => {
    const finger = await b.context().newCDPSession(b);
    const steps = Array.from({ length: 10 }, (_, n): [number, number] => [(n + 1) * 9, 0]);
    await drag(finger, message(b, "apples").locator(".message-content"), steps);
    await b.locator(".composer-reply").getByText("apples").waitFor();
    await composer(b).fill("with cream");
    await b.getByRole("button", { name: "Send", exact: true }).tap();
    await message(a, "with cream").getByText("apples").waitFor();
    await message(a, "apples").first().focus();
    await a.keyboard.press("e");
    await composer(a).fill("pears");
    await a.getByRole("button", { name: "Save" }).click();
    await message(b, "with cream").getByText("pears").waitFor();
  });

  test("talk in a thread, which the phone shows as a page of its own", async () => {
    await message(a, "plums").focus();
    await a.keyboard.press("t");
    const panel = a.getByRole("complementary", { name: "Thread" });
    await panel.getByRole("textbox").fill("How many?");
    await panel.getByRole("textbox").press("Enter");
    await b.getByRole("button", { name: "Open the thread: 1 reply" }).tap();
    await b.getByRole("heading", { name: "Thread" }).waitFor();
    await b.getByText("How many?").waitFor();
    await b.getByRole("textbox").fill("Twelve.");
    await b.getByRole("button", { name: "Send", exact: true }).tap();
    await panel.getByText("Twelve.").waitFor();
    await panel.getByLabel("Also send to").check();
    await panel.getByRole("textbox").fill("Everybody: twelve.");
    await panel.getByRole("textbox").press("Enter");
    await b.getByText("Everybody: twelve.").first().waitFor();
    await b.goBack();
    await message(b, "Everybody: twelve.").waitFor();
    await b.getByRole("button", { name: "Open the thread: 3 replies" }).waitFor();
    await composer(b).waitFor();
    await panel.getByRole("textbox").press("Escape");
    await panel.waitFor({ state: "detached" });
  });

  test("mention each other, by touch and by keys", async () => {
    await composer(b).tap();
    await composer(b).pressSequentially("@An");
    await b.getByRole("option", { name: "Ann Tester" }).tap();
    await composer(b).pressSequentially("come");
    await b.getByRole("button", { name: "Send", exact: true }).tap();
    await message(a, "@Ann Tester come").locator(".mention-own").waitFor();
    expect((await newest()).mentions?.user_ids).toEqual([ann.id]);
    await composer(a).pressSequentially("yes @bo");
    await a.getByRole("option", { name: "Bob Tester" }).waitFor();
    await a.keyboard.press("Enter");
    await a.keyboard.press("Enter");
    await message(b, "yes @Bob Tester").locator(".mention-own").waitFor();
  });

  test("ask and vote in a poll, and pin it", async () => {
    await a.getByRole("button", { name: "Add something else" }).click();
    await a.getByRole("menuitem", { name: "Poll" }).click();
    const editor = a.getByRole("dialog", { name: "New poll" });
    for (const [name, text] of [
      ["Question", QUESTION],
      ["Option 1", "Canteen"],
      ["Option 2", "Park"],
    ] as const)
      await editor.getByLabel(name, { exact: true }).fill(text);
    await editor.getByRole("button", { name: "Send poll" }).click();
    await option(b, "Park").tap();
    await poll(a).getByText("1 person has voted").waitFor();
    await option(a, "Canteen").click();
    await poll(b).getByText("2 people have voted").waitFor();
    await message(a, QUESTION).focus();
    await a.keyboard.press("p");
    await message(b, QUESTION).getByText("Pinned by Ann Tester").waitFor();
  });

  test("begin a text on the phone, and end it on a laptop at the other node", async () => {
    const laptop = await openPage(bob, `/c/${id}`);
    await composer(laptop.page).waitFor();
    await composer(b).tap();
    await composer(b).pressSequentially("Begun here");
    await until(async () => (await composer(laptop.page).inputValue()) === "Begun here");
    await composer(laptop.page).press("End");
    await composer(laptop.page).pressSequentially(", ended there");
    await composer(laptop.page).press("Enter");
    await message(a, "Begun here, ended there").waitFor();
    await until(async () => (await composer(b).inputValue()) === "");
    await laptop.close();
  });

  test("do all of it offline: it waits, and goes out in order", async () => {
    await isOff();
    await composer(b).fill("from the tunnel");
    await b.getByRole("button", { name: "Send", exact: true }).tap();
    await pill(b, "pears", "🎉").tap();
    await option(b, "Canteen").tap();
    await tapOnSheet("plums", "Pin");
    await tapOnSheet("plums", "Save for later");
    await a.waitForTimeout(1_000);
    expect(await find("from the tunnel")).toBeUndefined();
    await isOn();
    await message(a, "from the tunnel").waitFor({ timeout: 30_000 });
    await message(a, "plums").getByText("Pinned by Bob Tester").waitFor();
    await until(async () => (await find("pears"))?.reactions?.[0]?.user_ids.includes(bob.id) === false);
    await until(async () => (await find(QUESTION))?.poll?.votes.join() === "2,0");
    await until(async () => (await bob.get("/api/chat/saved/")).body.data.length === 1);
  });

  test("lose nothing to a node that is killed: no reaction, vote, pin, reminder or message for later", async () => {
    const plums = await find("plums");
    const later = new Date(Date.now() + 3_000).toISOString();
    const path = `/api/chat/conversations/${id}`;
    const phoneNode = there(bob, two);
    await phoneNode.put(`/api/chat/saved/${plums?.id}/`, { note: "Water the plums", remind_at: later });
    const scheduled = await phoneNode.post(`${path}/scheduled/`, { content: "sent later", send_at: later });
    expect(scheduled.status).toBe(201);
    expect((await phoneNode.put(`${path}/messages/${plums?.id}/reactions/👀/`)).status).toBe(200);
    const vote = await phoneNode.put(`${path}/messages/${(await find(QUESTION))?.id}/vote/`, { options: [1] });
    expect(vote.status).toBe(200);
    expect((await phoneNode.put(`${path}/messages/${(await find("pears"))?.id}/pin/`)).status).toBe(200);
    two?.kill("SIGKILL");
    await two?.exited;
    // Ann's node goes on alone, and the phone waits.
    await a.keyboard.press("Escape");
    await message(a, "sent later").waitFor({ timeout: 30_000 });
    await pill(a, "plums", "👀").click();
    await until(async () => (await find("plums"))?.reactions?.[0]?.count === 2);
    two = await startTwo();
    await message(b, "sent later").waitFor({ timeout: 30_000 });
    await until(async () => (await pill(b, "plums", "👀").textContent())?.includes("Ann Tester") ?? false);
    await message(b, "pears").first().getByText("Pinned by Bob Tester").waitFor();
    await poll(b).getByText("2 people have voted").waitFor();
    await toast(b, "Reminder: Water the plums").waitFor({ timeout: 30_000 });
    expect((await find(QUESTION))?.poll?.votes).toEqual([1, 1]);
    expect((await all()).filter(({ content }) => content === "sent later")).toHaveLength(1);
    expect((await bob.get("/api/chat/saved/")).body.data[0]).toMatchObject({ is_due: true, note: "Water the plums" });
    expect(await row(a, "Team").count()).toBe(1);
    expect([...desk.faults, ...phone.faults]).toEqual([]);
  });
});

/** The same person at another node. */
function there(person: Client, node: ServerProcess | undefined): Client {
  const client = new Client(node?.url ?? "");
  client.cookie = person.cookie;
  client.user = person.user;
  return client;
}

/** A finger touches an element, moves, and is lifted. Without a move it rests first. */
async function drag(
  finger: Awaited<ReturnType<ReturnType<Page["context"]>["newCDPSession"]>>,
  on: Locator,
  steps: readonly (readonly [number, number])[],
) {
  await on.scrollIntoViewIfNeeded();
  // The row comes to rest first: a finger where it was would press another one.
  let box = await on.boundingBox();
  await until(async () => {
    const before = box;
    await Bun.sleep(100);
    box = await on.boundingBox();
    return box !== null && box.y === before?.y && box.height === before.height;
  });
  if (!box) throw new Error("it is not there");
  const [x, y] = [box.x + box.width / 2, box.y + Math.min(box.height / 2, 10)];
  await finger.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [{ x, y }] });
  if (steps.length === 1) await Bun.sleep(450);
  else
    for (const [dx, dy] of steps) {
      await finger.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: [{ x: x + dx, y: y + dy }] });
      await Bun.sleep(8);
    }
  await finger.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  await Bun.sleep(150);
}
