import type { RefObject } from "preact";
import { useRef, useState } from "preact/hooks";
import { insertText } from "../../base/text-field.ts";
import { loadWritingTools, writingTools } from "../writing.ts";
import type { Emoji } from "./pick.ts";
import { rememberEmoji } from "./recent.ts";

const SHOWN = 7;
const NONE = -1;

/**
 * Completes `:smile` in a text field. Enter takes an emoji if an arrow key chose it or if its name is plain; otherwise
 * Enter sends the text as typed. Tab takes the first emoji in any case. Escape closes the list until the next name.
 */
export function useSuggestions(field: RefObject<HTMLTextAreaElement | null>) {
  const [items, setItems] = useState<readonly Emoji[]>([]);
  const [chosen, setChosen] = useState(NONE);
  /** The colon of the name after which Escape was pressed. */
  const refused = useRef(NONE);
  const close = () => setItems([]);

  const insert = (emoji: Emoji | undefined) => {
    const element = field.current;
    const typed = typedIn(element);
    close();
    if (!element || !typed || !emoji) return;
    element.setSelectionRange(typed.from, element.selectionEnd);
    insertText(element, `${emoji.c} `);
    rememberEmoji(emoji.c);
  };

  const look = async () => {
    const { findEmoji, isPlainName } = await loadWritingTools();
    const typed = typedIn(field.current);
    if (typed?.from !== refused.current) refused.current = NONE;
    if (!typed || refused.current !== NONE) return items.length > 0 && close();
    const { allEmoji } = await import("./data.ts");
    const now = typedIn(field.current);
    if (!now || refused.current !== NONE) return close();
    const found = findEmoji(allEmoji, now.name, SHOWN);
    const [first] = found;
    if (now.isClosed) return first?.n.includes(now.name) ? insert(first) : close();
    setItems(found);
    setChosen(first && isPlainName(now.name, first) ? 0 : NONE);
  };

  const onKeyDown = (event: KeyboardEvent): boolean => {
    const typed = items.length > 0 ? typedIn(field.current) : undefined;
    if (!typed || event.ctrlKey || event.metaKey || event.altKey) return false;
    const step = { ArrowDown: 1, ArrowUp: chosen === NONE ? 0 : -1 }[event.key];
    if (step !== undefined) setChosen((chosen + step + items.length) % items.length);
    else if (event.key === "Enter" && !event.shiftKey && chosen !== NONE) insert(items[chosen]);
    else if (event.key === "Tab" && !event.shiftKey) insert(items[Math.max(0, chosen)]);
    else if (event.key === "Escape") {
      refused.current = typed.from;
      close();
    } else return false;
    return true;
  };

  return { items, chosen, insert, look: () => void look().catch(() => {}), close, onKeyDown };
}

function typedIn(field: HTMLTextAreaElement | null) {
  if (!field || field.selectionStart !== field.selectionEnd) return undefined;
  return writingTools()?.nameBefore(field.value, field.selectionEnd);
}
