import { type ReadonlySignal, signal } from "@preact/signals";

/** Milliseconds. A part that could not be loaded is tried again after this time, and then after ever longer ones. */
const AGAIN_MS = 2_000;
const AGAIN_MS_MAX = 300_000;

interface Loading<T> {
  /** `undefined` until it is there. */
  loaded: ReadonlySignal<T | undefined>;
  /** The last attempt has failed. */
  hasFailed: ReadonlySignal<boolean>;
  /** Begins to load it, also when the last attempt has failed. Resolves after that attempt. */
  want(): Promise<void>;
}

/** Loads something that the page can do without for a while. If that fails, it tries again. */
export function patiently<T>(load: () => Promise<T>): Loading<T> {
  const loaded = signal<T | undefined>(undefined);
  const hasFailed = signal(false);
  let wait = 0;
  let running: Promise<void> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const attempt = async () => {
    clearTimeout(timer);
    try {
      loaded.value = await load();
      hasFailed.value = false;
    } catch (error) {
      wait = Math.min(Math.max(AGAIN_MS, 2 * wait), AGAIN_MS_MAX);
      timer = setTimeout(want, wait);
      running = undefined;
      hasFailed.value = true;
      // Nobody catches it here, so that the page offers a reload when the server has a new version. Offline, it can't know.
      if (navigator.onLine) void Promise.reject(error);
    }
  };
  const want = () => {
    running ??= attempt();
    return running;
  };
  return { loaded, hasFailed, want };
}
