import type { Fetch, WebSocketConstructor } from "./api.ts";

/** What a platform may have; none has all. Declared here, so that no platform's types are needed. */
interface Platform {
  WebSocket?: WebSocketConstructor;
  fetch: Fetch;
  location?: { origin: string };
}

export const platform = globalThis as unknown as Platform;
