/** Typed events. When a listener throws, the others are still called, and its error goes to `onError`. */
export function createEmitter<Events extends { [K in keyof Events]: unknown[] }>(onError: (error: unknown) => void) {
  const listeners: { [K in keyof Events]?: Set<(...args: Events[K]) => unknown> } = {};
  const emitter = {
    on<K extends keyof Events>(event: K, listener: (...args: Events[K]) => void): () => void {
      // A new function for each call, so that the same listener can be added twice.
      const own = (...args: Events[K]) => listener(...args);
      const set: Set<(...args: Events[K]) => unknown> = listeners[event] ?? new Set();
      listeners[event] = set.add(own);
      return () => void set.delete(own);
    },
    emit<K extends keyof Events>(event: K, ...args: Events[K]): void {
      // An `error` listener that throws must not cause another `error` event.
      for (const listener of [...(listeners[event] ?? [])])
        (async () => listener(...args))().catch(event === "error" ? () => {} : onError);
    },
    /** As `emit`, for a name from the server. Only a listener of a declared name can hear it. */
    emitNamed: (name: string, ...args: unknown[]) =>
      emitter.emit(name as keyof Events, ...(args as Events[keyof Events])),
  };
  return emitter;
}
