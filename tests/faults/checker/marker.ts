import type { Caller } from "./caller.ts";
import type { Device } from "./device.ts";
import type { Mark, MarkOf, MessageView, Rename, Save, Schedule } from "./history.ts";
import type { Random } from "./random.ts";

/** Few, so that many reactions are repeats, and no list of people is cut off. */
const EMOJI = ["👍", "❤️", "🎉", "👀"];
/** People put marks on the newest messages, so that several of them do it at once. */
const NEWEST = 12;
/** Things that happen later happen during the run, or soon after it. */
const LATER_MS: [from: number, to: number] = [800, 4_000];
const NAMES = ["Anna", "Anke", "Antje", "Anja"];

/** One user who puts marks on messages, saves them, sends some later, and is renamed. */
export class Marker {
  private readonly saved = new Set<string>();
  private planned = 0;

  constructor(private readonly caller: Caller) {}

  /** Sets or takes back a mark of a new message, over a socket or over HTTP. */
  async mark(device: Device, conversation: string, random: Random): Promise<void> {
    const message = newMessage(device, conversation, random);
    if (!message) return;
    await this.put(device, conversation, message, markOf(message, random), random);
  }

  /** The same mark twice at once, over any paths. */
  async markTogether(device: Device, conversation: string, random: Random): Promise<void> {
    const message = newMessage(device, conversation, random);
    if (!message) return;
    const of = markOf(message, random);
    const put = (way: string) => this.put(device, conversation, message, of, random.fork(way));
    await Promise.all([put("one"), put("other")]);
  }

  /** Saves a message, with a reminder. Each message at most once, so that its one reminder is certain. */
  async save(device: Device, conversation: string, random: Random): Promise<void> {
    const message = newMessage(device, conversation, random);
    if (!message || this.saved.has(message.id)) return;
    this.saved.add(message.id);
    const node = this.caller.anyNode(random);
    const remindAt = later(random);
    const save: Save = { ...this.caller.began(conversation, node), kind: "save", messageId: message.id, remindAt };
    await this.caller.request(save, node, (client) =>
      client.put(`/api/chat/saved/${message.id}/`, { remind_at: remindAt }),
    );
  }

  async schedule(conversation: string, random: Random): Promise<void> {
    const node = this.caller.anyNode(random);
    const id = crypto.randomUUID();
    const content = `${this.caller.id}-later-${++this.planned}`;
    const began = this.caller.began(conversation, node);
    const schedule: Schedule = { ...began, kind: "schedule", id, content };
    await this.caller.request(schedule, node, (client) =>
      client.post(`/api/chat/conversations/${conversation}/scheduled/`, { id, content, send_at: later(random) }),
    );
  }

  async rename(random: Random): Promise<void> {
    const node = this.caller.anyNode(random);
    const rename: Rename = { ...this.caller.began("", node), kind: "rename" };
    const first_name = random.pick(NAMES);
    await this.caller.request(rename, node, (client) => client.patch("/api/users/profile/", { first_name }));
  }

  private async put(device: Device, conversation: string, { id }: MessageView, of: MarkOf, random: Random) {
    if (device.isConnected && random.chance(0.6)) {
      await device.mark(conversation, id, of);
      return;
    }
    const node = this.caller.anyNode(random);
    const mark: Mark = { ...this.caller.began(conversation, node), kind: "mark", messageId: id, of };
    const path = `/api/chat/conversations/${conversation}/messages/${id}`;
    await this.caller.request(mark, node, (client) => {
      switch (of.kind) {
        case "reaction": {
          const address = `${path}/reactions/${encodeURIComponent(of.emoji)}/`;
          return of.on ? client.put(address) : client.delete(address);
        }
        case "pin":
          return of.on ? client.put(`${path}/pin/`) : client.delete(`${path}/pin/`);
        case "vote":
          return client.put(`${path}/vote/`, { options: of.options });
      }
    });
  }
}

const later = (random: Random) => new Date(Date.now() + random.int(...LATER_MS)).toISOString();

/** One of the newest messages that a device has. A poll among them comes first, because polls are rare. */
export function newMessage(device: Device, conversation: string, random: Random): MessageView | undefined {
  const messages = [...(device.replicas.get(conversation)?.messages.values() ?? [])].filter(({ deleted }) => !deleted);
  const newest = messages.slice(-NEWEST);
  const poll = random.chance(0.3) ? messages.findLast(({ extras }) => extras?.poll) : undefined;
  return poll ?? (newest.length > 0 ? random.pick(newest) : undefined);
}

function markOf({ extras }: MessageView, random: Random): MarkOf {
  const options = extras?.poll?.options.length ?? 0;
  if (options > 0 && random.chance(0.7))
    return { kind: "vote", options: random.chance(0.25) ? [] : [random.int(0, options - 1)] };
  if (random.chance(0.15)) return { kind: "pin", on: random.chance(0.5) };
  return { kind: "reaction", emoji: random.pick(EMOJI), on: random.chance(0.6) };
}
