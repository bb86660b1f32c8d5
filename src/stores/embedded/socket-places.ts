import type { SocketPlaces } from "../../domain/socket-places.ts";

/** The places of this node's sockets. */
export class LocalSocketPlaces implements SocketPlaces {
  private readonly taken = new Map<number, Set<string>>();

  async take(userId: number, socketId: string, max: number): Promise<boolean> {
    const places = this.taken.get(userId) ?? new Set();
    if (places.size >= max) return false;
    this.taken.set(userId, places.add(socketId));
    return true;
  }

  giveBack(userId: number, socketId: string): void {
    const places = this.taken.get(userId);
    places?.delete(socketId);
    if (places?.size === 0) this.taken.delete(userId);
  }

  close(): void {}
}
