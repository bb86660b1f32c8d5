/** A socket, as far as presence uses it. */
export interface WatchingSocket {
  readonly actor: { readonly userId: number };
  readonly isClosed: boolean;
  /** The client reads slowly, and gets presence when it has caught up. */
  readonly isSlow: boolean;
  send(frame: string): void;
  /** Resolves when the reader has caught up, or is gone. */
  writable(): Promise<void>;
}

/** A person whom sockets of this node watch. */
export interface Watched {
  online: boolean;
  lastSeen: string | null;
  /** The time of this state. Of two states the later one counts. */
  at: number;
  /** Resolves when `online` was read; undefined while no socket that watches them may know. */
  read: Promise<void> | undefined;
  readonly watches: Map<WatchingSocket, Watch>;
}

/** A socket's watch on one person. */
export interface Watch {
  isGranted: boolean;
  /** The number of the newest check of the right to watch. */
  asked: number;
  /** The client's request that has no answer yet. */
  request: { ref: string | undefined } | undefined;
  /** The state that was last sent to the client. */
  sent: boolean | undefined;
}

const NOBODY: ReadonlySet<number> = new Set();

/** All watches of this node's sockets, granted or not. */
export class WatchList {
  private readonly watched = new Map<number, Watched>();
  /** By user and socket, the ids of the people that the socket watches. */
  private readonly users = new Map<number, Map<WatchingSocket, Set<number>>>();

  /** Everybody who is watched. */
  get people(): ReadonlyMap<number, Watched> {
    return this.watched;
  }

  /** All users who watch somebody. */
  get watchers(): number[] {
    return [...this.users.keys()];
  }

  add(socket: WatchingSocket, id: number): Watch {
    const { userId } = socket.actor;
    const sockets = this.users.get(userId) ?? new Map<WatchingSocket, Set<number>>();
    this.users.set(userId, sockets);
    sockets.set(socket, (sockets.get(socket) ?? new Set()).add(id));
    let watched = this.watched.get(id);
    if (!watched) {
      watched = { online: false, lastSeen: null, at: Number.NEGATIVE_INFINITY, read: undefined, watches: new Map() };
      this.watched.set(id, watched);
    }
    let watch = watched.watches.get(socket);
    if (!watch) {
      watch = { isGranted: false, asked: 0, request: undefined, sent: undefined };
      watched.watches.set(socket, watch);
    }
    return watch;
  }

  drop(socket: WatchingSocket, id: number): void {
    const { userId } = socket.actor;
    const sockets = this.users.get(userId);
    const own = sockets?.get(socket);
    own?.delete(id);
    if (own?.size === 0) sockets?.delete(socket);
    if (sockets?.size === 0) this.users.delete(userId);
    const watched = this.watched.get(id);
    watched?.watches.delete(socket);
    if (watched?.watches.size === 0) this.watched.delete(id);
  }

  find(id: number): Watched | undefined {
    return this.watched.get(id);
  }

  /** The ids of the people that the socket watches. */
  by(socket: WatchingSocket): ReadonlySet<number> {
    return this.users.get(socket.actor.userId)?.get(socket) ?? NOBODY;
  }

  /** The ids of the people that the user watches, over all their sockets. */
  byUser(userId: number): Set<number> {
    return new Set([...(this.users.get(userId)?.values() ?? [])].flatMap((ids) => [...ids]));
  }

  /** How many watches all sockets of the user have. */
  count(userId: number): number {
    return [...(this.users.get(userId)?.values() ?? [])].reduce((sum, { size }) => sum + size, 0);
  }

  /** All watches that the user has on the person. */
  between(userId: number, id: number): [WatchingSocket, Watch][] {
    const watches = this.watched.get(id)?.watches;
    return [...(this.users.get(userId)?.keys() ?? [])].flatMap((socket) => {
      const watch = watches?.get(socket);
      return watch ? [[socket, watch]] : [];
    });
  }
}
