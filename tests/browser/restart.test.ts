import { afterEach, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import type { Message } from "../../src/protocol/messages.ts";
import { until } from "../sdk/people.ts";
import { describeInBrowser } from "../support/chromium.ts";
import { composer, messages } from "../support/hands.ts";
import { makePlace } from "../support/modes.ts";
import { type OpenPage, openPage } from "../support/pages.ts";
import { freePort } from "../support/postgres.ts";
import { type ServerProcess, spawnServer } from "../support/process.ts";

const AWAY = /^Not connected/;

const send = async (page: Page, text: string) => {
  await composer(page).fill(text);
  await composer(page).press("Enter");
};
/** Without what stands around the text: the time, the sender, a receipt. */
const shown = (page: Page) => messages(page).locator(".message-text").allTextContents();

describeInBrowser("the server is killed while two write", () => {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  /** Two who have each other's conversation open, on a server that can die and come back at its address. */
  async function meet() {
    const place = await makePlace("embedded");
    closing.push(() => place.remove());
    const environment = { ...place.environment, PORT: String(await freePort()) };
    let server: ServerProcess = await spawnServer(environment);
    closing.push(async () => {
      server.kill("SIGKILL");
      await server.exited;
    });
    const ann = await server.visitor().signUp("Ann");
    const bob = await server.visitor().signUp("Bob");
    const { id } = await ann.conversation([bob]);
    const pages: OpenPage[] = await Promise.all(
      [ann, bob].map((one) => openPage(one, `/c/${id}`, { worker: true, mayBeCut: true })),
    );
    closing.push(() => Promise.all(pages.map((opened) => opened.close())));
    const history = async (): Promise<Message[]> =>
      (await ann.get(`/api/chat/conversations/${id}/messages/?limit=100`)).body.data.messages;
    return {
      pages: pages.map(({ page }) => page) as [Page, Page],
      faults: () => pages.flatMap(({ faults }) => faults),
      history,
      async die() {
        server.kill("SIGKILL");
        await server.exited;
      },
      async comeBack() {
        server = await spawnServer(environment);
      },
    };
  }

  /** Everybody sees the same, each once and in order, and it is what the server has. */
  async function agree(pages: readonly Page[], history: () => Promise<Message[]>, expected: number) {
    let truth: string[] = [];
    await until(
      async () => {
        truth = (await history()).map(({ content }) => content);
        return truth.length >= expected;
      },
      () => `${expected} messages, but there are ${truth.length}: ${truth}`,
    );
    expect(new Set(truth).size).toBe(truth.length);
    expect(truth).toHaveLength(expected);
    for (const page of pages) {
      let seen: string[] = [];
      await until(
        async () => {
          seen = await shown(page);
          return seen.join("\n") === truth.join("\n");
        },
        () => `the same everywhere; a page has\n${seen}\nand the server\n${truth}`,
      );
    }
  }

  test("nothing is lost, doubled or mixed up, and drafts stay", async () => {
    const { pages, faults, history, die, comeBack } = await meet();
    const [annPage, bobPage] = pages;
    const talk = (page: Page, name: string, round: string) =>
      [1, 2, 3].reduce((before, n) => before.then(() => send(page, `${name} ${round} ${n}`)), Promise.resolve());
    const both = (round: string) => Promise.all([talk(annPage, "Ann", round), talk(bobPage, "Bob", round)]);
    await both("a");
    // While some of it is on its way.
    const sending = both("b");
    await die();
    await sending;
    await composer(bobPage).pressSequentially("half a ");
    for (const page of pages) await page.getByText(AWAY).first().waitFor();
    await composer(bobPage).pressSequentially("sentence");
    await talk(annPage, "Ann", "c");
    await comeBack();
    for (const page of pages) await page.getByText(AWAY).first().waitFor({ state: "detached", timeout: 30_000 });
    expect(await composer(bobPage).inputValue()).toBe("half a sentence");
    await agree(pages, history, 15);
    const truth = (await history()).map(({ content }) => content);
    for (const name of ["Ann", "Bob"]) {
      const own = truth.filter((text) => text.startsWith(`${name} `));
      expect(own).toEqual(own.toSorted());
    }
    expect(faults()).toEqual([]);
  });

  test("a reload without the server shows loaded messages, and unsent texts go out once", async () => {
    const { pages, faults, history, die, comeBack } = await meet();
    const [annPage, bobPage] = pages;
    await send(annPage, "kept");
    await messages(bobPage).filter({ hasText: "kept" }).waitFor();
    // The worker has the page, and the storage what was loaded.
    await until(() =>
      annPage.evaluate<boolean>(
        "navigator.serviceWorker.controller !== null && caches.match('/').then((page) => page !== undefined)",
      ),
    );
    await die();
    await annPage.getByText(AWAY).first().waitFor();
    await send(annPage, "waiting 1");
    await send(annPage, "waiting 2");
    await composer(annPage).fill("a draft");
    await annPage.reload();
    await messages(annPage).filter({ hasText: "waiting 2" }).waitFor();
    expect(await shown(annPage)).toEqual(["kept", "waiting 1", "waiting 2"]);
    expect(await composer(annPage).inputValue()).toBe("a draft");
    await comeBack();
    for (const page of pages) await page.getByText(AWAY).first().waitFor({ state: "detached", timeout: 30_000 });
    await agree(pages, history, 3);
    expect(await shown(bobPage)).toEqual(["kept", "waiting 1", "waiting 2"]);
    expect(await composer(annPage).inputValue()).toBe("a draft");
    expect(faults()).toEqual([]);
  });
});
