import { closeCodes } from "../../protocol/close-codes.ts";
import { SmallSet } from "../base/small-set.ts";
import type { ClientSocket } from "./socket.ts";

/** All sockets of this node, and the sockets of each user. */
export class SocketDirectory {
  readonly all = new Set<ClientSocket>();
  private readonly byUser = new Map<number, SmallSet<ClientSocket>>();

  add(socket: ClientSocket): void {
    this.all.add(socket);
    const { userId } = socket.actor;
    const sockets = this.byUser.get(userId);
    if (sockets) sockets.add(socket);
    else this.byUser.set(userId, new SmallSet(socket));
  }

  remove(socket: ClientSocket): void {
    this.all.delete(socket);
    const { userId } = socket.actor;
    const sockets = this.byUser.get(userId);
    sockets?.delete(socket);
    if (sockets?.size === 0) this.byUser.delete(userId);
  }

  of(userId: number): Iterable<ClientSocket> {
    return this.byUser.get(userId) ?? [];
  }

  /** Whether a socket of the user is in the conversation. */
  isPresent(conversationId: string, userId: number): boolean {
    // The room is not searched: each of its sockets asks when it closes, and a large room has many.
    for (const socket of this.of(userId)) if (socket.subscriptions.has(conversationId)) return true;
    return false;
  }

  /** The user was removed from a conversation, with this version of it: the user's sockets leave its threads. */
  leaveThreads(userId: number, parentId: string, version: number): void {
    for (const socket of this.of(userId))
      for (const subscription of socket.subscriptions.all) subscription.leftParent(parentId, version);
  }

  endSessions(userId: number, sessionIds: string[]): void {
    for (const socket of this.of(userId))
      if (sessionIds.includes(socket.sessionId)) socket.close(closeCodes.sessionEnded, "Session ended");
  }

  renameUser(userId: number, fullName: string): void {
    for (const socket of this.of(userId)) socket.actor.fullName = fullName;
  }
}
