/** Typed events. A listener that throws harms nobody: its error goes to `onError`. */
export function createEmitter<Events extends { [K in keyof Events]: unknown[] }>(onError: (error: unknown) => void) {
  const listeners: { [K in keyof Events]?: Set<(...args: Events[K]) => unknown> } = {};
  return {
    on<K extends keyof Events>(event: K, listener: (...args: Events[K]) => void): () => void {
      // Each call counts for itself, also with a function that listens already.
      const own = (...args: Events[K]) => listener(...args);
      const set: Set<(...args: Events[K]) => unknown> = listeners[event] ?? new Set();
      listeners[event] = set.add(own);
      return () => void set.delete(own);
    },
    emit<K extends keyof Events>(event: K, ...args: Events[K]): void {
      // Who throws on errors is not told of that by another error.
      for (const listener of [...(listeners[event] ?? [])])
        (async () => listener(...args))().catch(event === "error" ? () => {} : onError);
    },
  };
}
