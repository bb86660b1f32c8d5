import type { Client } from "../support/client.ts";
import type { Frame } from "../support/socket.ts";

/** The server's answer to a refused handshake. */
export interface Refusal {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test says by its assertions what a body must hold
  body: any;
}

const TEXT = 1;
const CLOSE = 8;

/** A WebSocket client on bare TCP: it can break the rules, and stop reading. */
export class RawSocket {
  readonly frames: Frame[] = [];
  /** The code of the server's close frame, when one came. */
  closeCode: number | undefined;
  closeReason: string | undefined;
  /** Resolves when the connection is gone. */
  readonly ended: Promise<void>;
  private received: Buffer = Buffer.alloc(0);
  private tcp: Bun.Socket | undefined;
  private end = () => {};
  private answered: (answer: Refusal) => void = () => {};
  private open = false;

  private constructor(private readonly parse: (payload: Buffer) => Frame) {
    this.ended = new Promise((resolve) => {
      this.end = resolve;
    });
  }

  /** Shakes hands; throws when the server refuses. `parse` says what is kept of a frame. */
  static async connect(client: Client, path: string, parse?: (payload: Buffer) => Frame): Promise<RawSocket> {
    const { socket, answer } = await RawSocket.knock(client, path, {}, "GET", parse);
    if (answer.status !== 101) throw new Error(`refused: ${answer.status} ${JSON.stringify(answer.body)}`);
    return socket;
  }

  static async knock(
    client: Client,
    path: string,
    headers: Record<string, string> = {},
    method = "GET",
    parse: (payload: Buffer) => Frame = (payload) => JSON.parse(payload.toString()),
  ) {
    const socket = new RawSocket(parse);
    const answer = new Promise<Refusal>((resolve) => {
      socket.answered = resolve;
    });
    const { hostname, port, host } = new URL(client.url);
    const lines = {
      Host: host,
      Upgrade: "websocket",
      Connection: "Upgrade",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
      ...(client.cookie === undefined ? {} : { Cookie: `sessionid=${client.cookie}` }),
      ...headers,
    };
    const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.tcp = await Bun.connect({
      hostname,
      port: Number(port),
      socket: {
        open: (tcp) => void tcp.write(`${method} ${path} HTTP/1.1\r\n${head.join("")}\r\n`),
        data: (_, chunk) => socket.take(chunk),
        close: () => socket.end(),
        error: () => socket.end(),
      },
    });
    return { socket, answer: await answer };
  }

  /** One frame, whatever its bytes are. The mask is all zeros, which leaves them as they are. */
  send(payload: string | Uint8Array, opcode = TEXT): void {
    const bytes = Buffer.from(payload);
    const head = bytes.length < 126 ? Buffer.from([0x80 | opcode, 0x80 | bytes.length]) : Buffer.alloc(4);
    if (bytes.length >= 126) {
      head.set([0x80 | opcode, 0x80 | 126]);
      head.writeUInt16BE(bytes.length, 2);
    }
    this.tcp?.write(Buffer.concat([head, Buffer.alloc(4), bytes]));
  }

  /** The client's end of the connection. */
  get port(): number {
    return this.tcp?.localPort ?? 0;
  }

  pause(): void {
    this.tcp?.pause();
  }

  resume(): void {
    this.tcp?.resume();
  }

  terminate(): void {
    this.tcp?.terminate();
  }

  async until(done: (frames: Frame[]) => boolean, patienceMs = 15_000): Promise<void> {
    const until = performance.now() + patienceMs;
    while (!done(this.frames)) {
      if (performance.now() > until) throw new Error(`waited in vain; got ${this.frames.length} frames`);
      await Bun.sleep(10);
    }
  }

  private take(chunk: Buffer) {
    this.received = Buffer.concat([this.received, chunk]);
    if (!this.open) this.readAnswer();
    if (this.open) while (this.readFrame());
  }

  private readAnswer() {
    const at = this.received.indexOf("\r\n\r\n");
    if (at < 0) return;
    const [statusLine = "", ...lines] = this.received.subarray(0, at).toString().split("\r\n");
    const headers = new Headers(lines.map((line) => line.split(/: */, 2) as [string, string]));
    const body = this.received.subarray(at + 4);
    const status = Number(statusLine.split(" ")[1]);
    if (status !== 101 && body.length < Number(headers.get("content-length"))) return;
    this.open = status === 101;
    this.received = this.open ? body : Buffer.alloc(0);
    this.answered({ status, headers, body: this.open ? undefined : JSON.parse(body.toString() || "null") });
    if (!this.open) this.tcp?.end();
  }

  private readFrame(): boolean {
    const bytes = this.received;
    const short = (bytes[1] ?? 0) & 0x7f;
    const head = short === 127 ? 10 : short === 126 ? 4 : 2;
    if (bytes.length < head) return false;
    const length = short === 127 ? Number(bytes.readBigUInt64BE(2)) : short === 126 ? bytes.readUInt16BE(2) : short;
    if (bytes.length < head + length) return false;
    const payload = bytes.subarray(head, head + length);
    const opcode = (bytes[0] ?? 0) & 0x0f;
    if (opcode === TEXT) this.frames.push(this.parse(payload));
    if (opcode === CLOSE) {
      this.closeCode = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
      this.closeReason = payload.subarray(2).toString();
    }
    this.received = bytes.subarray(head + length);
    return true;
  }
}
