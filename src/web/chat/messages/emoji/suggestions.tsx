import { useEffect, useRef } from "preact/hooks";
import { texts } from "../../../texts/texts.ts";
import type { useSuggestions } from "./use-suggestions.ts";
import "./suggestions.css";

/** The list of emoji above the text field, which keeps the focus and handles the keys. */
export function Suggestions({
  items,
  chosen,
  insert,
}: Pick<ReturnType<typeof useSuggestions>, "items" | "chosen" | "insert">) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" }), [chosen]);
  return (
    <div
      ref={list}
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
