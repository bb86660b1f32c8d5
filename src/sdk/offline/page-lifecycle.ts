interface Page {
  document?: { visibilityState: string };
  addEventListener?(type: string, listener: () => void, options: { signal: AbortSignal }): void;
}

/** Listens for what wakes a page or machine up, and for what ends a page, until `over`. Elsewhere there is nothing to hear. */
export function watchPage(onWake: () => void, onHide: () => void, over: AbortSignal): void {
  const page = globalThis as unknown as Page;
  const listen = (type: string, listener: () => void) => page.addEventListener?.(type, listener, { signal: over });
  for (const type of ["online", "offline", "pageshow"]) listen(type, onWake);
  listen("pagehide", onHide);
  listen("visibilitychange", () => (page.document?.visibilityState === "hidden" ? onHide() : onWake()));
}
