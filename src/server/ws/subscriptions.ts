interface RoomPart {
  readonly room: { readonly conversationId: string };
}

/** The subscriptions of one socket. Most sockets have only one, and a Map with one entry takes 256 bytes. */
export class Subscriptions<S extends RoomPart> {
  private only: S | undefined;
  /** By conversation, since there were two. Then `only` is not used. */
  private many: Map<string, S> | undefined;

  get all(): S[] {
    if (this.many) return [...this.many.values()];
    return this.only ? [this.only] : [];
  }

  get(conversationId: string): S | undefined {
    if (this.many) return this.many.get(conversationId);
    return this.only?.room.conversationId === conversationId ? this.only : undefined;
  }

  has(conversationId: string): boolean {
    return this.get(conversationId) !== undefined;
  }

  /** Takes the place of an earlier subscription to the same conversation. */
  add(subscription: S): void {
    const { conversationId } = subscription.room;
    if (this.only && this.only.room.conversationId !== conversationId) {
      this.many = new Map([[this.only.room.conversationId, this.only]]);
      this.only = undefined;
    }
    if (this.many) this.many.set(conversationId, subscription);
    else this.only = subscription;
  }

  /** Does nothing when another subscription has taken its place. */
  remove(subscription: S): void {
    const { conversationId } = subscription.room;
    if (this.get(conversationId) !== subscription) return;
    this.many?.delete(conversationId);
    this.only = undefined;
  }
}
