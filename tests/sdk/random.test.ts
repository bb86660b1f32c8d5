import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Message } from "../../src/protocol/messages.ts";
import { type KeyValueStorage, memoryStorage } from "../../src/sdk/index.ts";
import { Random } from "../faults/checker/random.ts";
import type { Client } from "../support/client.ts";
import { makePlace, modes, type Place } from "../support/modes.ts";
import { startProxy, type TcpProxy } from "../support/proxy.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { range } from "../ws/frames.ts";
import { clientOf, crash, isSettled, mortal, until, wholeLog } from "./people.ts";

setDefaultTimeout(60_000);

const STEPS = 120;

// Two nodes where Redis is installed: a reconnect may reach either.
const mode = modes.includes("redis") ? "redis" : "embedded";

describe("random sends, edits, cuts, silence, lost answers, reloads and crashes of tabs", () => {
  let place: Place;
  let nodes: TestServer[] = [];
  let proxies: TcpProxy[] = [];
  beforeAll(async () => {
    place = await makePlace(mode);
    for (const _ of range(1, mode === "redis" ? 2 : 1)) nodes.push(await startTestServer(mode, place.environment));
    for (const node of nodes) proxies.push(await startProxy(Number(new URL(node.url).port)));
  });
  afterAll(async () => {
    for (const proxy of proxies) await proxy.stop();
    for (const node of nodes) await node.stop();
    [nodes, proxies] = [[], []];
    place.remove();
  });

  test.each(["1", "2"])("everything is sent once and in order, and everybody shows the log (seed %s)", async (seed) => {
    const random = new Random(seed);
    const [node] = nodes;
    if (!node) throw new Error("there is no node");
    const [ann, bob, cat] = [await node.person("Ann"), await node.person("Bob"), await node.person("Cat")];
    const { id } = await ann.conversation([bob, cat]);

    /** Each new connection may reach another node, as behind a load balancer. */
    const anyNode = (url: string) => url.replace("balancer", `127.0.0.1:${random.pick(proxies).port}`);
    class AnyNode extends WebSocket {
      constructor(url: string, options?: ConstructorParameters<typeof WebSocket>[1]) {
        super(anyNode(url), options);
      }
    }
    const openTab = (person: Client, storage: KeyValueStorage) => {
      const { own, kill } = mortal(storage);
      const net = {
        url: "http://balancer",
        WebSocket: AnyNode,
        fetch: (url: string, init?: RequestInit) => fetch(anyNode(url), init),
      };
      const client = clientOf(person, { ...net, storage: own });
      return { person, storage, client, kill, name: `${++tabs}`, chat: () => client.open(id) };
    };
    let tabs = 0;
    const annsStorage = memoryStorage();
    const open = [
      openTab(ann, annsStorage),
      openTab(ann, annsStorage),
      openTab(bob, memoryStorage()),
      openTab(cat, memoryStorage()),
    ];
    const sent: { tab: string; text: string }[] = [];

    const acts = {
      send: (tab: Tab, step: number) => {
        sent.push({ tab: tab.name, text: `${tab.name} ${step}` });
        tab.chat().send(`${tab.name} ${step}`);
      },
      edit: ({ chat, client }: Tab) => {
        const own = chat().messages.filter(({ state, sender_id }) => state === "sent" && sender_id === client.me?.id);
        if (own.length === 0) return;
        const { key, content } = random.pick(own);
        chat().edit(key, `${content}!`);
      },
      cut: () => random.pick(proxies).cut(),
      loseAnswer: () => {
        random.pick(proxies).loseAnswers = { left: 1, match: (asked) => asked !== "" };
      },
      silence: () => {
        const proxy = random.pick(proxies);
        proxy.state = "freeze";
        setTimeout(() => Object.assign(proxy, { state: "pass" }), random.int(0, 700));
      },
      reload: async (tab: Tab) => {
        await tab.client.close();
        open[open.indexOf(tab)] = openTab(tab.person, tab.storage);
      },
      crash: async (tab: Tab) => {
        // Writes that were called before this moment are done. A tab can promise no more.
        await Bun.sleep(2);
        tab.kill();
        crash(tab.client);
        open[open.indexOf(tab)] = openTab(tab.person, tab.storage);
      },
    };
    type Tab = (typeof open)[number];
    for (const step of range(1, STEPS)) {
      const act = random.weighted({ send: 60, edit: 8, cut: 8, loseAnswer: 4, silence: 3, reload: 4, crash: 3 });
      const tab = random.pick(open);
      await until(() => tab.client.me);
      await acts[act](tab, step);
      await Bun.sleep(random.int(0, 15));
    }
    for (const proxy of proxies) Object.assign(proxy, { state: "pass", loseAnswers: undefined });

    let log: Message[] = [];
    const chats = open.map(({ chat }) => chat());
    await until(
      async () => {
        log = await wholeLog(ann, id);
        return log.length >= sent.length && chats.every((chat) => isSettled(chat) && chat.indexOf(log.length) >= 0);
      },
      () =>
        `all to be sent: ${log.length} of ${sent.length}, ${chats.map(({ state, messages }) => [state, messages.length])}`,
    );
    for (const chat of chats) while (chat.hasOlder) await chat.loadOlder(100);
    // Edits of a tab that died may still come. In the end all show the same.
    const shown = (messages: readonly { seq?: number | undefined; content: string }[]) =>
      messages.map(({ seq, content }) => `${seq} ${content}`).join("\n");
    await until(
      async () => {
        log = await wholeLog(ann, id);
        return chats.every(({ messages }) => shown(messages) === shown(log));
      },
      () => `all to show the log:\n${chats.map(({ messages }) => shown(messages)).join("\n\n")}`,
    );
    expect(log.map(({ seq }) => seq)).toEqual(range(1, sent.length));
    const texts = log.map(({ content }) => content.replaceAll("!", ""));
    for (const name of new Set(sent.map(({ tab }) => tab)))
      expect(texts.filter((text) => text.startsWith(`${name} `))).toEqual(
        sent.filter(({ tab }) => tab === name).map(({ text }) => text),
      );
    for (const { client } of open) await client.close();
  });
});
