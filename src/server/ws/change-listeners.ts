/** Requests that wait for the next change of a conversation. */
export class ChangeListeners {
  private readonly listeners = new Map<string, Set<() => void>>();

  /** Calls `moved` after each change, until the returned function is called. */
  add(conversationId: string, moved: () => void): () => void {
    const there = this.listeners.get(conversationId) ?? new Set();
    this.listeners.set(conversationId, there.add(moved));
    return () => {
      there.delete(moved);
      if (there.size === 0 && this.listeners.get(conversationId) === there) this.listeners.delete(conversationId);
    };
  }

  /** The conversation may have a new change. */
  moved(conversationId: string): void {
    for (const moved of this.listeners.get(conversationId) ?? []) moved();
  }
}
