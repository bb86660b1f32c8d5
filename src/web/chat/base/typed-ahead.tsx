import { useLayoutEffect } from "preact/hooks";
import { isComposing } from "../../design/keys.ts";
import { closeDialog } from "./open-dialog.ts";
import { insertText } from "./text-field.ts";

/**
 * Stands in for a dialog that is on its way. The keys that people press meanwhile are for its field, and not for the text
 * field behind it.
 */
export function TypedAhead() {
  useLayoutEffect(() => {
    let typed = "";
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isComposing(event)) return;
      if (event.key === "Escape") closeDialog();
      else if (event.key === "Backspace") typed = typed.slice(0, -1);
      else if (event.key.length === 1) typed += event.key;
      event.preventDefault();
      event.stopPropagation();
    };
    addEventListener("keydown", onKeyDown, { capture: true });
    return () => {
      removeEventListener("keydown", onKeyDown, { capture: true });
      // The dialog takes the focus first.
      if (typed !== "") setTimeout(pass, 0, typed);
    };
  }, []);
  return null;
}

function pass(typed: string) {
  const field = document.activeElement;
  if (field instanceof HTMLInputElement && field.closest("dialog")) insertText(field, typed);
}
