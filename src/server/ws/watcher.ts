import type { ClientSocket } from "./socket.ts";

/** Whether a user is in a conversation. `version` belongs to the change that says so, or to the list. */
export interface Part {
  readonly version: number;
  readonly isIn: boolean;
  /** Of a thread: the conversation that it belongs to. Null: it is no thread. */
  readonly parentId: string | null;
}

export type Parts = Map<string, Part>;

/**
 * The conversations that the `/ws/` sockets of one user watch here. Sockets that accept threads have another watcher than
 * those that do not.
 */
export interface Watcher {
  readonly userId: number;
  readonly acceptsThreads: boolean;
  /** The sockets that watch. */
  readonly sockets: Set<ClientSocket>;
  /** Sockets that do not watch yet, and the state at the moment when each began. */
  readonly opening: Map<ClientSocket, { parts: Parts; revision: number }>;
  /**
   * The conversations that are watched, and those that the user has left since the beginning, so that a late joining
   * does not count.
   */
  readonly parts: Parts;
  /** Whether a list of conversations was read. Until then parts are only noted. */
  isLoaded: boolean;
  /** Goes up when a conversation comes or goes. */
  revision: number;
  /** The digest of the newest list, which is that of the parts at this revision. */
  digest: { text: string; revision: number } | undefined;
}

const newWatcher = (userId: number, acceptsThreads: boolean): Watcher => ({
  userId,
  acceptsThreads,
  sockets: new Set(),
  opening: new Map(),
  parts: new Map(),
  isLoaded: false,
  revision: 0,
  digest: undefined,
});

/** The most parts of watchers without a socket: some 20 MB. */
const LEAVING_PARTS_MAX = 100_000;

/** All watchers of this node. Those that no socket uses stay for a while, as most people who go are back soon. */
export class Watchers {
  private readonly plain = new Map<number, Watcher>();
  private readonly threaded = new Map<number, Watcher>();
  /** The watchers without a socket, the first to go first: when they go (performance.now), and how many parts they have. */
  private readonly leaving = new Map<Watcher, { at: number; parts: number }>();
  private leavingParts = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param stayMs how long a watcher stays without a socket
   * @param onGone a watcher is gone
   */
  constructor(
    private readonly stayMs: number,
    private readonly onGone: (watcher: Watcher) => void,
  ) {}

  get userIds(): number[] {
    return [...new Set([...this.plain.keys(), ...this.threaded.keys()])];
  }

  *all(): Iterable<Watcher> {
    yield* this.plain.values();
    yield* this.threaded.values();
  }

  of(userId: number): Watcher[] {
    return [this.plain.get(userId), this.threaded.get(userId)].filter((watcher) => watcher !== undefined);
  }

  find(socket: ClientSocket): Watcher | undefined {
    return this.kindOf(socket).get(socket.actor.userId);
  }

  /** The watcher of the socket, made if there is none. */
  claim(socket: ClientSocket): Watcher {
    const kind = this.kindOf(socket);
    const { userId } = socket.actor;
    const watcher = kind.get(userId) ?? newWatcher(userId, kind === this.threaded);
    kind.set(userId, watcher);
    this.stay(watcher);
    return watcher;
  }

  /** The watcher has lost a socket. Without any, it goes. */
  release(watcher: Watcher): void {
    if (watcher.sockets.size + watcher.opening.size > 0) return;
    if (!watcher.isLoaded || this.stayMs === 0) {
      this.drop(watcher);
      return;
    }
    const parts = watcher.parts.size;
    this.leaving.set(watcher, { at: performance.now() + this.stayMs, parts });
    this.leavingParts += parts;
    for (const first of this.leaving.keys()) if (this.leavingParts > LEAVING_PARTS_MAX) this.drop(first);
    this.timer ??= setTimeout(() => this.sweep(), this.stayMs).unref();
  }

  private kindOf(socket: ClientSocket) {
    return socket.accepts.has("threads") ? this.threaded : this.plain;
  }

  private stay(watcher: Watcher) {
    this.leavingParts -= this.leaving.get(watcher)?.parts ?? 0;
    this.leaving.delete(watcher);
  }

  private drop(watcher: Watcher) {
    this.stay(watcher);
    (watcher.acceptsThreads ? this.threaded : this.plain).delete(watcher.userId);
    this.onGone(watcher);
  }

  private sweep(now = performance.now()) {
    this.timer = undefined;
    for (const [watcher, { at }] of this.leaving) {
      if (at > now) {
        this.timer = setTimeout(() => this.sweep(), at - now).unref();
        return;
      }
      this.drop(watcher);
    }
  }
}
