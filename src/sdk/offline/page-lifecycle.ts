interface Page {
  document?: { visibilityState: string };
  addEventListener?(type: string, listener: () => void, options: { signal: AbortSignal }): void;
}

/**
 * Calls `onWake` when a page is shown again or the network changes, and `onHide` when a page is hidden or left. Outside
 * browsers it does nothing.
 */
export function watchPage(onWake: () => void, onHide: () => void, signal: AbortSignal): void {
  const page: Page = globalThis;
  const listen = (type: string, listener: () => void) => page.addEventListener?.(type, listener, { signal });
  for (const type of ["online", "offline", "pageshow"]) listen(type, onWake);
  listen("pagehide", onHide);
  listen("visibilitychange", () => (page.document?.visibilityState === "hidden" ? onHide() : onWake()));
}
