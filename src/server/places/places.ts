/** The first socket of a user has opened, or the last one closed, counted over all nodes. */
export interface PresenceChange {
  userId: number;
  online: boolean;
  /** Of two changes of one user the one with the higher `at` counts: ms by a clock that all nodes share, of any origin. */
  at: number;
  /** So long ago the last socket closed, in ms; its node may have died without a word. */
  goneMs: number;
}

/** In ms. */
export interface PresenceTimes {
  /** Who comes back within this time after their last socket closed was never away. */
  grace: number;
  /** A node that is not heard for so long is dead, and its sockets are gone. */
  lease: number;
  /** How often a node renews its lease and looks for dead ones. */
  beat: number;
  /** After Redis has lost what it had, all nodes have told it again by then. */
  settle: number;
}

/** Dead nodes are found within a lease and a beat: 22.5 s after kill -9. */
export const presenceTimes: PresenceTimes = { grace: 5_000, lease: 20_000, beat: 2_500, settle: 10_000 };

/**
 * The places that open sockets take, counted over all nodes: how many a user may have, and so also who is online. A
 * place is taken before the upgrade, so that racing upgrades can't exceed the number, and given back when the socket has
 * closed or never came to be.
 * Drivers: stores/embedded/socket-places.ts, stores/redis/socket-places.ts.
 */
export interface SocketPlaces {
  /** Who has places on this node and how many; 0 while they may be back in a moment. */
  readonly here: ReadonlyMap<number, number>;
  /** False when the user has all their places taken. MUST count the place here before it returns. */
  take(userId: number, max: number): Promise<boolean>;
  /** MUST be called once for every place that was taken. */
  giveBack(userId: number): void;
  /** How many they have on all nodes; on this one alone while the others can't be asked. */
  count(userId: number): Promise<number>;
  /** Sets what hears of changes, of this node's users and those of dead ones. A change may be told more than once. */
  onChange(handler: (changes: PresenceChange[]) => void): void;
  /**
   * Who of these is online, as it was at `at` or later. Not `sure`: of those who seem to be offline some may be online
   * on other nodes. Never rejects.
   */
  online(userIds: number[]): Promise<{ online: Set<number>; at: number; sure: boolean }>;
  /** Sets what is called when changes may have got lost and `online` is sure again. */
  onRestored(handler: () => void): void;
  close(): Promise<void>;
}
