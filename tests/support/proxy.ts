import { createServer, type Server, Socket } from "node:net";
import { afterAllFiles } from "./cleanup.ts";

/** One connection through the proxy. */
export interface Link {
  /** The first bytes of the client, enough to tell the purpose of the connection. */
  readonly said: string;
  cut(): void;
  /** Stops reading from the server, so that the server notices a full connection. */
  pause(): void;
  resume(): void;
}

const SAID_MAX = 64 * 1024;

/** A network between a node and one of its services, or a client and a node. Tests can slow, cut or freeze it. */
export interface TcpProxy {
  readonly port: number;
  /** Where new connections lead to. */
  target: number;
  /** The delay of each direction, in ms. The order stays. */
  delayMs: number;
  /** `refuse`: new connections are cut at once. `freeze`: everything stays open and nothing passes. */
  state: "pass" | "refuse" | "freeze";
  /** These links stay open and carry everything to the server, but nothing comes back. */
  deaf: ((link: Link) => boolean) | undefined;
  /**
   * Counts down: the next answers are not passed on but end their links, after what was asked has been carried out.
   * `match` chooses by what was asked and what was answered. A statement that its connection has prepared is asked for
   * by a name without its text, so a commit is told by its answer: see `isCommitted`.
   */
  loseAnswers: { left: number; match?: (asked: string, answer: string) => boolean } | undefined;
  /** How often a client has asked something after it had the answer to all before. */
  roundTrips: number;
  /** Cuts the open links, or those that match; returns how many. */
  cut(match?: (link: Link) => boolean): number;
  /** The open links. */
  readonly links: readonly Link[];
  stop(): Promise<void>;
}

/** Whether PostgreSQL's answer is that of a COMMIT. */
export const isCommitted = (answer: string) => answer.includes("COMMIT\0");

export async function startProxy(targetPort: number, host = "127.0.0.1"): Promise<TcpProxy> {
  const links = new Set<TcpLink>();
  const proxy: TcpProxy = {
    port: 0,
    target: targetPort,
    delayMs: 0,
    state: "pass",
    deaf: undefined,
    loseAnswers: undefined,
    roundTrips: 0,
    cut(match = () => true) {
      const chosen = [...links].filter(match);
      for (const link of chosen) link.cut();
      return chosen.length;
    },
    get links() {
      return [...links];
    },
    async stop() {
      if (server.listening) await new Promise<void>((resolve) => stopListening(server, resolve));
    },
  };
  const stopListening = (server: Server, done: () => void) => {
    server.close(() => done());
    for (const link of [...links]) link.cut();
  };
  const server = createServer((client) => {
    if (proxy.state === "refuse") return void client.resetAndDestroy();
    const link: TcpLink = new TcpLink(proxy, client, host, () => links.delete(link));
    links.add(link);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || !address) throw new Error("the proxy has no port");
  Object.assign(proxy, { port: address.port });
  afterAllFiles(() => proxy.stop());
  return proxy;
}

class TcpLink implements Link {
  said = "";
  private asked = "";
  private readonly server = new Socket();
  private over = false;
  private isAnswered = true;

  constructor(
    private readonly proxy: TcpProxy,
    private readonly client: Socket,
    host: string,
    private readonly onOver: () => void,
  ) {
    const { server } = this;
    for (const end of [client, server]) {
      end.setNoDelay(true);
      end.on("error", () => this.cut());
      end.on("close", () => this.cut());
    }
    const up = new Pipe(proxy, server);
    const down = new Pipe(proxy, client);
    client.on("data", (bytes: Buffer) => {
      if (this.isAnswered) proxy.roundTrips++;
      this.isAnswered = false;
      const text = bytes.toString("latin1");
      if (this.said.length < SAID_MAX) this.said += text;
      if (proxy.loseAnswers) this.asked = (this.asked + text).slice(-SAID_MAX);
      up.write(bytes, client);
    });
    server.on("data", (bytes: Buffer) => {
      this.isAnswered = true;
      if (this.losesAnswer(bytes)) return this.cut();
      if (!proxy.deaf?.(this)) down.write(bytes, server);
    });
    server.connect(proxy.target, host);
  }

  cut(): void {
    if (this.over) return;
    this.over = true;
    this.onOver();
    for (const end of [this.client, this.server]) if (!end.destroyed) end.resetAndDestroy();
  }

  pause(): void {
    this.server.pause();
  }

  resume(): void {
    this.server.resume();
  }

  private losesAnswer(answer: Buffer): boolean {
    const { loseAnswers } = this.proxy;
    const { asked } = this;
    this.asked = "";
    if (!loseAnswers || loseAnswers.left <= 0) return false;
    if (!(loseAnswers.match?.(asked, answer.toString("latin1")) ?? asked !== "")) return false;
    loseAnswers.left--;
    return true;
  }
}

const LOOK_AGAIN_MS = 10;

/** One direction: bytes leave in the order in which they came, each after the delay of its moment. */
class Pipe {
  private readonly queue: { bytes: Buffer; due: number }[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly proxy: TcpProxy,
    private readonly to: Socket,
  ) {}

  write(bytes: Buffer, from: Socket) {
    this.queue.push({ bytes, due: performance.now() + this.proxy.delayMs });
    if (!this.timer) this.flush();
    if (!this.to.writableNeedDrain) return;
    from.pause();
    this.to.once("drain", () => from.resume());
  }

  private flush() {
    this.timer = undefined;
    for (let next = this.queue[0]; next; next = this.queue[0]) {
      const wait = this.proxy.state === "freeze" ? LOOK_AGAIN_MS : next.due - performance.now();
      if (wait > 0) {
        this.timer = setTimeout(() => this.flush(), wait);
        return;
      }
      this.queue.shift();
      if (!this.to.destroyed) this.to.write(next.bytes);
    }
  }
}
