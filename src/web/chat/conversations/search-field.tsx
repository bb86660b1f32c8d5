import { useRef } from "preact/hooks";
import { IconButton } from "../../design/button.tsx";
import { Icon } from "../../design/icon.tsx";
import { isComposing } from "../../design/keys.ts";
import { texts } from "../../texts/texts.ts";
import { useShortcuts } from "../base/shortcuts.ts";

export interface SearchFieldProps {
  value: string;
  onChange: (value: string) => void;
  /** Moves on to the results. */
  onLeave: () => void;
}

export function SearchField({ value, onChange, onLeave }: SearchFieldProps) {
  const field = useRef<HTMLInputElement>(null);
  const { conversations: list } = texts;
  useShortcuts("conversations", [{ keys: "/", label: list.search, run: () => field.current?.focus() }]);
  const clear = () => {
    onChange("");
    field.current?.focus();
  };
  return (
    <search class="conversations-search">
      <Icon name="search" />
      <input
        ref={field}
        type="search"
        value={value}
        placeholder={list.search}
        aria-label={list.search}
        autocomplete="off"
        onInput={(event) => onChange(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (isComposing(event)) return;
          if (event.key === "Escape" && value !== "") clear();
          else if (event.key === "ArrowDown" || event.key === "Enter") onLeave();
          else return;
          event.preventDefault();
          event.stopPropagation();
        }}
      />
      {value !== "" && <IconButton icon="close" label={list.clearSearch} keys="Esc" onClick={clear} />}
    </search>
  );
}
