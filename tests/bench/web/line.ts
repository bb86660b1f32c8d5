import { createServer, Socket } from "node:net";
import { afterAllFiles } from "../../support/cleanup.ts";

/** A line as phones have it. */
export interface LineKind {
  /** There and back, in ms. A new connection costs it once before anything goes out, as on a real line. */
  roundTripMs: number;
  /** Of each direction, over all connections together. */
  bitsPerSecond: number;
}

export interface Line {
  url: string;
  /** Bytes that have come down since the last call. */
  takeBytes(): number;
}

/** Pieces of about this many bytes take turns, so that connections share the line. */
const PIECE = 2_048;

/** A slow line to a server. It stands between both, so the page, its service worker and its socket share it. */
export async function startLine(target: string, kind: LineKind): Promise<Line> {
  const { hostname, port } = new URL(target);
  const up = new Direction(kind);
  const down = new Direction(kind);
  const server = createServer((client) => {
    const far = new Socket();
    const ends = [client, far];
    for (const end of ends) {
      end.setNoDelay(true);
      end.on("error", () => {});
      end.on("close", () => {
        for (const other of ends) other.destroy();
      });
    }
    const connected = performance.now() + kind.roundTripMs;
    const upward = up.lane(far);
    const downward = down.lane(client);
    client.on("data", (bytes: Buffer) => upward(bytes, connected));
    far.on("data", (bytes: Buffer) => downward(bytes, 0));
    far.connect(Number(port), hostname);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  afterAllFiles(() => void server.close());
  const address = server.address();
  if (typeof address !== "object" || !address) throw new Error("the line has no port");
  return { url: `http://127.0.0.1:${address.port}`, takeBytes: () => down.takeBytes() };
}

interface Piece {
  bytes: Buffer;
  /** It is at the entrance of the line from then on. */
  readyAt: number;
}

/** One direction of a line. Pieces enter it one after the other, as fast as it is, and leave it half a round trip later. */
class Direction {
  private readonly lanes = new Set<{ to: Socket; waiting: Piece[] }>();
  private readonly underWay: { to: Socket; bytes: Buffer; arrivesAt: number }[] = [];
  private freeAt = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private count = 0;

  constructor(private readonly kind: LineKind) {}

  /** A connection's part of the line. */
  lane(to: Socket): (bytes: Buffer, readyAt: number) => void {
    const lane = { to, waiting: [] as Piece[] };
    this.lanes.add(lane);
    to.on("close", () => this.lanes.delete(lane));
    return (bytes, readyAt) => {
      const now = performance.now();
      for (let at = 0; at < bytes.length; at += PIECE)
        lane.waiting.push({ bytes: bytes.subarray(at, at + PIECE), readyAt: Math.max(readyAt, now) });
      this.run();
    };
  }

  takeBytes(): number {
    const { count } = this;
    this.count = 0;
    return count;
  }

  private run() {
    clearTimeout(this.timer);
    const now = performance.now();
    for (let next = this.next(now); next; next = this.next(now)) {
      this.freeAt = Math.max(this.freeAt, next.readyAt) + (next.bytes.length * 8_000) / this.kind.bitsPerSecond;
      this.count += next.bytes.length;
      this.underWay.push({ to: next.to, bytes: next.bytes, arrivesAt: this.freeAt + this.kind.roundTripMs / 2 });
    }
    for (let first = this.underWay[0]; first && first.arrivesAt <= now; first = this.underWay[0]) {
      this.underWay.shift();
      if (!first.to.destroyed) first.to.write(first.bytes);
    }
    const soonest = Math.min(this.underWay[0]?.arrivesAt ?? Infinity, this.nextEntry(now));
    if (soonest < Infinity) this.timer = setTimeout(() => this.run(), Math.max(0, soonest - now));
  }

  /** The next piece that may enter now. Its lane goes to the end of the queue. */
  private next(now: number) {
    if (this.freeAt > now) return undefined;
    for (const lane of this.lanes) {
      const [piece] = lane.waiting;
      if (!piece || piece.readyAt > now) continue;
      lane.waiting.shift();
      this.lanes.delete(lane);
      this.lanes.add(lane);
      return { to: lane.to, ...piece };
    }
    return undefined;
  }

  private nextEntry(now: number): number {
    const ready = [...this.lanes].map(({ waiting: [piece] }) => piece?.readyAt ?? Infinity);
    return Math.max(now, this.freeAt, Math.min(Infinity, ...ready));
  }
}
