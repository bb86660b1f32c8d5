import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Message } from "../../src/protocol/messages.ts";
import { react } from "../../src/sdk/features/reactions.ts";
import { type ChatMessage, type KeyValueStorage, memoryStorage } from "../../src/sdk/index.ts";
import { Random } from "../faults/checker/random.ts";
import type { Client } from "../support/client.ts";
import { makePlace, modes, type Place } from "../support/modes.ts";
import { startProxy, type TcpProxy } from "../support/proxy.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { range } from "../ws/frames.ts";
import { clientOf, crash, isSettled, mortal, until, wholeLog } from "./people.ts";

setDefaultTimeout(90_000);

const STEPS = 140;
/** Each tab has an emoji of its own, so that it is known what its last action on a message was. */
const EMOJI = [
  ..."😀😁😂🤣😃😄😅😆😉😊😋😎😍😘🥰😗😙😚🙂🤗🤩🤔🤨😐😑😶🙄😏😣😥😮🤐😯😪😫🥱😴😌😛😜😝🤤😒😓😔😕🙃🤑😲🙁",
];

// Two nodes where Redis is installed: a reconnect may reach either.
const mode = modes.includes("redis") ? "redis" : "embedded";

describe("random reactions among sends, cuts, silence, lost answers, refusals, reloads and crashes of tabs", () => {
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

  test.each(["1", "2"])("the last action of each tab counts, and everybody shows the log (seed %s)", async (seed) => {
    const random = new Random(seed);
    const [node] = nodes;
    if (!node) throw new Error("there is no node");
    const [ann, bob] = [await node.person("Ann"), await node.person("Bob")];
    const { id } = await ann.conversation([bob]);

    /** Each new connection may reach another node, as behind a load balancer. */
    const anyNode = (url: string) => url.replace("balancer", `127.0.0.1:${random.pick(proxies).port}`);
    class AnyNode extends WebSocket {
      constructor(url: string, options?: ConstructorParameters<typeof WebSocket>[1]) {
        super(anyNode(url), options);
      }
    }
    let tabs = 0;
    const openTab = (person: Client, storage: KeyValueStorage) => {
      const { own, kill } = mortal(storage);
      const net = {
        url: "http://balancer",
        WebSocket: AnyNode,
        fetch: (url: string, init?: RequestInit) => fetch(anyNode(url), init),
      };
      const client = clientOf(person, { ...net, storage: own });
      const [name, emoji = ""] = [`${tabs}`, EMOJI[tabs++ % EMOJI.length]];
      return { person, storage, client, kill, name, emoji, chat: () => client.open(id) };
    };
    type Tab = ReturnType<typeof openTab>;
    const annsStorage = memoryStorage();
    const open = [openTab(ann, annsStorage), openTab(ann, annsStorage), openTab(bob, memoryStorage())];
    let sent = 0;
    /** The last action of each tab on each message: `<user id> <emoji> <text>`. */
    const wanted = new Map<string, boolean>();

    const acts = {
      send: (tab: Tab) => void tab.chat().send(`${++sent}`),
      react: ({ chat, client, emoji }: Tab) => {
        // Mostly one of the newest, which may be unsent.
        const messages = chat().messages.slice(-4);
        if (messages.length === 0) return;
        const message = random.pick(messages);
        const on = random.chance(0.6);
        wanted.set(`${client.me?.id} ${emoji} ${message.content}`, on);
        react(chat(), message, emoji, on);
      },
      refused: ({ chat }: Tab) => {
        const [message] = chat().messages.slice(-1);
        if (message) react(chat(), message, "nonsense");
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
      /** The connection ends before the server has got what was sent on it. */
      lose: () => {
        const proxy = random.pick(proxies);
        proxy.state = "freeze";
        setTimeout(
          () => {
            proxy.cut();
            proxy.state = "pass";
          },
          random.int(20, 120),
        );
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
    for (const _ of range(1, STEPS)) {
      const act = random.weighted({
        send: 20,
        react: 50,
        refused: 3,
        cut: 4,
        lose: 8,
        loseAnswer: 4,
        silence: 3,
        reload: 3,
        crash: 3,
      });
      const tab = random.pick(open);
      await until(() => tab.client.me);
      await acts[act](tab);
      await Bun.sleep(random.int(0, 15));
    }
    for (const proxy of proxies) Object.assign(proxy, { state: "pass", loseAnswers: undefined });

    const chats = open.map(({ chat }) => chat());
    let log: Message[] = [];
    const show = (messages: readonly (Message | ChatMessage)[]) =>
      messages.map(({ content, reactions = [] }) => {
        const all = reactions.map(({ emoji, count, user_ids }) => `${emoji} ${count} ${[...user_ids].sort()}`);
        return `${content}: ${all.sort().join(", ")}`;
      });
    const expected = () => [...wanted].flatMap(([what, on]) => (on ? [what] : [])).sort();
    const stored = () =>
      log
        .flatMap(({ content, reactions = [] }) =>
          reactions.flatMap(({ emoji, user_ids }) => user_ids.map((userId) => `${userId} ${emoji} ${content}`)),
        )
        .sort();
    await until(
      async () => {
        log = await wholeLog(ann, id);
        return log.length === sent && stored().join() === expected().join() && chats.every(isSettled);
      },
      () => `the last actions: ${log.length} of ${sent} messages\n${stored().join("\n")}\n\n${expected().join("\n")}`,
    );
    for (const chat of chats) while (chat.hasOlder) await chat.loadOlder(100);
    await until(
      () => chats.every(({ messages }) => show(messages).join() === show(log).join()),
      () => `all to show the log:\n${chats.map(({ messages }) => show(messages).join("\n")).join("\n\n")}`,
    );
    // Nothing waits any more, and nothing that was refused shows.
    for (const { client, person } of open) await until(async () => (await client.unsentOf(person.id)) === 0);
    expect(show(log).join()).not.toContain("nonsense");
    for (const { client } of open) await client.close();
  });
});
