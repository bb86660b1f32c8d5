import type { Bus } from "../bus/bus.ts";

/**
 * Subscribes to the conversations that this node wants events of, once for each, however many rooms and sockets want
 * it.
 */
export class BusInterest {
  /** By conversation, how many rooms and watching sockets want its events. */
  private readonly wanted = new Map<string, number>();

  /** Subscriptions that are under way. Those of one tick are often one. */
  private readonly underWay = new Set<Promise<void>>();

  constructor(private readonly bus: Pick<Bus, "subscribe" | "unsubscribe">) {}

  get conversationIds(): string[] {
    return [...this.wanted.keys()];
  }

  /** Resolves when the bus brings the conversation's events. Never rejects. */
  add(conversationId: string): Promise<void> {
    this.wanted.set(conversationId, (this.wanted.get(conversationId) ?? 0) + 1);
    const subscribed = this.bus.subscribe(conversationId);
    if (!this.underWay.has(subscribed)) {
      this.underWay.add(subscribed);
      void subscribed.then(() => this.underWay.delete(subscribed));
    }
    return subscribed;
  }

  /** Resolves when the bus brings the events of all conversations that are wanted now. */
  async reached(): Promise<void> {
    if (this.underWay.size > 0) await Promise.all(this.underWay);
  }

  /** MUST be called as often as `add`. */
  remove(conversationId: string): void {
    const wanted = (this.wanted.get(conversationId) ?? 1) - 1;
    if (wanted > 0) {
      this.wanted.set(conversationId, wanted);
      return;
    }
    this.wanted.delete(conversationId);
    this.bus.unsubscribe(conversationId);
  }
}
