import { expect } from "bun:test";
import { on } from "../nodes/two-nodes.ts";
import type { Client } from "../support/client.ts";
import type { Place } from "../support/modes.ts";
import { startProxy, type TcpProxy } from "../support/proxy.ts";
import type { RedisServer } from "../support/redis.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import type { Frame, Socket } from "../support/socket.ts";

/** docs/contract.md §8: other nodes catch up in 2 s; three-fold slack. */
export const CATCH_UP_MS = 6_000;
/** All is normal by itself within 5 s of Redis being back; three-fold slack. */
export const NORMAL_AGAIN_MS = 15_000;

const REQUESTS = 40;
const SOCKETS = 3;
const PAGE = 10;
const FLOOD_PAUSE_MS = 20;

/** Two nodes, each behind a network of its own that leads to one Redis, and some people. */
export interface TwoNodes {
  nodes: [TestServer, TestServer];
  networks: [TcpProxy, TcpProxy];
  people: { ann: Client; bob: Client; cat: Client; fay: Client };
  stop(): Promise<void>;
}

export async function startTwoNodes(place: Place, redis: RedisServer): Promise<TwoNodes> {
  const port = Number(new URL(redis.url).port);
  const networks: [TcpProxy, TcpProxy] = [await startProxy(port), await startProxy(port)];
  const start = (network: TcpProxy) =>
    startTestServer("redis", {
      ...place.environment,
      REDIS_URL: `redis://127.0.0.1:${network.port}`,
      RATE_LIMIT_ANON: `${REQUESTS}/minute`,
      MAX_SOCKETS_PER_USER: `${SOCKETS}`,
      TRUSTED_PROXIES: "1",
    });
  const nodes = await Promise.all([start(networks[0]), start(networks[1])]);
  const [ann, bob, cat, fay] = await Promise.all(["Ann", "Bob", "Cat", "Fay"].map((name) => nodes[0].person(name)));
  if (!ann || !bob || !cat || !fay) throw new Error("four people were asked for");
  return {
    nodes,
    networks,
    people: { ann, bob: on(nodes[1], bob), cat, fay },
    async stop() {
      for (const node of nodes) await node.stop();
      for (const network of networks) await network.stop();
    },
  };
}

export async function until(done: () => boolean | Promise<boolean>, withinMs: number, what: string): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await done())) {
    if (performance.now() > end) throw new Error(`waited in vain: ${what}`);
    await Bun.sleep(20);
  }
}

/** Nothing is degraded, and the bus is trusted, on both nodes. */
export async function allIsNormal({ nodes }: TwoNodes): Promise<boolean> {
  const answers = await Promise.all(nodes.map((node) => node.visitor().get("/api/chat/health/ready/")));
  const lastOfBus = nodes.map((node) => node.log.findLast((line) => line.includes("the bus is")));
  return (
    answers.every(({ status, body }) => status === 200 && !body.degraded) &&
    lastOfBus.every((line) => line?.includes("the bus is whole"))
  );
}

/** Both nodes say that Redis is away. */
export async function isDegraded({ nodes }: TwoNodes): Promise<boolean> {
  const answers = await Promise.all(nodes.map((node) => node.visitor().get("/api/chat/health/ready/")));
  return answers.every(({ status, body }) => status === 200 && body.degraded?.includes("redis"));
}

/** People who chat over two nodes: two in turn in a quiet conversation, and one who never stops in another. */
export class Chat {
  private said = 0;
  private flooded = 0;
  /** The message whose edit came in the middle of things. */
  private edited: { seq: number; content: string } | undefined;
  private stopFlood = async () => {};

  private constructor(
    private readonly quiet: { path: string; people: [Client, Client]; sockets: [Socket, Socket] },
    private readonly busy: { sender: Socket; readers: Socket[] },
  ) {}

  /** Bob is on the second node, the others on the first. */
  static async open({ people: { ann, bob, fay } }: TwoNodes, name: string): Promise<Chat> {
    const { id } = await ann.conversation([bob, fay], name);
    const { id: busy } = await fay.conversation([ann, bob], `${name}, busy`);
    return new Chat(
      {
        path: `/api/chat/conversations/${id}/messages/`,
        people: [ann, bob],
        sockets: [await ann.chat(id), await bob.chat(id)],
      },
      { sender: await fay.chat(busy), readers: [await ann.chat(busy), await bob.chat(busy)] },
    );
  }

  /** From now on, to the end, something is always being sent. */
  flood(): void {
    let on = true;
    const sending = (async () => {
      for (; on; await Bun.sleep(FLOOD_PAUSE_MS)) this.busy.sender.send({ content: "flood", ref: `${++this.flooded}` });
    })();
    this.stopFlood = async () => {
      on = false;
      await sending;
    };
  }

  /**
   * On each node somebody sends a message and edits it. Both are acked, reach the other node in time, and are on the
   * pages of both.
   * @param midway runs between the send and the edit
   */
  async exchange(midway?: () => unknown): Promise<void> {
    await this.say(0, midway);
    await this.say(1);
  }

  private async say(who: 0 | 1, midway?: () => unknown) {
    const { path, people, sockets } = this.quiet;
    const content = `${++this.said}`;
    sockets[who].send({ content, client_id: content });
    const { id, seq } = await sockets[who].next("ack", (frame) => frame.client_id === content);
    await this.expectNewest(seq, content);
    if (midway) {
      await midway();
      this.edited = { seq, content: `${content}, edited` };
    }
    expect((await people[who].patch(`${path}${id}/`, { content: `${content}, edited` })).status).toBe(200);
    await this.expectNewest(seq, `${content}, edited`);
    await heard(sockets[1 - who], (frame) => frame.type === "message_changed" && frame.message.id === id);
  }

  private async expectNewest(seq: number, content: string) {
    const { path, people } = this.quiet;
    // This page is read first and alone, because a newer page may fill the window again.
    if (this.edited)
      for (const person of people) {
        const { body } = await person.get(`${path}?before_seq=${this.edited.seq + 1}&limit=1`);
        expect(body.data.messages).toEqual([expect.objectContaining(this.edited)]);
      }
    // Pages after a seq always come from the log.
    const { body } = await people[0].get(`${path}?after_seq=${Math.max(0, seq - PAGE)}`);
    expect(body.data.messages.at(-1)).toMatchObject({ seq, content });
    // Read twice: the first page may come from the log and fill the window, and the second one comes from the window.
    for (const person of [...people, ...people])
      expect((await person.get(`${path}?limit=${PAGE}`)).body.data.messages).toEqual(body.data.messages);
  }

  close(): void {
    for (const socket of [...this.quiet.sockets, this.busy.sender, ...this.busy.readers]) socket.close();
  }

  /** Everything was acked, and every socket got every change, once and in order. */
  async end(): Promise<void> {
    await this.stopFlood();
    const { sender, readers } = this.busy;
    await sender.until(() => sender.all("ack").length === this.flooded, CATCH_UP_MS);
    await Promise.all([
      ...this.quiet.sockets.map((socket) => expectAll(socket, 2 * this.said)),
      ...[sender, ...readers].map((socket) => expectAll(socket, this.flooded)),
    ]);
  }
}

async function expectAll(socket: Socket, changes: number) {
  const versions = () =>
    socket.frames.flatMap(({ type, version, message }) =>
      type === "message" ? message.version : type === "message_changed" ? version : [],
    );
  await heard(socket, () => versions().length >= changes);
  expect(versions()).toEqual(Array.from({ length: changes }, (_, i) => i + 1));
  expect(socket.all("error")).toEqual([]);
}

const heard = (socket: Socket | undefined, is: (frame: Frame) => boolean) =>
  socket?.until((frames) => frames.some(is), CATCH_UP_MS);

/** Each node keeps the limit by itself at least. In all, no more hits pass than the counters of Redis and of the nodes allow. */
export async function expectLimitsKept({ nodes }: TwoNodes): Promise<void> {
  const tries = requestsFrom(freshAddress());
  let passed = 0;
  for (const node of nodes) passed += await tries(node, (nodes.length + 2) * REQUESTS);
  expect(passed).toBeWithin(REQUESTS, (nodes.length + 1) * REQUESTS + 1);
}

/** The limit is one for both nodes. */
export async function expectLimitsShared({ nodes }: TwoNodes): Promise<void> {
  const tries = requestsFrom(freshAddress());
  let passed = 0;
  for (let i = 0; i < REQUESTS; i++) for (const node of nodes) passed += await tries(node, 1);
  expect(passed).toBe(REQUESTS);
}

const requestsFrom = (address: string) => async (node: TestServer, count: number) => {
  let passed = 0;
  for (let i = 0; i < count; i++) {
    const { status } = await node.visitor().get("/api/users/profile/", { "X-Forwarded-For": address });
    if (status !== 429) expect(status).toBe(401);
    if (status === 401) passed++;
  }
  return passed;
};

let addresses = 0;
const freshAddress = () => `198.51.${(++addresses >> 8) & 255}.${addresses & 255}`;

/** One person's sockets. */
export class Sockets {
  private readonly open: Socket[] = [];
  private readonly here: Client;
  private readonly there: Client;

  constructor({ nodes: [_, two], people: { cat } }: TwoNodes) {
    this.here = cat;
    this.there = on(two, cat);
  }

  /** The first node opens as many sockets of a user as the setting allows, and no more. */
  async expectKept(): Promise<void> {
    for (let i = 0; i < SOCKETS; i++) expect(await this.tryOpen(this.here)).toBe(true);
    expect(await this.tryOpen(this.here)).toBe(false);
  }

  /** Those that are open count on the other node too; when they are gone their places can be taken there. */
  async expectShared(): Promise<void> {
    await until(() => this.isRefused(this.there), NORMAL_AGAIN_MS, "places of sockets that are open elsewhere");
    await this.closeAll();
    // A node tells of each that closes: the other one may hear of them one by one.
    for (let i = 0; i < SOCKETS; i++)
      await until(() => this.tryOpen(this.there), CATCH_UP_MS, "the place of a socket that has closed");
    expect(await this.tryOpen(this.here)).toBe(false);
    await this.closeAll();
  }

  async closeAll() {
    for (const socket of this.open.splice(0)) {
      socket.close();
      await socket.closed;
    }
  }

  private async isRefused(person: Client): Promise<boolean> {
    if (!(await this.tryOpen(person))) return true;
    const extra = this.open.pop();
    extra?.close();
    await extra?.closed;
    return false;
  }

  private async tryOpen(person: Client): Promise<boolean> {
    const socket = await person.hub().catch(() => undefined);
    if (socket) this.open.push(socket);
    return socket !== undefined;
  }
}
