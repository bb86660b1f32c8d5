import type { Socket, SocketHandler } from "bun";

/** The receiver of a raw socket's frames. Frames are ranges of the bytes that came: nothing is copied or decoded. */
export interface Receiver {
  /** `now`: when the bytes came, in milliseconds of performance.now(). */
  text(bytes: Buffer, from: number, end: number, now: number): void;
  closed(why: string): void;
}

const NOTHING = Buffer.alloc(0);
const PATIENCE_MS = 15_000;

/** A WebSocket client without a client's cost, so that one process can follow a server that delivers a million frames a second. */
export class RawSocket {
  private socket: Socket<RawSocket> | undefined;
  private isUp = false;
  private isClosed = false;
  /** The beginning of a frame whose end has not come. */
  private rest: Buffer = NOTHING;
  private unsent: Buffer[] = [];
  private readonly upgraded = Promise.withResolvers<void>();

  private constructor(private readonly receiver: Receiver) {}

  /** @throws when the server refuses, with what it said */
  static async open(url: string, headers: Record<string, string>, receiver: Receiver): Promise<RawSocket> {
    const { hostname, port, pathname, search, host } = new URL(url);
    const self = new RawSocket(receiver);
    const timer = setTimeout(() => self.fail("no upgrade came"), PATIENCE_MS);
    self.upgraded.promise.catch(() => {});
    const socket = await Bun.connect({ hostname, port: Number(port), socket: handler, data: self });
    self.socket = socket;
    socket.setNoDelay(true);
    const key = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("base64");
    const lines = [
      `GET ${pathname}${search} HTTP/1.1`,
      `Host: ${host}`,
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Version: 13",
      `Sec-WebSocket-Key: ${key}`,
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ];
    self.write(Buffer.from(`${lines.join("\r\n")}\r\n\r\n`));
    await self.upgraded.promise.finally(() => clearTimeout(timer));
    return self;
  }

  /** `frame` is a whole one, as `textFrame` makes them; it is written or copied before this returns. */
  write(frame: Buffer): void {
    const written = this.unsent.length > 0 ? 0 : Math.max(0, this.socket?.write(frame) ?? 0);
    if (written < frame.length) this.unsent.push(Buffer.from(frame.subarray(written)));
  }

  close(): void {
    this.isClosed = true;
    this.socket?.terminate();
  }

  onDrain(): void {
    for (let next = this.unsent[0]; next !== undefined; next = this.unsent[0]) {
      const written = Math.max(0, this.socket?.write(next) ?? 0);
      if (written < next.length) {
        this.unsent[0] = next.subarray(written);
        return;
      }
      this.unsent.shift();
    }
  }

  onData(chunk: Buffer): void {
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const begin = this.isUp ? 0 : this.readHead(bytes);
    const used = begin === undefined ? 0 : this.readFrames(bytes, begin);
    // The chunk's memory is used again for the next one.
    this.rest = used === bytes.length ? NOTHING : Buffer.from(bytes.subarray(used));
  }

  fail(why: string): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.upgraded.reject(new Error(why));
    if (this.isUp) this.receiver.closed(why);
    this.socket?.terminate();
  }

  /** Where frames begin, once the head is there. */
  private readHead(bytes: Buffer): number | undefined {
    const end = bytes.indexOf("\r\n\r\n");
    if (end < 0) return undefined;
    if (!bytes.subarray(0, end).toString().startsWith("HTTP/1.1 101")) {
      this.fail(`the upgrade was refused: ${bytes.toString().slice(0, 300)}`);
      return undefined;
    }
    this.isUp = true;
    this.upgraded.resolve();
    return end + 4;
  }

  /** How far the whole frames go. */
  private readFrames(bytes: Buffer, begin: number): number {
    const now = performance.now();
    const { length } = bytes;
    let at = begin;
    while (length - at >= 2) {
      let size = bytes[at + 1] ?? 0;
      let from = at + 2;
      if (size === 126) {
        if (length - at < 4) break;
        size = bytes.readUInt16BE(at + 2);
        from = at + 4;
      } else if (size > 126) {
        this.fail("a frame that no server of ours sends");
        break;
      }
      if (length - from < size) break;
      this.readFrame(bytes, bytes[at] ?? 0, from, from + size, now);
      at = from + size;
    }
    return at;
  }

  private readFrame(bytes: Buffer, first: number, from: number, end: number, now: number): void {
    if (first === 0x81) this.receiver.text(bytes, from, end, now);
    else if (first === 0x88)
      this.fail(`closed by the server with ${end > from ? bytes.readUInt16BE(from) : "no code"}`);
    else if (first === 0x89) this.write(maskedFrame(0x8a, bytes.subarray(from, end)));
  }
}

/** A text frame; its payload is its end. */
export const textFrame = (text: string) => maskedFrame(0x81, Buffer.from(text));

/** Masked with zeros, which a server can't tell from another mask and must take off as well: so the payload can be changed in place. */
function maskedFrame(first: number, payload: Buffer): Buffer {
  const { length } = payload;
  const head = length < 126 ? [first, 0x80 | length] : [first, 0xfe, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), payload]);
}

const handler: SocketHandler<RawSocket, "buffer"> = {
  binaryType: "buffer",
  data: (socket, chunk) => socket.data.onData(chunk),
  drain: (socket) => socket.data.onDrain(),
  close: (socket) => socket.data.fail("the connection was closed"),
  error: (socket, error) => socket.data.fail(error.message),
};
