import type { Fetch, WebSocketConstructor } from "../public/client.ts";

/** The globals that the client uses. Some platforms lack some. Declared here, so that no platform's types are needed. */
interface Platform {
  WebSocket?: WebSocketConstructor;
  fetch: Fetch;
  location?: { origin: string };
}

export const platform: Platform = globalThis;

/**
 * As `setTimeout`, but does not keep a process running. Only the connection, or the wait for the next attempt, may do so.
 */
export function later(work: () => void, ms: number): ReturnType<typeof setTimeout> {
  const timer: ReturnType<typeof setTimeout> & { unref?(): void } = setTimeout(work, ms);
  timer.unref?.();
  return timer;
}
