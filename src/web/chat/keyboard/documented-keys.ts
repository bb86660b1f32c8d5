import { texts } from "../../texts/texts.ts";
import { documentKeys } from "../base/shortcuts.ts";
import { FIRST_NEW_KEYS } from "../messages/use-missed.ts";

/**
 * Lists the keys that the list, the messages and the text field handle themselves, also while none of them is shown.
 */
export function useDocumentedKeys() {
  const { keys } = texts.keyboard;
  documentKeys("conversations", [
    { keys: "ArrowDown", label: keys.listMove },
    { keys: "Enter", label: keys.listOpen },
  ]);
  documentKeys("messages", [
    { keys: "ArrowUp", label: keys.move },
    { keys: "Home", label: keys.first },
    { keys: "Enter", label: keys.actions },
    { keys: "e", label: keys.edit },
    { keys: "Delete", label: keys.delete },
    { keys: "c", label: keys.copy },
    { keys: "r", label: keys.retry },
    { keys: "Escape", label: keys.write },
    { keys: FIRST_NEW_KEYS, label: keys.firstNew },
    { keys: "Escape", label: keys.waive },
  ]);
  documentKeys("composing", [
    { keys: "Enter", label: keys.send },
    { keys: "Shift+Enter", label: keys.newline },
    { keys: "ArrowUp", label: keys.editLast },
    { keys: "Mod+B", label: keys.bold },
    { keys: "Mod+I", label: keys.italics },
    { keys: "Mod+E", label: keys.code },
    { keys: ":", label: keys.emoji },
    { keys: "PageUp", label: keys.scroll },
    { keys: "Escape", label: keys.cancel },
  ]);
}
