import { beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import type { Message } from "../../src/protocol/messages.ts";
import { until } from "../sdk/people.ts";
import { seriousFaults } from "../support/axe.ts";
import { describeInBrowser } from "../support/chromium.ts";
import type { Client } from "../support/client.ts";
import { composer } from "../support/hands.ts";
import { openPage } from "../support/pages.ts";
import { startProxy } from "../support/proxy.ts";
import { withServer } from "../support/server.ts";

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const tray = (page: Page) => page.getByRole("list", { name: "Attached files" });
const attachedIn = (page: Page) => tray(page).getByRole("listitem");
const send = (page: Page) => page.getByRole("button", { name: "Send", exact: true });

/** Makes pictures of noise, which have many bytes, and drops or pastes them as the system does. It runs in the page. */
const BRING = `async (how, names, place) => {
  const transfer = new DataTransfer();
  for (const [i, name] of names.entries()) {
    if (name.endsWith(".txt")) {
      transfer.items.add(new File(name.startsWith("empty") ? [] : ["text " + i], name, { type: "text/plain" }));
      continue;
    }
    const canvas = new OffscreenCanvas(800 + i, 600);
    const context = canvas.getContext("2d");
    const noise = context.createImageData(800 + i, 600);
    for (let at = 0; at < noise.data.length; at++) noise.data[at] = at % 4 === 3 ? 255 : Math.random() * 255;
    context.putImageData(noise, 0, 0);
    transfer.items.add(new File([await canvas.convertToBlob({ type: "image/jpeg" })], name, { type: "image/jpeg" }));
  }
  const target = document.querySelector(place);
  const options = { bubbles: true, cancelable: true };
  if (how === "paste") target.dispatchEvent(new ClipboardEvent("paste", { ...options, clipboardData: transfer }));
  else
    for (const type of ["dragover", "drop"])
      target.dispatchEvent(new DragEvent(type, { ...options, dataTransfer: transfer }));
}`;
async function bring(page: Page, how: "drop" | "paste", names: readonly string[], place = ".conversation") {
  // The part of the page that takes files comes a little later than the page.
  await until(() => page.evaluate(`(${TAKES_FILES})()`));
  await page.evaluate(`(${BRING})(${JSON.stringify(how)}, ${JSON.stringify(names)}, ${JSON.stringify(place)})`);
}
const TAKES_FILES = `() => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File(["x"], "x.txt"));
  const given = { bubbles: true, cancelable: true, dataTransfer };
  return !document.body.dispatchEvent(new DragEvent("dragover", given));
}`;

describeInBrowser("uploads", () => {
  const server = withServer("embedded", { MAX_FILE: "2MB" });

  // The first page builds all pages, which takes a while on a busy machine.
  beforeAll(() => until(async () => (await fetch(server.url).catch(() => undefined))?.ok));

  async function pair() {
    const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
    const { id } = await ann.conversation([bob]);
    return { ann, bob, id };
  }
  const messagesOf = async (person: Client, id: string): Promise<Message[]> =>
    (await person.get(`/api/chat/conversations/${id}/messages/`)).body.data.messages;

  test("ten photos that are dropped on a phone arrive once and in order, after a tunnel and a reload", async () => {
    const { ann, id } = await pair();
    const proxy = await startProxy(Number(new URL(server.url).port));
    const at = `http://127.0.0.1:${proxy.port}`;
    const a = await openPage(ann, `/c/${id}`, { ...PHONE, at });
    const { page } = a;
    await composer(page).waitFor();
    const names = Array.from({ length: 10 }, (_, i) => `photo-${i + 1}.jpg`);
    proxy.delayMs = 30;
    await bring(page, "drop", names);
    await until(async () => (await attachedIn(page).count()) === 10);
    await composer(page).fill("From the mountains");
    // The tunnel begins.
    proxy.state = "refuse";
    proxy.cut();
    await send(page).click();
    const row = page.getByRole("article").filter({ hasText: "From the mountains" });
    await row.waitFor();
    await tray(page).waitFor({ state: "detached" });
    expect(await messagesOf(ann, id)).toEqual([]);
    // The phone closes the page behind the tunnel, and opens it again.
    proxy.state = "pass";
    proxy.delayMs = 0;
    await page.reload();
    await row.waitFor();
    await until(async () => (await messagesOf(ann, id)).length === 1);
    const [message] = await messagesOf(ann, id);
    expect(message).toMatchObject({ content: "From the mountains", files: names.map((name) => ({ name })) });
    expect(await row.count()).toBe(1);
    expect(a.faults).toEqual([]);
    await a.close();
    await proxy.stop();
  });

  test("pasted and dropped files stand above the text, over a reload, and can be described, moved and removed", async () => {
    const { ann, id } = await pair();
    const a = await openPage(ann, `/c/${id}`);
    const { page } = a;
    await composer(page).waitFor();
    await bring(page, "paste", ["image.jpg"], ".composer-input");
    await attachedIn(page).filter({ hasText: "image.jpg" }).waitFor();
    await bring(page, "drop", ["notes.txt", "empty.txt"]);
    await page.getByText("empty.txt is empty.").first().waitFor();
    await until(async () => (await attachedIn(page).count()) === 2);
    await page.getByRole("button", { name: "Alt text of image.jpg" }).click();
    await page.getByLabel("Description").fill("Grey noise");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("button", { name: "Alt text of image.jpg: Grey noise" }).waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await page.getByRole("button", { name: "Remove notes.txt" }).focus();
    await page.keyboard.press("Shift+ArrowLeft");
    await until(async () => (await attachedIn(page).first().textContent())?.includes("notes.txt"));
    await page.reload();
    await until(async () => (await attachedIn(page).count()) === 2);
    expect(await attachedIn(page).first().textContent()).toContain("notes.txt");
    await page.getByRole("button", { name: "Remove notes.txt" }).click();
    await until(async () => (await attachedIn(page).count()) === 1);
    await send(page).click();
    await until(async () => (await messagesOf(ann, id)).length === 1);
    expect(await messagesOf(ann, id)).toMatchObject([
      { content: "", files: [{ name: "image.jpg", width: 800, height: 600, alt: "Grey noise" }] },
    ]);
    await tray(page).waitFor({ state: "detached" });
    expect(a.faults).toEqual([]);
    await a.close();
  });

  test("a file that is too large, or one too many, is told before it is sent", async () => {
    const { ann, id } = await pair();
    const a = await openPage(ann, `/c/${id}`);
    const { page } = a;
    await composer(page).waitFor();
    await page.getByRole("button", { name: "Add something else" }).click();
    const choosing = page.waitForEvent("filechooser");
    await page.getByRole("menuitem", { name: "Photos and files" }).click();
    const chooser = await choosing;
    expect(chooser.isMultiple()).toBe(true);
    const file = (name: string, size: number) => ({ name, mimeType: "application/zip", buffer: Buffer.alloc(size, 1) });
    await chooser.setFiles([file("large.zip", 2_000_001), file("fits.zip", 1_000)]);
    await page.getByText("large.zip is too large. Files can have up to 2 MB.").first().waitFor();
    await until(async () => (await attachedIn(page).count()) === 1);
    await bring(
      page,
      "drop",
      Array.from({ length: 10 }, (_, i) => `more-${i}.txt`),
    );
    await page.getByText("A message can have up to 10 files. 1 file was left out.").first().waitFor();
    await until(async () => (await attachedIn(page).count()) === 10);
    expect(a.faults).toEqual([]);
    await a.close();
  });
});
