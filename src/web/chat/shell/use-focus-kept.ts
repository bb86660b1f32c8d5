import { useEffect, useRef } from "preact/hooks";
import { isFocusLost } from "../../design/lost-focus.ts";

/**
 * Moves a focus that is lost after a change of the address, because its element is gone or hidden. It goes to the link
 * to the old address, to the link to the new one, or to the heading. Otherwise people who use a keyboard or a screen
 * reader would start at the top again.
 */
export function useFocusKept(path: string) {
  const before = useRef(path);
  useEffect(() => {
    const from = before.current;
    before.current = path;
    if (from === path) return;
    // Waits until everything is rendered.
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
  // A heading needs a `tabIndex` to get the focus.
  if (target?.matches("h1")) target.tabIndex = -1;
  target?.focus();
}
