import { Inbox } from "./inbox.ts";
import { Latencies } from "./latencies.ts";
import { emptyContent, findMark, isMark, readField, writeField } from "./mark.ts";
import type { Connected, Order, Result, Seat } from "./protocol.ts";
import { RawSocket, type Receiver, textFrame } from "./socket.ts";

/** Nothing has come for so long: nothing will. */
const SILENCE_MS = 3_000;
const DRAIN_MS = 15_000;
/** Any delivery after the last expected one is one too many. It has this long to arrive. */
const AFTERMATH_MS = 100;
/** Upgrades under way at once. */
const PARALLEL = 100;
const GREETING = '"connection_established"';

interface Room {
  /** By sender: how many messages so far. */
  sent: Uint32Array;
  senders: Sender[];
  connections: Connection[];
}

interface Sender {
  room: Room;
  index: number;
  socket: RawSocket;
  /** The next frame to send, changed in place. */
  frame: Buffer;
  mark: number;
  /** Deliveries of its messages that have not come yet. */
  awaited: number;
}

/** Holds all connections, sends, and checks every delivery to each. */
export class Generator {
  private readonly rooms = new Map<number, Room>();
  private readonly senders: Sender[] = [];
  private readonly connections: Connection[] = [];
  private readonly latencies = new Latencies();
  private readonly complaints: string[] = [];
  /** Messages that each sender keeps in flight; 0: it is not for deliveries to say when the next one goes. */
  private inFlight = 0;
  private sent = 0;
  private delivered = 0;
  private awaited = 0;
  private lastAt = 0;

  async connect(seats: Seat[]): Promise<Connected> {
    const from = performance.now();
    let next = 0;
    const lane = async () => {
      for (let seat = seats[next++]; seat; seat = seats[next++]) await this.take(seat);
    };
    for (const { room, sender } of seats) {
      const known = this.rooms.get(room)?.sent ?? new Uint32Array(0);
      const sent = new Uint32Array(Math.max(known.length, (sender ?? -1) + 1));
      this.rooms.set(room, { sent, senders: [], connections: [] });
    }
    await Promise.all(Array.from({ length: PARALLEL }, lane));
    return { seconds: (performance.now() - from) / 1000 };
  }

  /** Sends as ordered, and waits until all has come or nothing more does. */
  async run({ seconds, rate, inFlight }: Order): Promise<Result> {
    this.latencies.clear();
    this.sent = this.delivered = this.awaited = 0;
    for (const sender of this.senders) sender.awaited = 0;
    const from = performance.now();
    this.lastAt = from;
    if (rate === undefined) await this.keepInFlight(inFlight ?? 1, seconds);
    else await this.keepRate(rate, seconds);
    await this.drained();
    return {
      sent: this.sent,
      delivered: this.delivered,
      seconds: (this.lastAt - from) / 1000,
      p50: this.latencies.quantile(0.5),
      p99: this.latencies.quantile(0.99),
      faults: this.faults(),
    };
  }

  close(): void {
    for (const connection of this.connections) connection.socket?.close();
  }

  /** `us`: how long it was on its way. */
  onDelivery(room: Room, index: number, us: number, now: number): void {
    this.latencies.add(us);
    this.delivered++;
    this.lastAt = now;
    const sender = room.senders[index];
    if (!sender) return;
    sender.awaited--;
    if (this.inFlight > 0 && sender.awaited <= (this.inFlight - 1) * room.connections.length) this.send(sender);
  }

  complain(text: string): void {
    if (this.complaints.length < 5) this.complaints.push(text);
  }

  private async take({ url, cookie, room: number, sender: index, characters }: Seat): Promise<void> {
    const room = this.rooms.get(number);
    if (!room) throw new Error(`no room ${number}`);
    const connection = new Connection(this, room, number);
    room.connections.push(connection);
    this.connections.push(connection);
    const socket = await RawSocket.open(url, { Cookie: cookie }, connection);
    connection.socket = socket;
    await connection.greeted.promise;
    if (index === undefined) return;
    const frame = textFrame(JSON.stringify({ type: "message", content: emptyContent(characters) }));
    const mark = findMark(frame, 0, frame.length);
    writeField(frame, mark, "room", number);
    writeField(frame, mark, "sender", index);
    const sender = { room, index, socket, frame, mark, awaited: 0 };
    room.senders[index] = sender;
    this.senders.push(sender);
  }

  private send(sender: Sender): void {
    const { room, index, frame, mark } = sender;
    const seq = (room.sent[index] ?? 0) + 1;
    room.sent[index] = seq;
    sender.awaited += room.connections.length;
    this.awaited += room.connections.length;
    this.sent++;
    writeField(frame, mark, "seq", seq);
    writeField(frame, mark, "sentAt", Math.floor(performance.now() * 1000));
    sender.socket.write(frame);
  }

  /** A closed loop: the server is never asked for more than it does. */
  private async keepInFlight(inFlight: number, seconds: number): Promise<void> {
    this.inFlight = inFlight;
    for (let n = 0; n < inFlight; n++) for (const sender of this.senders) this.send(sender);
    await Bun.sleep(seconds * 1000);
    this.inFlight = 0;
  }

  /** An open loop: messages a second, over all senders in turn, whatever the server does. */
  private async keepRate(rate: number, seconds: number): Promise<void> {
    const from = performance.now();
    for (let n = 0; n < rate * seconds; ) {
      const due = Math.min(rate * seconds, ((performance.now() - from) / 1000) * rate);
      for (; n <= due && n < rate * seconds; n++) {
        const sender = this.senders[n % this.senders.length];
        if (sender) this.send(sender);
      }
      await Bun.sleep(1);
    }
  }

  private async drained(): Promise<void> {
    const from = performance.now();
    for (;;) {
      const now = performance.now();
      if (this.delivered >= this.awaited || now - this.lastAt > SILENCE_MS || now - from > DRAIN_MS) break;
      await Bun.sleep(2);
    }
    const { lastAt } = this;
    await Bun.sleep(AFTERMATH_MS);
    this.lastAt = lastAt;
  }

  private faults(): string[] {
    const total = { lost: 0, doubled: 0, reordered: 0, strange: 0 };
    for (const { inbox } of this.connections) {
      const faults = inbox.faults();
      for (const kind of ["lost", "doubled", "reordered", "strange"] as const) total[kind] += faults[kind];
    }
    const said = Object.entries(total).filter(([, count]) => count > 0);
    const unequal = [...this.rooms.values()].filter(
      ({ connections }) => new Set(connections.map(({ inbox }) => inbox.order)).size > 1,
    );
    return [
      ...said.map(([kind, count]) => `deliveries ${kind}: ${count}`),
      ...(unequal.length === 0 ? [] : [`rooms whose members saw different orders: ${unequal.length}`]),
      ...this.complaints,
    ];
  }
}

/** One socket and what came over it. */
class Connection implements Receiver {
  readonly inbox: Inbox;
  readonly greeted = Promise.withResolvers<void>();
  socket: RawSocket | undefined;
  /** Where the last frame's mark was: mostly it is there again. */
  private markAt = 0;

  constructor(
    private readonly generator: Generator,
    private readonly room: Room,
    private readonly number: number,
  ) {
    this.inbox = new Inbox(room.sent);
    this.greeted.promise.catch(() => {});
  }

  text(bytes: Buffer, from: number, end: number, now: number): void {
    let mark = from + this.markAt;
    if (!isMark(bytes, mark, end)) {
      mark = findMark(bytes, from, end);
      if (mark < 0) {
        this.other(bytes.toString("utf8", from, end));
        return;
      }
      this.markAt = mark - from;
    }
    if (readField(bytes, mark, "room") !== this.number) {
      this.inbox.takeStrange();
      return;
    }
    const sender = readField(bytes, mark, "sender");
    if (!this.inbox.take(sender, readField(bytes, mark, "seq"))) return;
    this.generator.onDelivery(this.room, sender, Math.floor(now * 1000) - readField(bytes, mark, "sentAt"), now);
  }

  closed(why: string): void {
    this.greeted.reject(new Error(why));
    this.generator.complain(why);
  }

  private other(text: string): void {
    if (text.includes(GREETING)) this.greeted.resolve();
    else this.generator.complain(`an unexpected frame: ${text.slice(0, 200)}`);
  }
}
