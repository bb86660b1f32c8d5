// Many people react to one message at a rate, in a process of its own: its input is a StormOrder as JSON, its output a
// StormResult. Each socket accepts ranges.
import { RawSocket, textFrame } from "./socket.ts";

export interface StormOrder {
  /** The address of the room's socket, as http://… */
  url: string;
  cookies: string[];
  messageId: string;
  /** Reactions a second, over all sockets. */
  rate: number;
  seconds: number;
}

export interface StormResult {
  sent: number;
  acked: number;
  /** From the first reaction to the last ack. */
  seconds: number;
  /** Of an ack, from its reaction, in milliseconds. */
  p50: number;
  p99: number;
  /** The most frames with changes that one socket got in a second. */
  framesPerSecond: number;
  /** How far apart the fastest and the slowest socket were at the end of the storm, in changes. */
  lag: number;
  /** A client that comes back with its place before the storm: frames, and milliseconds until it has all. */
  resumeFrames: number;
  resumeMs: number;
  /** Changes during the storm. */
  changes: number;
  faults: string[];
}

const order: StormOrder = JSON.parse(await Bun.stdin.text());
const faults = new Set<string>();
const sentAt = new Map<string, number>();
const times: number[] = [];

/** The versions in the beginning of a change. Everything after that is left unread. */
const CHANGE = /^\{"type":"(?:message_changed|message)","conversation_id":"[^"]+","version":(\d+)(?:,"from":(\d+))?/;
const ACK = /^\{"type":"ack",.*?"ref":"([^"]+)"/;

class Person {
  version = -1;
  frames: number[] = [];
  socket: RawSocket | undefined;

  async open(cookie: string, query: string) {
    this.socket = await RawSocket.open(`${order.url}?${query}`, { Cookie: cookie }, this);
    const until = performance.now() + 10_000;
    while (this.version < 0 && performance.now() < until) await Bun.sleep(1);
    return this;
  }

  text(bytes: Buffer, from: number, end: number, now: number) {
    const head = bytes.toString("utf8", from, Math.min(end, from + 200));
    const [, to, first = to] = CHANGE.exec(head) ?? [];
    if (to !== undefined) {
      if (Number(first) !== this.version + 1) faults.add(`${this.version} was followed by ${first}`);
      this.version = Number(to);
      this.frames.push(now);
      return;
    }
    const ref = ACK.exec(head)?.[1];
    if (ref !== undefined) times.push(now - (sentAt.get(ref) ?? now));
    else if (head.startsWith('{"type":"connection_established"'))
      this.version = this.began(bytes.toString("utf8", from, end));
    else if (head.startsWith('{"type":"reset"')) faults.add("a socket got a reset");
    else if (head.startsWith('{"type":"error"')) faults.add(bytes.toString("utf8", from, end).slice(0, 200));
  }

  protected began(greeting: string): number {
    return JSON.parse(greeting).last_version;
  }

  closed(why: string) {
    faults.add(`a socket was closed: ${why}`);
  }
}

/** Somebody who was away. The replay begins at their place. */
class Returning extends Person {
  constructor(private readonly place: number) {
    super();
  }

  protected override began() {
    return this.place;
  }
}

const people: Person[] = [];
for (let i = 0; i < order.cookies.length; i += 50)
  people.push(
    ...(await Promise.all(order.cookies.slice(i, i + 50).map((cookie) => new Person().open(cookie, "accepts=ranges")))),
  );
const before = people[0]?.version ?? 0;

const start = performance.now();
let sent = 0;
while (performance.now() - start < order.seconds * 1000) {
  const due = Math.floor(((performance.now() - start) / 1000) * order.rate);
  for (; sent < due; sent++) {
    const who = sent % people.length;
    const on = Math.floor(sent / people.length) % 2 === 0;
    const ref = String(sent);
    sentAt.set(ref, performance.now());
    const frame = { type: "react", message_id: order.messageId, emoji: "👍", on, ref };
    people[who]?.socket?.write(textFrame(JSON.stringify(frame)));
  }
  await Bun.sleep(2);
}
const versions = people.map(({ version }) => version);
const until = performance.now() + 20_000;
while (times.length < sent && performance.now() < until) await Bun.sleep(5);
const seconds = (performance.now() - start) / 1000;
await Bun.sleep(500);
const last = Math.max(...people.map(({ version }) => version));

const back = new Returning(before);
const since = performance.now();
await back.open(order.cookies[0] ?? "", `accepts=ranges&after_version=${before}`);
const patience = performance.now() + 60_000;
while (back.version < last && performance.now() < patience) await Bun.sleep(2);
const resumeMs = performance.now() - since;
if (back.version < last) faults.add(`the returning client is at ${back.version} of ${last}`);
for (const { version } of people) if (version !== last) faults.add(`a socket ended at ${version} of ${last}`);
if (times.length < sent) faults.add(`${sent - times.length} reactions have no ack`);

times.sort((a, b) => a - b);
const result: StormResult = {
  sent,
  acked: times.length,
  seconds,
  p50: times[Math.floor(times.length * 0.5)] ?? 0,
  p99: times[Math.floor(times.length * 0.99)] ?? 0,
  framesPerSecond: Math.max(...people.map(({ frames }) => mostInASecond(frames))),
  lag: Math.max(...versions) - Math.min(...versions),
  resumeFrames: back.frames.length,
  resumeMs,
  changes: last - before,
  faults: [...faults].slice(0, 5),
};
process.stdout.write(JSON.stringify(result));
process.exit(0);

function mostInASecond(at: number[]): number {
  let most = 0;
  for (let first = 0, end = 0; end < at.length; end++) {
    while ((at[end] ?? 0) - (at[first] ?? 0) >= 1000) first++;
    most = Math.max(most, end - first + 1);
  }
  return most;
}
