import type { RefObject } from "preact";
import { useRef, useState } from "preact/hooks";
import { texts } from "../../../texts/texts.ts";
import { insertText } from "../../base/text-field.ts";
import { findEmoji, nameBefore } from "./find.ts";
import type { Emoji } from "./pick.ts";
import { rememberEmoji } from "./recent.ts";

const SHOWN = 7;

/** Completes `:smile` in a text field. */
export function useSuggestions(field: RefObject<HTMLTextAreaElement | null>) {
  const [items, setItems] = useState<readonly Emoji[]>([]);
  const [chosen, setChosen] = useState(0);
  const from = useRef(0);
  const close = () => setItems([]);

  const insert = (emoji: Emoji | undefined) => {
    const element = field.current;
    close();
    if (!element || !emoji) return;
    element.setSelectionRange(from.current, element.selectionEnd);
    insertText(element, `${emoji.c} `);
    rememberEmoji(emoji.c);
  };

  const look = async () => {
    const typed = typedIn(field.current);
    if (!typed) return items.length > 0 && close();
    const { allEmoji } = await import("./data.ts");
    const now = typedIn(field.current);
    if (!now) return close();
    from.current = now.from;
    const found = findEmoji(allEmoji, now.name, SHOWN);
    if (now.isClosed) return found[0]?.n.includes(now.name) ? insert(found[0]) : close();
    setItems(found);
    setChosen(0);
  };

  const onKeyDown = (event: KeyboardEvent): boolean => {
    if (items.length === 0) return false;
    if (event.key === "ArrowDown") setChosen((chosen + 1) % items.length);
    else if (event.key === "ArrowUp") setChosen((chosen - 1 + items.length) % items.length);
    else if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey) insert(items[chosen]);
    else if (event.key === "Escape") close();
    else return false;
    return true;
  };

  return { items, chosen, insert, look: () => void look(), close, onKeyDown };
}

function typedIn(field: HTMLTextAreaElement | null) {
  if (!field || field.selectionStart !== field.selectionEnd) return undefined;
  return nameBefore(field.value, field.selectionEnd);
}

export function Suggestions({
  items,
  chosen,
  insert,
}: Pick<ReturnType<typeof useSuggestions>, "items" | "chosen" | "insert">) {
  if (items.length === 0) return null;
  return (
    <div
      id="emoji-suggestions"
      class="emoji-suggestions"
      role="listbox"
      aria-label={texts.messages.composer.suggestions}
    >
      {items.map((emoji, i) => (
        // The text field handles the keys.
        // biome-ignore lint/a11y/useFocusableInteractive: aria-activedescendant points here
        // biome-ignore lint/a11y/useKeyWithClickEvents: see above
        <div
          key={emoji.c}
          id={`emoji-suggestion-${i}`}
          role="option"
          class="emoji-suggestion"
          aria-selected={i === chosen}
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => insert(emoji)}
        >
          <span class="emoji">{emoji.c}</span>
          <span>:{emoji.n[0]}:</span>
        </div>
      ))}
    </div>
  );
}
