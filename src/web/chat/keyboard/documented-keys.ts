import { formatTexts, keyTexts } from "../../texts/documented-keys.ts";
import { texts } from "../../texts/texts.ts";
import type { KeyHint, ShortcutSection } from "../base/shortcuts.ts";
import { messageActions } from "../messages/actions/table.ts";
import { FORMATS } from "../messages/format/keys.ts";
import { FIRST_NEW_KEYS } from "../messages/use-missed.ts";

/** The keys that the list, the messages and the text field handle themselves, also while none of them is shown. */
export function documentedKeys(): Partial<Record<ShortcutSection, readonly KeyHint[]>> {
  const keys = { ...texts.keyboard.keys, ...keyTexts };
  return {
    conversations: [
      { keys: "ArrowDown", label: keys.listMove },
      { keys: "Enter", label: keys.listOpen },
      { keys: "Shift+F10", label: keys.listActions },
    ],
    messages: [
      { keys: "ArrowUp", label: keys.move },
      { keys: "Home", label: keys.first },
      { keys: "Enter", label: keys.actions },
      ...messageActions.flatMap(({ keys, hint }) => (keys && hint ? [{ keys, label: hint }] : [])),
      { keys: "Escape", label: keys.write },
      { keys: FIRST_NEW_KEYS, label: keys.firstNew },
      { keys: "Escape", label: keys.waive },
    ],
    composing: [
      { keys: "Enter", label: keys.send },
      { keys: "Mod+Enter", label: keys.sendAlways },
      { keys: "Shift+Enter", label: keys.newline },
      { keys: "ArrowUp", label: keys.editLast },
      ...FORMATS.flatMap(([format, keys]) => (keys ? [{ keys, label: formatTexts[format] }] : [])),
      { keys: ":", label: keys.emoji },
      { keys: "PageUp", label: keys.scroll },
      { keys: "Escape", label: keys.cancel },
    ],
  };
}
