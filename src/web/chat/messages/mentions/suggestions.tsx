import { useEffect, useRef } from "preact/hooks";
import { Avatar } from "../../../design/avatar.tsx";
import { avatarOf } from "../../../design/pictures.ts";
import { mentionTexts } from "../../../texts/mentions.ts";
import type { Suggestion } from "./typed.ts";
import type { useMentionSuggestions } from "./use-suggestions.ts";
import "../emoji/suggestions.css";
import "./suggestions.css";

/** The list of people above the text field, which keeps the focus and handles the keys. */
export function MentionSuggestions({
  items,
  chosen,
  insert,
}: Pick<ReturnType<typeof useMentionSuggestions>, "items" | "chosen" | "insert">) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" }), [chosen]);
  return (
    <div
      ref={list}
      id="mention-suggestions"
      class="emoji-suggestions mention-suggestions"
      role="listbox"
      aria-label={mentionTexts.suggestions}
    >
      {items.map((item, i) => (
        // The text field handles the keys.
        // biome-ignore lint/a11y/useFocusableInteractive: aria-activedescendant points here
        // biome-ignore lint/a11y/useKeyWithClickEvents: see above
        <div
          key={keyOf(item)}
          id={`mention-suggestion-${i}`}
          role="option"
          class="emoji-suggestion mention-suggestion"
          aria-selected={i === chosen}
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => insert(item)}
        >
          <Face item={item} />
        </div>
      ))}
    </div>
  );
}

const keyOf = (item: Suggestion) => (item.kind === "person" ? item.user.id : item.scope);

const Face = ({ item }: { item: Suggestion }) =>
  item.kind === "person" ? (
    <>
      <Avatar name={item.user.full_name} id={item.user.id} picture={avatarOf(item.user)} size="s" />
      <bdi class="clip">{item.user.full_name}</bdi>
    </>
  ) : (
    <>
      <span class="mention-scope">@{item.scope}</span>
      <span class="soft">{mentionTexts.scopes[item.scope]}</span>
    </>
  );
