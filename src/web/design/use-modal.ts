import type { RefObject } from "preact";
import { useLayoutEffect } from "preact/hooks";

/**
 * Shows a dialog as long as it is rendered. The focus goes to a part with `data-autofocus`, or else to `first`, and at the
 * end back to where it was.
 */
export function useModal(element: RefObject<HTMLDialogElement | null>, first: RefObject<HTMLElement | null>) {
  // A layout effect, so that the keys after the one that opened the dialog go into it.
  useLayoutEffect(() => {
    const dialog = element.current;
    const before = document.activeElement;
    if (!dialog) return;
    dialog.showModal();
    (dialog.querySelector<HTMLElement>("[data-autofocus]") ?? first.current)?.focus();
    return () => {
      dialog.close();
      // WebKitGTK can hang for good when the body, which takes no focus, is to get it here.
      if (before instanceof HTMLElement && before !== document.body && before.isConnected) before.focus();
    };
  }, []);
}
