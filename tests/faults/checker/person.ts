import type { MessagePage } from "../../../src/protocol/messages.ts";
import { type Answer, Client, PASSWORD } from "../../support/client.ts";
import type { Caller } from "./caller.ts";
import type { Node } from "./cluster.ts";
import { type Device, type SendParts, viewOf } from "./device.ts";
import type { Follower } from "./follower.ts";
import type { History, Join, Members, Page, Send, Setting, Violation } from "./history.ts";
import { Marker, newMessage } from "./marker.ts";
import { onlyAsks } from "./members.ts";
import type { Random } from "./random.ts";
import { Sharer } from "./sharer.ts";
import { changesOf } from "./toggles.ts";
import { Views } from "./views.ts";
import { wordOf, wordsIn } from "./words.ts";

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
  set: 10,
  setTogether: 4,
  reply: 5,
  mention: 5,
  poll: 3,
  alsoInParent: 4,
  mark: 14,
  markTogether: 3,
  save: 3,
  schedule: 3,
  callOneself: 1,
  shareFiles: 8,
  download: 8,
  search: 8,
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
  parts?: SendParts | undefined;
}

/** One user with their devices, who does something now and then. */
export class Person {
  readonly views: Views;
  readonly sharer: Sharer;
  private readonly marker: Marker;
  /** Sends that have no certain end yet: they are sent again, as a client's outbox does. */
  private readonly outbox: Unsettled[] = [];
  /** Own messages by conversation that were acked. */
  private readonly own: (Pick<Send, "conversation" | "content" | "clientId"> & {
    id: string;
    parts: SendParts | undefined;
  })[] = [];
  private readonly underWay = new Set<Promise<unknown>>();
  private said = 0;

  constructor(
    private readonly caller: Caller,
    readonly devices: readonly Device[],
    /** Devices that only receive. They send nothing. */
    readonly onlookers: readonly Device[],
    /** Devices that follow the person's own stream. */
    readonly followers: readonly Follower[],
    private readonly groups: readonly Group[],
    private readonly open: OpenGroup,
    /** The conversation of each thread. */
    private readonly threads: ReadonlyMap<string, string>,
    /** The ids of all users. */
    private readonly everybody: readonly number[],
    private readonly random: Random,
    history: History,
  ) {
    this.sharer = new Sharer(caller, history);
    this.views = new Views(caller);
    this.marker = new Marker(caller);
  }

  get id() {
    return this.caller.id;
  }

  get allDevices(): (Device | Follower)[] {
    return [...this.devices, ...this.onlookers, ...this.followers];
  }

  /** @param pauseMs the mean time between two acts */
  async act(pauseMs: number, isOver: () => boolean): Promise<void> {
    for (let n = 0; ; n++) {
      // Each act has a fork of the random numbers, so its numbers do not depend on when other acts are answered.
      const random = this.random.fork(`act ${n}`);
      await Bun.sleep(this.caller.machine.onTheWall(random.exponential(pauseMs)));
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
          this.caller.anyNode(random),
        );
      case "sendWithoutClientId":
        if (device.isConnected) this.sent(await device.send(conversation, this.text(), undefined, false));
        return;
      case "resend": {
        const known = this.ownMessage(random);
        if (known?.clientId === undefined) return;
        return this.sendAgain({ ...known, clientId: known.clientId }, random);
      }
      case "edit":
        return this.amend(device, this.text() + (random.chance(0.2) ? this.mention(random) : ""), random);
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
        return this.join(this.caller.anyNode(random));
      case "bring":
        return this.bring(this.caller.anyNode(random));
      case "set":
        return this.set(conversation, random);
      case "setTogether":
        // Two devices at once, on any nodes.
        return Promise.all([this.set(conversation, random), this.set(conversation, random)]);
      case "reply": {
        const answered = newMessage(device, conversation, random);
        return this.send(device, conversation, random, "", answered && { reply_to: answered.id });
      }
      case "mention":
        return this.send(device, conversation, random, this.mention(random));
      case "poll":
        return this.send(device, conversation, random, "", {
          poll: { question: this.text(), options: ["Yes", "No", "Later"], anonymous: random.chance(0.3) },
        });
      case "alsoInParent":
        return this.send(
          device,
          conversation,
          random,
          "",
          this.threads.has(conversation) ? { also_in_parent: true } : {},
        );
      case "mark":
        return this.marker.mark(device, conversation, random);
      case "markTogether":
        return this.marker.markTogether(device, conversation, random);
      case "save":
        return this.marker.save(device, conversation, random);
      case "schedule":
        return this.marker.schedule(conversation, random);
      case "callOneself":
        return this.marker.rename(random);
      case "shareFiles": {
        const files = await this.sharer.uploadSome(random);
        return files && this.send(device, conversation, random, "", { files });
      }
      case "download":
        return this.sharer.download(random);
      case "search":
        return this.search(device, conversation, random);
    }
  }

  /** Searches for a word of this person, of somebody whom they read, or of anybody. */
  private async search(device: Device, conversation: string, random: Random): Promise<void> {
    const read = [...(device.replicas.get(conversation)?.messages.values() ?? [])].slice(-20);
    const mine = this.ownMessage(random);
    const chance = random.next();
    const content =
      chance < 0.4 ? mine?.content : chance < 0.7 && read.length > 0 ? random.pick(read).content : undefined;
    const anybody = random.pick(this.everybody);
    const word = wordsIn(content ?? "")[0] ?? wordOf(anybody, random.int(1, Math.max(1, this.said)));
    const place = random.chance(0.3) ? mine?.conversation : undefined;
    await this.sharer.search(word, this.caller.anyNode(random), place);
  }

  private async set(conversation: string, random: Random): Promise<void> {
    if (this.threads.has(conversation)) return;
    const node = this.caller.anyNode(random);
    const changes = changesOf(random);
    const setting: Setting = { ...this.caller.began(conversation, node), kind: "set", changes };
    const answer = await this.caller.request(setting, node, (client) =>
      client.patch(`/api/chat/conversations/${conversation}/me/`, changes),
    );
    if (setting.outcome === "ok") setting.result = answer?.body.data;
  }

  private async join(node: Node): Promise<void> {
    const join: Join = { ...this.caller.began(this.open.id, node), kind: "join", isNew: false };
    await this.caller.request(join, node, (client) => client.post(`/api/invites/${this.open.code}/accept/`));
  }

  /** Somebody new registers by the invite. */
  private async bring(node: Node): Promise<void> {
    const join: Join = { ...this.caller.began(this.open.id, node), person: 0, kind: "join", isNew: true };
    const body = {
      email: `${crypto.randomUUID()}@example.com`,
      first_name: "New",
      last_name: "Comer",
      password: PASSWORD,
      password_confirm: PASSWORD,
      invite: this.open.code,
    };
    const answer = await this.caller.request(join, node, ({ url }) =>
      new Client(url).post("/api/users/register/", body),
    );
    if (join.outcome === "ok") join.person = answer?.body.data.id;
  }

  /** Of a group's people in turn with all others: somebody who is not a member is not mentioned. */
  private mention(random: Random): string {
    if (random.chance(0.2)) return random.chance(0.6) ? " <!all>" : " <!here>";
    const people = random.chance(0.5) ? random.pick(this.groups).members : this.everybody;
    return ` <@${random.pick(people)}> and <@${random.pick(people)}>`;
  }

  private text = () => `${this.id}-${++this.said} ${wordOf(this.id, this.said)}`;
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
    return this.caller.client.cookie !== undefined && said.includes(this.caller.client.cookie);
  }

  /** Sends a message over HTTP that nobody edits or deletes. */
  say(conversation: string, node: Node): Promise<Send> {
    return this.post({ conversation, content: this.text(), clientId: this.newClientId() }, node);
  }

  /** Looks at the newest page on a node. */
  async look(conversation: string, node: Node, limit: number = PAGE_MAX): Promise<MessagePage | undefined> {
    return this.ask({ conversation, newest: true, limit, query: "" }, node);
  }

  private async send(
    device: Device,
    conversation: string,
    random: Random,
    addition = "",
    parts?: SendParts,
  ): Promise<void> {
    const [content, clientId] = [this.text() + addition, this.newClientId()];
    if (device.isConnected) this.sent(await device.send(conversation, content, clientId, false, parts), parts);
    else await this.sendOverHttp({ conversation, content, clientId, parts }, this.caller.anyNode(random));
  }

  /** Over another path and another node than before, at random. */
  private sendAgain(unsettled: Unsettled, random: Random): Promise<void> {
    if (random.chance(0.3)) return this.sendOverHttp(unsettled, this.caller.anyNode(random));
    const { conversation, content, clientId, parts } = unsettled;
    const device = this.devices.find(({ following }) => following.includes(conversation)) ?? random.pick(this.devices);
    if (!device.isConnected || !device.conversations.includes(conversation))
      return this.sendOverHttp(unsettled, this.caller.anyNode(random));
    return device.send(conversation, content, clientId, true, parts).then((sent) => this.sent(sent, parts));
  }

  private async sendOverHttp(unsettled: Unsettled, node: Node): Promise<void> {
    const send = await this.post(unsettled, node);
    if (send.result) this.keep(send, send.result.id, unsettled.parts);
  }

  /** Asks over HTTP for a send; one that is not settled goes to the outbox. */
  private async post({ conversation, content, clientId, parts }: Unsettled, node: Node): Promise<Send> {
    const send: Send = {
      ...this.caller.began(conversation, node),
      kind: "send",
      content,
      clientId,
      replyTo: parts?.reply_to,
      alsoInParent: parts?.also_in_parent,
      files: parts?.files,
      connection: undefined,
    };
    const answer = await this.caller.request(send, node, (client) =>
      client.post(`/api/chat/conversations/${conversation}/messages/`, { content, client_id: clientId, ...parts }),
    );
    if (send.outcome === "ok") send.result = { id: answer?.body.data.id, seq: answer?.body.data.seq };
    if (send.outcome === "unknown") this.outbox.push({ conversation, content, clientId, parts });
    return send;
  }

  private sent(send: Send, parts?: SendParts) {
    const { outcome, conversation, content, clientId, result } = send;
    if (outcome === "unknown" && clientId !== undefined) this.outbox.push({ conversation, content, clientId, parts });
    if (result) this.keep(send, result.id, parts);
  }

  private keep({ conversation, content, clientId }: Send, id: string, parts: SendParts | undefined) {
    this.own.push({ conversation, id, content, clientId, parts });
    if (parts?.files) this.sharer.sent(conversation, id, parts.files);
  }

  private async amend(device: Device, content: string | null, random: Random): Promise<void> {
    // Files go with their message, and few messages have some.
    const withFiles =
      content === null && random.chance(0.5) ? this.own.findLast(({ parts }) => parts?.files) : undefined;
    const known = withFiles ?? this.ownMessage(random);
    if (!known || !device.isConnected || !device.conversations.includes(known.conversation)) return;
    const [word] = wordsIn(known.content);
    const node = this.caller.anyNode(random.fork("node of searches"));
    const look = random.chance(0.35) ? () => word && this.sharer.search(word, node) : () => undefined;
    await look();
    await device.amend(known.conversation, known.id, content);
    await look();
    if (content === null && known.parts?.files) {
      // Another one has its turn next time.
      this.own.splice(this.own.indexOf(known), 1);
      for (const file of known.parts.files)
        await this.sharer.read({ ...known, messageId: known.id, file }, this.caller.anyNode(random));
    }
    // Then reads the result on any node.
    if (random.chance(0.5)) await this.page(known.conversation, true, random);
  }

  private async page(conversation: string, newest: boolean, random: Random): Promise<void> {
    const node = this.caller.anyNode(random);
    const limit = random.pick([5, 50, PAGE_MAX]);
    const query = newest ? "" : `&offset=${random.int(1, 200)}`;
    await this.ask({ conversation, newest, limit, query }, node);
  }

  private async ask(
    { conversation, newest, limit, query }: { conversation: string; newest: boolean; limit: number; query: string },
    node: Node,
  ): Promise<MessagePage | undefined> {
    const page: Page = { ...this.caller.began(conversation, node), kind: "page", newest, limit };
    const answer = await this.caller.request(page, node, (client) =>
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
    const node = this.caller.anyNode(random);
    const change: Members = { ...this.caller.began(conversation, node), kind: "members", ...who };
    const answer = await this.caller.request(change, node, (client) =>
      request(client, `/api/chat/conversations/${conversation}/${path}`),
    );
    onlyAsks(change, answer?.body?.meta?.requested);
  }
}
