import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Success } from "../../../protocol/envelope.ts";
import { admin } from "./api.ts";

export interface Loaded<T> {
  answer: Success<T> | undefined;
  /** The error of the last request. The answer before it stays. */
  error: Error | undefined;
  /** The answer belongs to an earlier path. The answer to the current one is on its way. */
  isStale: boolean;
  reload: () => Promise<void>;
}

/**
 * Loads data when the path changes, and repeatedly while the page is visible. The old answer stays until the new one is
 * there, so nothing flickers.
 * @param path under `/api/admin/`; `undefined` loads nothing
 */
export function useLoad<T>(path: string | undefined, everyMs?: number): Loaded<T> {
  const [state, setState] = useState<{ path?: string | undefined; answer?: Success<T>; error?: Error }>({});
  const asked = useRef(0);
  const answered = useRef(0);
  const reload = useCallback(async () => {
    if (path === undefined) return;
    const turn = ++asked.current;
    try {
      const answer = await admin<T>("GET", path);
      if (turn === asked.current) setState({ path, answer });
    } catch (error) {
      if (turn === asked.current) setState((before) => ({ ...before, error: error as Error }));
    }
    answered.current = Math.max(answered.current, turn);
  }, [path]);

  useEffect(() => {
    void reload();
    if (everyMs === undefined) return;
    const timer = setInterval(() => {
      // A new request would discard the answer to the one before, so a slow server would never be heard.
      const isAnswered = answered.current === asked.current;
      if (isAnswered && document.visibilityState === "visible") void reload();
    }, everyMs);
    return () => clearInterval(timer);
  }, [reload, everyMs]);

  return { answer: state.answer, error: state.error, isStale: state.path !== path, reload };
}
