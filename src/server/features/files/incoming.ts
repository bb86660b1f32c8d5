import { MINUTE_BYTES_MIN, STALL_MS } from "./limits.ts";

const LOOK_EVERY_MS = 1_000;
const MINUTE_MS = 60_000;

/** The part of a stream's reader that is used here. */
interface Reader {
  read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>;
  cancel(): Promise<void>;
}

/** The end of a body before its time: the client stopped, was cut off, sent more than it said, or the node stops. */
export type Cut = "gone" | "stalled" | "too_long" | "stopped";

/**
 * The body of an upload, as it comes: at most `most` bytes. Reads no faster than its reader, and looks whether the client
 * still sends something. A chunk is gone when the next one is asked for.
 */
export class Incoming implements AsyncIterable<Uint8Array> {
  /** Why it ended early; undefined while it has not. */
  cut: Cut | undefined;
  received = 0;
  private readonly reader: Reader | undefined;
  private waitingSince: number | undefined;
  private minute = { since: performance.now(), received: 0 };

  constructor(
    body: ReadableStream<Uint8Array> | null,
    private readonly most: number,
  ) {
    this.reader = body?.getReader();
  }

  /** Whether bytes came since the last call. */
  hasMoved(): boolean {
    return this.waitingSince === undefined || performance.now() - this.waitingSince < LOOK_EVERY_MS;
  }

  /** Ends it, as if the client were gone. */
  stop(why: Cut): void {
    this.cut ??= why;
    // The read that waits ends with it. A race with a promise for the end would keep every chunk until that end.
    this.reader?.cancel().catch(() => {});
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    const { reader } = this;
    if (!reader) return;
    const timer = setInterval(() => this.look(), LOOK_EVERY_MS);
    try {
      for (;;) {
        this.waitingSince = performance.now();
        const next = await reader.read().catch(() => this.stop("gone"));
        this.waitingSince = undefined;
        if (this.cut !== undefined || !next?.value) return;
        const { length } = next.value;
        const left = this.most - this.received;
        const chunk = next.value.subarray(0, left);
        this.received += chunk.length;
        if (chunk.length > 0) yield chunk;
        giveBack(next.value);
        if (length > left) return this.stop("too_long");
      }
    } finally {
      clearInterval(timer);
      reader.cancel().catch(() => {});
    }
  }

  private look() {
    const now = performance.now();
    if (this.waitingSince !== undefined && now - this.waitingSince > STALL_MS) return this.stop("stalled");
    if (now - this.minute.since < MINUTE_MS) return;
    // While the store is busy, nothing is asked of the client.
    const isSlow = this.received - this.minute.received < MINUTE_BYTES_MIN && this.waitingSince !== undefined;
    if (isSlow) return this.stop("stalled");
    this.minute = { since: now, received: this.received };
  }
}

/** Frees the memory of a chunk. The collector sees how large chunks are, but comes late: it would let 100 MB pile up. */
function giveBack({ buffer, byteLength }: Uint8Array) {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}
