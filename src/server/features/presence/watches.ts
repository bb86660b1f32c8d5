import type { ClientSocket } from "../../ws/socket.ts";

/** Somebody who is watched from this node. */
export interface Watched {
  online: boolean;
  lastSeen: string | null;
  /** When it was so; of two changes the later one counts. */
  at: number;
  /** Resolves when `online` was read; undefined while nobody who watches them may know. */
  read: Promise<void> | undefined;
  readonly watches: Map<ClientSocket, Watch>;
}

/** One socket's wish to know of one person. */
export interface Watch {
  isGranted: boolean;
  /** The number of the newest question whether it is granted. */
  asked: number;
  /** What the client asked and has no answer to yet. */
  owed: { ref: string | undefined } | undefined;
  /** What the client has heard last. */
  told: boolean | undefined;
}

/** Who watches whom on this node, granted or not. */
export class PresenceWatches {
  private readonly watched = new Map<number, Watched>();
  /** Whom each socket watches, by its user. */
  private readonly users = new Map<number, Map<ClientSocket, Set<number>>>();

  /** All who are watched. */
  get people(): ReadonlyMap<number, Watched> {
    return this.watched;
  }

  /** All users who watch somebody. */
  get watchers(): number[] {
    return [...this.users.keys()];
  }

  add(socket: ClientSocket, id: number): Watch {
    const { userId } = socket.actor;
    const sockets = this.users.get(userId) ?? new Map<ClientSocket, Set<number>>();
    this.users.set(userId, sockets);
    sockets.set(socket, (sockets.get(socket) ?? new Set()).add(id));
    let watched = this.watched.get(id);
    if (!watched) {
      watched = { online: false, lastSeen: null, at: Number.NEGATIVE_INFINITY, read: undefined, watches: new Map() };
      this.watched.set(id, watched);
    }
    let watch = watched.watches.get(socket);
    if (!watch) {
      watch = { isGranted: false, asked: 0, owed: undefined, told: undefined };
      watched.watches.set(socket, watch);
    }
    return watch;
  }

  drop(socket: ClientSocket, id: number): void {
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

  /** Whom the socket watches. */
  by(socket: ClientSocket): ReadonlySet<number> {
    return this.users.get(socket.actor.userId)?.get(socket) ?? NOBODY;
  }

  /** Whom the user watches, over all their sockets. */
  byUser(userId: number): Set<number> {
    return new Set([...(this.users.get(userId)?.values() ?? [])].flatMap((ids) => [...ids]));
  }

  /** How many watches all sockets of the user have. */
  count(userId: number): number {
    return [...(this.users.get(userId)?.values() ?? [])].reduce((sum, { size }) => sum + size, 0);
  }

  /** All watches that the user has on the person. */
  between(userId: number, id: number): [ClientSocket, Watch][] {
    const watches = this.watched.get(id)?.watches;
    return [...(this.users.get(userId)?.keys() ?? [])].flatMap((socket) => {
      const watch = watches?.get(socket);
      return watch ? [[socket, watch]] : [];
    });
  }
}

const NOBODY: ReadonlySet<number> = new Set();
