import type { Fetch, WebSocketConstructor } from "../public/client.ts";

/** What a platform may have; none has all. Declared here, so that no platform's types are needed. */
interface Platform {
  WebSocket?: WebSocketConstructor;
  fetch: Fetch;
  location?: { origin: string };
}

export const platform = globalThis as unknown as Platform;

/** As `setTimeout`, for what no process has to stay for: what it stays for is the connection, or the next try to have one. */
export function later(work: () => void, ms: number): ReturnType<typeof setTimeout> {
  const timer: ReturnType<typeof setTimeout> & { unref?(): void } = setTimeout(work, ms);
  timer.unref?.();
  return timer;
}
