// For `bun --preload`: a request that is neither answered nor refused, with nothing in the event loop that waits for it.
Object.assign(globalThis, { fetch: () => new Promise(() => {}) });
