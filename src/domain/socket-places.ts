/**
 * How many sockets a user may have, counted over all nodes. A place is taken before the upgrade, so that racing
 * upgrades can't exceed the number, and given back when the socket has closed or never came to be.
 * Drivers: stores/embedded/socket-places.ts, stores/redis/socket-places.ts.
 */
export interface SocketPlaces {
  /** False when the user has all their places taken. */
  take(userId: number, socketId: string, max: number): Promise<boolean>;
  giveBack(userId: number, socketId: string): void;
  close(): void;
}
