import type { RefObject } from "preact";
import { useRef, useState } from "preact/hooks";
import type { Conversation } from "../../../../sdk/index.ts";
import { insertText } from "../../base/text-field.ts";
import { useSession } from "../../session/context.ts";
import { loadMentioning, mentioning } from "./mentioning.ts";
import type { Suggestion } from "./typed.ts";

const NONE = -1;

/** Completes `@Bo` in a text field. Enter and Tab take the chosen name. Escape closes the list until the next `@`. */
export function useMentionSuggestions(field: RefObject<HTMLTextAreaElement | null>, conversation: Conversation) {
  const { me } = useSession();
  const [items, setItems] = useState<readonly Suggestion[]>([]);
  const [chosen, setChosen] = useState(0);
  /** The `@` of the name after which Escape was pressed. */
  const refused = useRef(NONE);
  const close = () => setItems((before) => (before.length > 0 ? [] : before));

  const typedIn = (element: HTMLTextAreaElement | null) =>
    element && element.selectionStart === element.selectionEnd
      ? mentioning()?.nameAt(element.value, element.selectionEnd)
      : undefined;

  const insert = (suggestion: Suggestion | undefined) => {
    const element = field.current;
    const typed = typedIn(element);
    const text = suggestion && mentioning()?.typedAs(conversation, suggestion);
    close();
    if (!element || !typed || text === undefined) return;
    element.setSelectionRange(typed.from, element.selectionEnd);
    const isSpaced = /^\s/.test(element.value.slice(element.selectionEnd));
    insertText(element, isSpaced ? text : `${text} `);
  };

  function show() {
    const typed = typedIn(field.current);
    if (typed?.from !== refused.current) refused.current = NONE;
    if (!typed || refused.current !== NONE) return close();
    setItems(mentioning()?.suggestionsFor(conversation, typed.name, me.peek()?.id) ?? []);
    setChosen(0);
  }

  const look = async () => {
    if (!field.current?.value.includes("@")) return close();
    const { learn } = await loadMentioning();
    show();
    if (typedIn(field.current) && (await learn(conversation))) show();
  };

  const onKeyDown = (event: KeyboardEvent): boolean => {
    const typed = items.length > 0 ? typedIn(field.current) : undefined;
    if (!typed || event.ctrlKey || event.metaKey || event.altKey) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) setChosen((chosen + step + items.length) % items.length);
    else if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey) insert(items[chosen]);
    else if (event.key === "Escape") {
      refused.current = typed.from;
      close();
    } else return false;
    return true;
  };

  return { items, chosen, insert, look: () => void look().catch(() => {}), close, onKeyDown };
}
