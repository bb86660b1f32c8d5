import { noteUndocumented } from "./documents.ts";

/** How long a test waits for a frame or a close that must come. */
const PATIENCE_MS = 5_000;

// biome-ignore lint/suspicious/noExplicitAny: a test says by its assertions what a frame must hold
export type Frame = any;

/** A WebSocket client that keeps what it got, and waits for what must come. */
export class Socket {
  readonly raw: WebSocket;
  /** Every frame so far, in order. */
  readonly frames: Frame[] = [];
  /** Every text so far, to the byte. */
  readonly texts: string[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  private taken = new Set<number>();
  private wake: (() => void)[] = [];
  private isClosed = false;

  constructor(url: string, cookie?: string, headers: Record<string, string> = {}) {
    const all = { ...(cookie === undefined ? {} : { Cookie: `sessionid=${cookie}` }), ...headers };
    this.raw = new WebSocket(url, { headers: all });
    this.raw.onmessage = ({ data }) => {
      this.texts.push(String(data));
      const frame = JSON.parse(String(data));
      this.frames.push(frame);
      noteUndocumented(url, frame);
      this.notify();
    };
    this.raw.onerror = () => {};
    this.closed = new Promise((resolve) => {
      this.raw.onclose = ({ code, reason }) => {
        this.isClosed = true;
        resolve({ code, reason });
        this.notify();
      };
    });
  }

  send(frame: unknown): void {
    this.raw.send(typeof frame === "string" ? frame : JSON.stringify(frame));
  }

  /** The next frame of this type that no earlier call has taken. */
  async next(type: string, matches: (frame: Frame) => boolean = () => true): Promise<Frame> {
    const until = performance.now() + PATIENCE_MS;
    for (;;) {
      const at = this.frames.findIndex((frame, i) => !this.taken.has(i) && frame.type === type && matches(frame));
      if (at >= 0) {
        this.taken.add(at);
        return this.frames[at];
      }
      if (this.isClosed) throw new Error(`closed (${JSON.stringify(await this.closed)}) before a ${type} frame came`);
      await this.change(until, `no ${type} frame came; got ${JSON.stringify(this.frames.slice(-5))}`);
    }
  }

  /** Waits until `done` holds of all frames so far. */
  async until(done: (frames: Frame[]) => boolean, patienceMs = PATIENCE_MS): Promise<void> {
    const until = performance.now() + patienceMs;
    while (!done(this.frames)) await this.change(until, `waited in vain; got ${this.frames.length} frames`);
  }

  /** All frames of a type so far. */
  all(type: string): Frame[] {
    return this.frames.filter((frame) => frame.type === type);
  }

  /** Everything the server had sent when this was called has arrived: it has answered a ping since. */
  async settled(): Promise<void> {
    const ref = crypto.randomUUID();
    this.send({ type: "ping", ref });
    await this.next("pong", (frame) => frame.ref === ref);
  }

  close(): void {
    this.raw.close();
  }

  private async change(until: number, why: string) {
    const left = until - performance.now();
    if (left <= 0) throw new Error(why);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, left);
      this.wake.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  private notify() {
    for (const resolve of this.wake.splice(0)) resolve();
  }
}
