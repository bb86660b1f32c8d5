import { useEffect, useState } from "preact/hooks";

/** The longest time that a timer can wait, in ms. */
const TIMER_MAX = 2 ** 31 - 1;

/** Whether a poll is closed. Renders again when it closes. */
export function useClosed(closesAt: string | undefined): boolean {
  const left = closesAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(closesAt) - Date.now();
  const [, render] = useState(0);
  useEffect(() => {
    if (left <= 0 || left > TIMER_MAX) return;
    const timer = setTimeout(() => render((times) => times + 1), left);
    return () => clearTimeout(timer);
  }, [closesAt]);
  return left <= 0;
}
