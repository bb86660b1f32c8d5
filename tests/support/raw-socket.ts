import type { Client } from "./client.ts";
import type { Frame } from "./socket.ts";
import { clientFrame, httpAnswer, OPCODES, serverFrame } from "./wire.ts";

/** The server's answer to a refused handshake. */
export interface Refusal {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test says by its assertions what a body must hold
  body: any;
}

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

  /** One frame, whatever its bytes are. */
  send(payload: string | Uint8Array, opcode = OPCODES.text): void {
    this.tcp?.write(clientFrame(opcode, payload));
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
    const answer = httpAnswer(this.received);
    if (!answer) return;
    const { status, headers, text } = answer.value;
    this.open = status === 101;
    this.received = this.received.subarray(answer.used);
    this.answered({ status, headers, body: this.open ? undefined : JSON.parse(text || "null") });
    if (!this.open) this.tcp?.end();
  }

  private readFrame(): boolean {
    const frame = serverFrame(this.received);
    if (!frame) return false;
    const { opcode, payload } = frame.value;
    if (opcode === OPCODES.text) this.frames.push(this.parse(payload));
    if (opcode === OPCODES.close) {
      this.closeCode = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
      this.closeReason = payload.subarray(2).toString();
    }
    this.received = this.received.subarray(frame.used);
    return true;
  }
}
