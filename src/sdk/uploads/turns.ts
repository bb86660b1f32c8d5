import { ConfabError } from "../public/errors.ts";

/** How many files are sent at once. More would only make each of them slower. */
const AT_ONCE = 3;

/** Gives turns to uploads, in the order in which they ask. */
export interface Turns {
  /** Resolves with a function that ends the turn. Rejects with `canceled` when the signal aborts first. */
  take(signal: AbortSignal): Promise<() => void>;
}

export function createTurns(): Turns {
  let taken = 0;
  const waiting: (() => void)[] = [];
  const end = () => {
    taken--;
    waiting.shift()?.();
  };
  return {
    take: (signal) =>
      new Promise((resolve, reject) => {
        const begin = () => {
          taken++;
          signal.removeEventListener("abort", leave);
          let isOver = false;
          resolve(() => {
            if (!isOver) end();
            isOver = true;
          });
        };
        const leave = () => {
          const at = waiting.indexOf(begin);
          if (at >= 0) waiting.splice(at, 1);
          reject(new ConfabError("canceled", "It was canceled"));
        };
        if (signal.aborted) return leave();
        if (taken < AT_ONCE) return begin();
        waiting.push(begin);
        signal.addEventListener("abort", leave);
      }),
  };
}
