import type { ConversationDetail } from "../../../src/protocol/conversations.ts";
import type { MessagePage } from "../../../src/protocol/messages.ts";
import { type Answer, Client, PASSWORD } from "../../support/client.ts";
import type { Node } from "./cluster.ts";
import { type Device, leavesOpen, viewOf } from "./device.ts";
import type { History, Join, Members, Operation, Page, Send, Violation } from "./history.ts";
import type { Machine } from "./machine.ts";
import type { Random } from "./random.ts";

/** In the machine's time. */
const HTTP_WITHIN_MS = 12_000;
const PAGE_MAX = 100;
/** 9 MB in all, and never more at once than a server takes from one socket. */
const FLOOD = { rounds: 15, atOnce: 30 };
/** 20 kB. */
const LARGE = ` ${"👍".repeat(4_900)}`;

/** The frequency of each act of a person. */
const HABITS = {
  send: 40,
  burst: 6,
  sendOverHttp: 8,
  sendWithoutClientId: 16,
  sendLarge: 2,
  resend: 5,
  edit: 10,
  remove: 3,
  read: 8,
  page: 12,
  oldPage: 3,
  typing: 4,
  moveElsewhere: 4,
  resubscribe: 2,
  invite: 4,
  expel: 3,
  leave: 2,
  rename: 1,
  join: 1,
  bring: 1,
};

/** A group whose people come and go. Its owner stays. */
export interface Group {
  id: string;
  owner: number;
  /** The members who may come and go. */
  movers: readonly number[];
  /** Everybody who is or may be in it. */
  members: readonly number[];
}

/** A group that people come into by an invite. Nobody leaves it. */
interface OpenGroup {
  id: string;
  code: string;
}

interface Unsettled {
  conversation: string;
  content: string;
  clientId: string;
}

/** One user with their devices, who does something now and then. */
export class Person {
  /** Sends that have no certain end yet: they are sent again, as a client's outbox does. */
  private readonly outbox: Unsettled[] = [];
  /** Own messages by conversation that were acked. */
  private readonly own: { conversation: string; id: string; content: string; clientId: string | undefined }[] = [];
  private readonly underWay = new Set<Promise<unknown>>();
  private said = 0;

  constructor(
    readonly id: number,
    private readonly client: Client,
    readonly devices: readonly Device[],
    /** Devices that only receive. They send nothing. */
    readonly onlookers: readonly Device[],
    private readonly groups: readonly Group[],
    private readonly open: OpenGroup,
    private readonly nodes: readonly Node[],
    private readonly history: History,
    private readonly random: Random,
    private readonly machine: Machine,
  ) {}

  /** @param pauseMs the mean time between two acts */
  async act(pauseMs: number, isOver: () => boolean): Promise<void> {
    for (let n = 0; ; n++) {
      // Each act has a fork of the random numbers, so its numbers do not depend on when other acts are answered.
      const random = this.random.fork(`act ${n}`);
      await Bun.sleep(this.machine.onTheWall(random.exponential(pauseMs)));
      if (isOver()) return;
      const unsettled = random.chance(0.5) ? this.outbox.shift() : undefined;
      const work = unsettled ? this.sendAgain(unsettled, random) : this.doSomething(random);
      const one = work.finally(() => this.underWay.delete(one));
      this.underWay.add(one);
    }
  }

  /** Waits for all answers, and repeats unsettled sends until their result is certain. Reports those that stay uncertain. */
  async settle(isLate: () => boolean): Promise<Violation[]> {
    await Promise.all(this.underWay);
    while (this.outbox.length > 0) {
      if (isLate())
        return [
          { check: "comes to rest", text: `user ${this.id} gets no certain answer to ${this.outbox.length} sends` },
        ];
      const unsettled = this.outbox.shift();
      if (unsettled) await this.sendAgain(unsettled, this.random);
      // Not at full speed while the server refuses.
      if (this.outbox.length > 0) await Bun.sleep(20);
    }
    return [];
  }

  private async doSomething(random: Random): Promise<unknown> {
    const connected = this.devices.filter(({ isConnected }) => isConnected);
    const device = random.pick(connected.length > 0 ? connected : this.devices);
    const conversation =
      device.following.length > 0 ? random.pick(device.following) : random.pick(device.conversations);
    const group = random.pick(this.groups);
    switch (random.weighted(HABITS)) {
      case "send":
        return this.send(device, conversation, random);
      case "burst":
        return Promise.all(Array.from({ length: random.int(3, 20) }, () => this.send(device, conversation, random)));
      case "sendLarge":
        // In the smallest conversations, where it does not cost too much.
        return this.send(
          device,
          device.conversations.at(-1) ?? conversation,
          random,
          " 👍".repeat(random.int(200, 2_000)),
        );
      case "sendOverHttp":
        return this.sendOverHttp(
          { conversation, content: this.text(), clientId: this.newClientId() },
          random.pick(this.nodes),
        );
      case "sendWithoutClientId":
        if (device.isConnected) this.sent(await device.send(conversation, this.text(), undefined, false));
        return;
      case "resend": {
        const known = this.ownMessage(random);
        if (known?.clientId === undefined) return;
        return this.sendAgain(
          { conversation: known.conversation, content: known.content, clientId: known.clientId },
          random,
        );
      }
      case "edit":
        return this.amend(device, this.text(), random);
      case "remove":
        return this.amend(device, null, random);
      case "read":
        if (device.isConnected)
          await device.read(
            conversation,
            random.int(0, Math.max(0, ...(device.replicas.get(conversation)?.messages.keys() ?? []))),
          );
        return;
      case "page":
        return this.page(conversation, true, random);
      case "oldPage":
        return this.page(conversation, false, random);
      case "typing":
        return device.typing(conversation);
      case "moveElsewhere":
        return device.drop();
      case "resubscribe":
        return device.resubscribe(conversation);
      case "invite":
        return this.invite(group, random.pick(group.movers), random);
      case "expel":
        return this.expel(group, random.pick(group.movers), random);
      case "leave":
        if (group.movers.includes(this.id)) return this.expel(group, this.id, random);
        return;
      case "rename":
        return this.changeMembers(
          random,
          group.id,
          {},
          (client, path) => client.patch(path, { name: this.text() }),
          "",
        );
      case "join":
        return this.join(random.pick(this.nodes));
      case "bring":
        return this.bring(random.pick(this.nodes));
    }
  }

  private async join(node: Node): Promise<void> {
    const join: Join = { ...this.began(this.open.id, node), kind: "join", isNew: false };
    await this.request(join, node, (client) => client.post(`/api/invites/${this.open.code}/accept/`));
  }

  /** Somebody new registers by the invite. */
  private async bring(node: Node): Promise<void> {
    const join: Join = { ...this.began(this.open.id, node), person: 0, kind: "join", isNew: true };
    const body = {
      email: `${crypto.randomUUID()}@example.com`,
      first_name: "New",
      last_name: "Comer",
      password: PASSWORD,
      password_confirm: PASSWORD,
      invite: this.open.code,
    };
    const answer = await this.request(join, node, ({ url }) => new Client(url).post("/api/users/register/", body));
    if (join.outcome === "ok") join.person = answer?.body.data.id;
  }

  private text = () => `${this.id}-${++this.said}`;
  private newClientId = () => `${this.id}.${crypto.randomUUID()}`;

  private ownMessage(random: Random) {
    // One of the newest messages, because older ones are settled and prove nothing.
    const newest = this.own.slice(-20);
    return newest.length === 0 ? undefined : random.pick(newest);
  }

  /** Fills a conversation with more than the server holds for a reader who has stopped, as fast as the server takes it. */
  async flood(conversation: string): Promise<void> {
    for (let round = 0; round < FLOOD.rounds; round++) {
      const device = this.devices.find(({ following }) => following.includes(conversation));
      if (!device) return;
      const sends = Array.from({ length: FLOOD.atOnce }, () => this.send(device, conversation, this.random, LARGE));
      await Promise.all(sends);
    }
  }

  /** Whether this person sent over that connection. */
  saysIn(said: string): boolean {
    return this.client.cookie !== undefined && said.includes(this.client.cookie);
  }

  /** Sends a message over HTTP that nobody edits or deletes. */
  say(conversation: string, node: Node): Promise<Send> {
    return this.post({ conversation, content: this.text(), clientId: this.newClientId() }, node);
  }

  /** Looks at the newest page on a node. */
  async look(conversation: string, node: Node, limit: number = PAGE_MAX): Promise<MessagePage | undefined> {
    return this.ask({ conversation, newest: true, limit, query: "" }, node);
  }

  private async send(device: Device, conversation: string, random: Random, addition = ""): Promise<void> {
    const [content, clientId] = [this.text() + addition, this.newClientId()];
    if (device.isConnected) this.sent(await device.send(conversation, content, clientId, false));
    else await this.sendOverHttp({ conversation, content, clientId }, random.pick(this.nodes));
  }

  /** Over another path and another node than before, at random. */
  private sendAgain(unsettled: Unsettled, random: Random): Promise<void> {
    if (random.chance(0.3)) return this.sendOverHttp(unsettled, random.pick(this.nodes));
    const { conversation, content, clientId } = unsettled;
    const device = this.devices.find(({ following }) => following.includes(conversation)) ?? random.pick(this.devices);
    if (!device.isConnected || !device.conversations.includes(conversation))
      return this.sendOverHttp(unsettled, random.pick(this.nodes));
    return device.send(conversation, content, clientId, true).then((sent) => this.sent(sent));
  }

  private async sendOverHttp(unsettled: Unsettled, node: Node): Promise<void> {
    const { conversation, content, clientId, result } = await this.post(unsettled, node);
    if (result) this.own.push({ conversation, id: result.id, content, clientId });
  }

  /** Asks over HTTP for a send; one that is not settled goes to the outbox. */
  private async post({ conversation, content, clientId }: Unsettled, node: Node): Promise<Send> {
    const send: Send = {
      ...this.began(conversation, node),
      kind: "send",
      content,
      clientId,
      connection: undefined,
    };
    const answer = await this.request(send, node, (client) =>
      client.post(`/api/chat/conversations/${conversation}/messages/`, { content, client_id: clientId }),
    );
    if (send.outcome === "ok") send.result = { id: answer?.body.data.id, seq: answer?.body.data.seq };
    if (send.outcome === "unknown") this.outbox.push({ conversation, content, clientId });
    return send;
  }

  private sent({ outcome, conversation, content, clientId, result }: Send) {
    if (outcome === "unknown" && clientId !== undefined) this.outbox.push({ conversation, content, clientId });
    if (result) this.own.push({ conversation, id: result.id, content, clientId });
  }

  private async amend(device: Device, content: string | null, random: Random): Promise<void> {
    const known = this.ownMessage(random);
    if (!known || !device.isConnected || !device.conversations.includes(known.conversation)) return;
    await device.amend(known.conversation, known.id, content);
    // Then reads the result on any node.
    if (random.chance(0.5)) await this.page(known.conversation, true, random);
  }

  private async page(conversation: string, newest: boolean, random: Random): Promise<void> {
    const node = random.pick(this.nodes);
    const limit = random.pick([5, 50, PAGE_MAX]);
    const query = newest ? "" : `&offset=${random.int(1, 200)}`;
    await this.ask({ conversation, newest, limit, query }, node);
  }

  private async ask(
    { conversation, newest, limit, query }: { conversation: string; newest: boolean; limit: number; query: string },
    node: Node,
  ): Promise<MessagePage | undefined> {
    const page: Page = { ...this.began(conversation, node), kind: "page", newest, limit };
    const answer = await this.request(page, node, (client) =>
      client.get(`/api/chat/conversations/${conversation}/messages/?limit=${limit}&mark_read=false${query}`),
    );
    const data: MessagePage | undefined = answer?.body?.data;
    if (page.outcome !== "ok" || !data) return undefined;
    page.messages = data.messages.map(viewOf);
    return data;
  }

  private invite(group: Group, user: number, random: Random): Promise<void> {
    return this.changeMembers(
      random,
      group.id,
      { added: user },
      (client, path) => client.post(path, { user_ids: [user] }),
      "participants/",
    );
  }

  private expel(group: Group, user: number, random: Random): Promise<void> {
    return this.changeMembers(
      random,
      group.id,
      { removed: user },
      (client, path) => client.delete(path),
      `participants/${user}/`,
    );
  }

  private async changeMembers(
    random: Random,
    conversation: string,
    who: Pick<Members, "added" | "removed">,
    request: (client: Client, path: string) => Promise<Answer>,
    path: string,
  ) {
    const node = random.pick(this.nodes);
    const change: Members = { ...this.began(conversation, node), kind: "members", ...who };
    await this.request(change, node, (client) => request(client, `/api/chat/conversations/${conversation}/${path}`));
  }

  private began(conversation: string, node: Node) {
    return {
      person: this.id,
      conversation,
      node: node.index,
      invokedAt: performance.now(),
      endedAt: 0,
      outcome: "unknown" as const,
    };
  }

  /** Sends a request to a node over HTTP, and records the result. */
  private async request(
    operation: Operation,
    node: Node,
    ask: (client: Client) => Promise<Answer>,
  ): Promise<Answer | undefined> {
    this.history.operations.push(operation);
    const asked = ask(this.client.at(node.url));
    const answer = await this.machine.within(
      HTTP_WITHIN_MS,
      asked.catch(() => undefined),
    );
    operation.endedAt = performance.now();
    if (!answer) operation.why = "no answer";
    else if (answer.status < 300) operation.outcome = "ok";
    else {
      operation.why = String(answer.body?.code ?? answer.status);
      operation.outcome = leavesOpen(operation.why) || answer.status >= 500 ? "unknown" : "fail";
    }
    return answer;
  }

  /** A conversation as a node shows it to this person. */
  async conversation(id: string, node: Node): Promise<ConversationDetail | undefined> {
    const answer = await this.client.at(node.url).get(`/api/chat/conversations/${id}/`);
    return answer.status === 200 ? answer.body.data : undefined;
  }

  /** All messages of a conversation as a node shows them, from the newest page on. These pages may come from the window. */
  async messages(id: string, node: Node): Promise<Pick<MessagePage, "messages" | "total">> {
    const client = this.client.at(node.url);
    const all: Pick<MessagePage, "messages" | "total"> = { messages: [], total: 0 };
    for (let offset = 0; ; offset += PAGE_MAX) {
      const query = `limit=${PAGE_MAX}&offset=${offset}&mark_read=false`;
      const answer = await client.get(`/api/chat/conversations/${id}/messages/?${query}`);
      if (answer.status !== 200) throw new Error(`node ${node.index} does not show ${id}: ${answer.text}`);
      const page: MessagePage = answer.body.data;
      all.messages.unshift(...page.messages);
      all.total = page.total;
      if (page.messages.length < PAGE_MAX) return all;
    }
  }
}
