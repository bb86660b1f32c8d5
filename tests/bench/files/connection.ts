import type { Socket } from "bun";

/** Longer than any answer here takes, so that a server that hangs ends the run. */
const PATIENCE_MS = 120_000;
/** The bytes of every upload, again and again. Nothing compresses them on the way. */
const SAMPLE = crypto.getRandomValues(new Uint8Array(64 * 1024));
const BYTES = new Uint8Array(1024 * 1024);
for (let at = 0; at < BYTES.length; at += SAMPLE.length) BYTES.set(SAMPLE, at);

export interface Answer {
  status: number;
  headers: Headers;
  /** How many bytes of a body came. */
  bytes: number;
  /** The first of them. */
  text: string;
}

interface Request {
  method: string;
  path: string;
  headers?: Record<string, string>;
  /** These bytes, or a number of bytes that nobody looks at. */
  body?: number | Uint8Array;
  /** Bytes a second; left out: as fast as the server takes them. */
  pace?: number;
}

/** A connection to a server that costs the machine as little as it can: `fetch` would copy what it sends. */
export class Connection {
  private socket: Socket | undefined;
  private head = Buffer.alloc(0);
  /** The beginning of an answer whose head is not whole. */
  private begun: Buffer = Buffer.alloc(0);
  private sending: { left: number; body: Uint8Array | undefined } | undefined;
  private answer: (Answer & { length: number }) | undefined;
  private answered = Promise.withResolvers<Answer>();
  private allowed = Number.POSITIVE_INFINITY;
  /** Bytes of bodies that the server took so far. */
  sent = 0;

  private constructor(private readonly host: string) {}

  static async open(url: string): Promise<Connection> {
    const { hostname, port, host } = new URL(url);
    const connection = new Connection(host);
    connection.socket = await Bun.connect({
      hostname,
      port: Number(port),
      socket: {
        drain: () => connection.send(),
        data: (_socket, bytes) => connection.receive(bytes),
        close: () => connection.answered.reject(new Error("the server closed the connection")),
        error: (_socket, error) => connection.answered.reject(error),
      },
    });
    return connection;
  }

  async ask({ method, path, headers = {}, body, pace }: Request): Promise<Answer> {
    const length = typeof body === "number" ? body : body?.length;
    const lines = Object.entries({ Host: this.host, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
    if (length !== undefined) lines.push(`Content-Length: ${length}\r\n`);
    this.head = Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`);
    this.sending = { left: length ?? 0, body: body instanceof Uint8Array ? body : undefined };
    this.answer = undefined;
    this.answered = Promise.withResolvers();
    const late = setTimeout(() => this.answered.reject(new Error(`${method} ${path}: no answer`)), PATIENCE_MS);
    const pacing = pace === undefined ? undefined : this.pace(pace);
    this.send();
    try {
      return await this.answered.promise;
    } finally {
      clearTimeout(late);
      clearInterval(pacing);
    }
  }

  /** Ends it at once, as a phone in a tunnel does. */
  cut(): void {
    this.answered.promise.catch(() => {});
    this.socket?.terminate();
  }

  private pace(bytesPerSecond: number) {
    const tick = 20;
    this.allowed = 0;
    return setInterval(() => {
      this.allowed += (bytesPerSecond * tick) / 1_000;
      this.send();
    }, tick);
  }

  private send() {
    const { socket, sending } = this;
    if (!socket || !sending) return;
    if (this.head.length > 0) this.head = this.head.subarray(Math.max(0, socket.write(this.head)));
    while (this.head.length === 0 && sending.left > 0 && this.allowed > 0) {
      const { left, body } = sending;
      const part = (body?.subarray(body.length - left) ?? BYTES).subarray(0, Math.min(left, this.allowed));
      const written = Math.max(0, socket.write(part));
      sending.left -= written;
      this.allowed -= written;
      this.sent += written;
      if (written < part.length) return;
    }
  }

  private receive(came: Buffer) {
    let bytes = came;
    if (!this.answer) {
      this.head = Buffer.alloc(0);
      bytes = Buffer.concat([this.begun, came]);
      const end = bytes.indexOf("\r\n\r\n");
      this.begun = end < 0 ? bytes : Buffer.alloc(0);
      if (end < 0) return;
      const [first = "", ...lines] = bytes.toString("latin1", 0, end).split("\r\n");
      const headers = new Headers(
        lines.map((line): [string, string] => {
          const colon = line.indexOf(":");
          return [line.slice(0, colon), line.slice(colon + 1).trim()];
        }),
      );
      const length = Number(headers.get("Content-Length") ?? 0);
      this.answer = { status: Number(first.split(" ")[1]), headers, bytes: 0, text: "", length };
      bytes = bytes.subarray(end + 4);
    }
    const { answer } = this;
    answer.bytes += bytes.length;
    if (answer.text.length < 4_096) answer.text += bytes.toString("latin1", 0, 4_096);
    if (answer.bytes >= answer.length) this.answered.resolve(answer);
  }
}
