import { connect, type Socket } from "node:net";
import type { Answer } from "./client.ts";

/** A TCP connection that sends what no HTTP or WebSocket library would. */
export class Wire {
  readonly socket: Socket;
  private received = Buffer.alloc(0);
  private ended = false;
  private wake: (() => void)[] = [];

  constructor(url: string) {
    this.socket = connect(Number(new URL(url).port), "127.0.0.1");
    this.socket.on("data", (bytes) => {
      this.received = Buffer.concat([this.received, bytes as Buffer]);
      this.notify();
    });
    this.socket.on("error", () => {});
    this.socket.on("close", () => {
      this.ended = true;
      this.notify();
    });
  }

  get isEnded() {
    return this.ended;
  }

  /** A string's characters are its bytes. */
  write(bytes: string | Uint8Array): this {
    this.socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
    return this;
  }

  /** Waits until `read` makes something of the bytes, which are then gone; undefined when the server has hung up. */
  async take<T>(read: (bytes: Buffer) => { value: T; used: number } | undefined, patienceMs = 5_000) {
    const until = performance.now() + patienceMs;
    for (;;) {
      const result = read(this.received);
      if (result) {
        this.received = this.received.subarray(result.used);
        return result.value;
      }
      if (this.ended) return undefined;
      const left = until - performance.now();
      if (left <= 0)
        throw new Error(`no answer; got ${JSON.stringify(this.received.toString("latin1").slice(0, 300))}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.wake.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** Waits until the server has hung up. */
  async end(patienceMs = 5_000): Promise<void> {
    await this.take(() => undefined, patienceMs);
  }

  destroy(): void {
    this.socket.destroy();
  }

  private notify() {
    for (const resolve of this.wake.splice(0)) resolve();
  }
}

export interface RawAnswer {
  status: number;
  headers: Headers;
  text: string;
}

/** One HTTP answer with a Content-Length, or without a body. */
export function httpAnswer(bytes: Buffer): { value: RawAnswer; used: number } | undefined {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [start = "", ...lines] = bytes.toString("latin1", 0, end).split("\r\n");
  const headers = new Headers(lines.map((line) => line.split(/: ?(.*)/s, 2) as [string, string]));
  const length = Number(headers.get("content-length") ?? 0);
  const used = end + 4 + length;
  if (bytes.length < used) return undefined;
  const status = Number(start.split(" ")[1]);
  return { value: { status, headers, text: bytes.toString("utf8", end + 4, used) }, used };
}

export const OPCODES = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

interface FrameOptions {
  final?: boolean;
  masked?: boolean;
  /** The reserved bits, 0x70 all together. */
  reserved?: number;
  /** The length that the header claims, when it differs from the real one. */
  length?: number | bigint;
}

/** A client's WebSocket frame, with the faults that the test wants. */
export function clientFrame(opcode: number, payload: string | Uint8Array, options: FrameOptions = {}): Buffer {
  const { final = true, masked = true, reserved = 0 } = options;
  const body = Buffer.from(payload as Uint8Array);
  const length = BigInt(options.length ?? body.length);
  const size = length > 0xffffn ? 8 : length > 125n ? 2 : 0;
  const head = Buffer.alloc(2 + size);
  head[0] = (final ? 0x80 : 0) | reserved | opcode;
  head[1] = (masked ? 0x80 : 0) | (size === 8 ? 127 : size === 2 ? 126 : Number(length));
  if (size === 8) head.writeBigUInt64BE(length, 2);
  if (size === 2) head.writeUInt16BE(Number(length), 2);
  if (!masked) return Buffer.concat([head, body]);
  const mask = [0x12, 0x34, 0x56, 0x78];
  return Buffer.concat([head, Buffer.from(mask), body.map((byte, i) => byte ^ (mask[i % 4] ?? 0))]);
}

export interface ServerFrame {
  /** The first byte: final, reserved bits, opcode. */
  first: number;
  opcode: number;
  payload: Buffer;
}

export function serverFrame(bytes: Buffer): { value: ServerFrame; used: number } | undefined {
  const [first = 0, short = 0] = bytes;
  const start = short === 127 ? 10 : short === 126 ? 4 : 2;
  if (bytes.length < start) return undefined;
  if (short > 127) throw new Error("a server masks no frame");
  const length = short === 127 ? Number(bytes.readBigUInt64BE(2)) : short === 126 ? bytes.readUInt16BE(2) : short;
  const used = start + length;
  if (bytes.length < used) return undefined;
  return { value: { first, opcode: first & 0x0f, payload: bytes.subarray(start, used) }, used };
}

/** Sends these bytes over a TCP connection of their own and reads the first answer, as no HTTP client would. */
export async function rawRequest(url: string, head: string[], body: string | Uint8Array = ""): Promise<Answer> {
  const wire = new Wire(url);
  try {
    wire.write(`${head.join("\r\n")}\r\n\r\n`).write(body);
    const answer = await wire.take(httpAnswer);
    if (!answer) throw new Error("the server closed the connection without an answer");
    return { ...answer, body: answer.text.startsWith("{") ? JSON.parse(answer.text) : undefined };
  } finally {
    wire.destroy();
  }
}

/** The HTTP answer to a WebSocket handshake. A header that is `undefined` is left out. */
export const handshake = (url: string, path: string, headers: Record<string, string | undefined> = {}) => {
  const all: Record<string, string | undefined> = {
    Host: new URL(url).host,
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  return rawRequest(url, [`GET ${path} HTTP/1.1`, ...lines]);
};
