import { today } from "./today.ts";

/** A machine that sleeps stops the clocks of its pages: they look again at least so often. */
const LOOK_MS = 10 * 60_000;

/** Notices midnight, and on waking up that it was missed. */
export function followDays() {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    const now = new Date();
    if (now.toDateString() !== today.peek().toDateString()) today.value = now;
    const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1).getTime();
    clearTimeout(timer);
    timer = setTimeout(look, Math.min(midnight - now.getTime() + 1, LOOK_MS));
  };
  document.addEventListener("visibilitychange", look);
  look();
}
