/** The first socket of a user has opened, or the last one closed, counted over all nodes. */
export interface PresenceChange {
  userId: number;
  online: boolean;
  /**
   * The time of the change, in ms, by a clock of any origin that all nodes share. Of two changes of one user, the later
   * one counts.
   */
  at: number;
  /** How long ago, in ms, the last socket closed. Its node may have died without announcing that. */
  goneMs: number;
}

/** The times of presence, in ms. */
export interface PresenceTimes {
  /** A user who comes back within this time after their last socket closed was never away. */
  grace: number;
  /** A node that is silent for this long is dead, and its sockets are gone. */
  lease: number;
  /** How often a node renews its lease and looks for dead nodes. */
  beat: number;
  /** After Redis has lost its data, all nodes have written their places again within this time. */
  settle: number;
}

/** Dead nodes are found within a lease and a beat: 22.5 s after kill -9. */
export const presenceTimes: PresenceTimes = { grace: 5_000, lease: 20_000, beat: 2_500, settle: 10_000 };

/**
 * The places that open sockets take, counted over all nodes. They limit the sockets of a user, and say who is online. A place is
 * taken before the upgrade, so that racing upgrades cannot exceed the limit. It is given back when the socket has closed, or
 * when the upgrade failed. Drivers: memory-places.ts, redis/places.ts.
 */
export interface SocketPlaces {
  /** The users with places on this node, and how many each has. 0: they have none, and the grace is not over. */
  readonly here: ReadonlyMap<number, number>;
  /** Returns false when all places of the user are taken. MUST count the place in `here` before it returns. */
  take(userId: number, max: number): Promise<boolean>;
  /** MUST be called once for every place that was taken. */
  giveBack(userId: number): void;
  /** The user's places on all nodes, or on this one alone while the others cannot be asked. */
  count(userId: number): Promise<number>;
  /** Sets the handler of changes of the users of this node and of dead nodes. A change may come more than once. */
  onChange(handler: (changes: PresenceChange[]) => void): void;
  /**
   * The users among these who are online, as of `at` or later. Not `sure`: users who seem to be offline may be online on other
   * nodes. Never rejects.
   */
  online(userIds: number[]): Promise<{ online: Set<number>; at: number; sure: boolean }>;
  /** Sets the handler that is called when changes may have got lost and `online` is sure again. */
  onRestored(handler: () => void): void;
  close(): Promise<void>;
}
