import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Success } from "../../../protocol/envelope.ts";
import { admin } from "./api.ts";

export interface Loaded<T> {
  answer: Success<T> | undefined;
  /** Why the last time failed; what came before is still there. */
  error: Error | undefined;
  /** What is there belongs to another question: the answer to this one is on its way. */
  isStale: boolean;
  reload: () => Promise<void>;
}

/**
 * Asks for something, anew when the path changes, and every so often while the page is looked at. What is there stays
 * until what is new has come, so nothing flickers.
 * @param path under `/api/admin/`; `undefined`: there is nothing to ask
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
      // A slow answer counts as well as a quick one: asking anew would make it void.
      const isAnswered = answered.current === asked.current;
      if (isAnswered && document.visibilityState === "visible") void reload();
    }, everyMs);
    return () => clearInterval(timer);
  }, [reload, everyMs]);

  return { answer: state.answer, error: state.error, isStale: state.path !== path, reload };
}
