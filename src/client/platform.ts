import type { Fetch, WebSocketConstructor } from "./api.ts";

interface Target {
  addEventListener(type: string, listener: () => void): void;
  removeEventListener(type: string, listener: () => void): void;
}

/** What a platform may have; none has all. Declared here, so that no platform's types are needed. */
interface Platform extends Partial<Target> {
  WebSocket?: WebSocketConstructor;
  fetch: Fetch;
  location?: { origin: string };
  document?: Target & { visibilityState: string };
  indexedDB?: unknown;
}

export const platform = globalThis as unknown as Platform;

/** Listens for what wakes a page or machine up, and for what ends a page. Returns how to stop. */
export function watchPage(onWake: () => void, onHide: () => void): () => void {
  const { document } = platform;
  const onVisibility = () => (document?.visibilityState === "hidden" ? onHide() : onWake());
  const listeners: [Partial<Target> | undefined, string, () => void][] = [
    [platform, "online", onWake],
    [platform, "offline", onWake],
    [platform, "pageshow", onWake],
    [platform, "pagehide", onHide],
    [document, "visibilitychange", onVisibility],
  ];
  if (!document) return () => {};
  for (const [target, type, listener] of listeners) target?.addEventListener?.(type, listener);
  return () => {
    for (const [target, type, listener] of listeners) target?.removeEventListener?.(type, listener);
  };
}
