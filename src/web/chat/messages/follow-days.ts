import { today } from "./today.ts";

/** Clocks of a page stop while the machine sleeps, so the page looks at least this often. */
const LOOK_MS = 10 * 60_000;

/** Updates `today` at midnight, and after a sleep over midnight. */
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
