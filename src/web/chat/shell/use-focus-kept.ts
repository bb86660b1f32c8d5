import { useEffect, useRef } from "preact/hooks";
import { isFocusLost } from "../../design/lost-focus.ts";

/**
 * What had the focus may be gone with the page before, or hidden on a narrow screen. Then the link to where one was has
 * it, that to where one is, or the heading of what is new: who goes on by keyboard or ear would begin at the top again.
 */
export function useFocusKept(path: string) {
  const before = useRef(path);
  useEffect(() => {
    const from = before.current;
    before.current = path;
    if (from === path) return;
    // When all of it is drawn.
    const frame = requestAnimationFrame(() => {
      if (isFocusLost()) focusIn(document.querySelector("main"), from);
    });
    return () => cancelAnimationFrame(frame);
  }, [path]);
}

function focusIn(main: HTMLElement | null, from: string) {
  const region = main?.checkVisibility() ? main : document.querySelector<HTMLElement>(".sidebar");
  const ways = [`a[href="${CSS.escape(from)}"]`, "a[aria-current]", "h1"];
  const found = ways
    .map((way) => region?.querySelector<HTMLElement>(way))
    .find((element) => element?.checkVisibility());
  const target = found ?? region;
  // A heading takes the focus only when it is told to.
  if (target?.matches("h1")) target.tabIndex = -1;
  target?.focus();
}
