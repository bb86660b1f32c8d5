import type { Bus } from "../bus/bus.ts";

/**
 * Subscribes to the conversations that this node wants events of, once for each, however many rooms and sockets want
 * it.
 */
export class BusInterest {
  /** By conversation, how many rooms and watching sockets want its events. */
  private readonly wanted = new Map<string, number>();

  constructor(private readonly bus: Pick<Bus, "subscribe" | "unsubscribe">) {}

  get conversationIds(): string[] {
    return [...this.wanted.keys()];
  }

  /** Resolves when the bus brings the conversation's events. */
  add(conversationId: string): Promise<void> {
    this.wanted.set(conversationId, (this.wanted.get(conversationId) ?? 0) + 1);
    return this.bus.subscribe(conversationId);
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
