import type { ComponentChildren, Ref } from "preact";
import { useEffect, useId } from "preact/hooks";
import { Icon } from "./icon.tsx";
import { isComposing } from "./keys.ts";
import "./combobox.css";

export interface ComboboxProps<T> {
  /** The names of the field and of the list. */
  label: string;
  listLabel: string;
  placeholder?: string | undefined;
  text: string;
  onText: (text: string) => void;
  onKeyDown: (event: KeyboardEvent) => void;
  items: readonly T[];
  keyOf: (item: T) => number | string;
  /** Enter chooses this item. */
  active: T | undefined;
  isSelected: (item: T) => boolean;
  /** Such an item is shown, but nobody can choose it. */
  isDisabled?: (item: T) => boolean;
  isMultiple?: boolean;
  onChoose: (item: T) => void;
  onScroll?: (list: HTMLElement) => void;
  inputRef?: Ref<HTMLInputElement>;
  /** Stands before the text, inside the box. */
  chosen?: ComponentChildren;
  /** Stands between the text and the list: an error, or a note that there is nothing. */
  children?: ComponentChildren;
  draw: (item: T) => ComponentChildren;
}

/** A search field with a list of results. The focus stays in the field while arrow keys move through the list. */
export function Combobox<T>(props: ComboboxProps<T>) {
  const { items, keyOf, active, text, onText, onScroll, inputRef } = props;
  const id = useId();
  const idOf = (item: T) => `${id}-${keyOf(item)}`;
  const activeId = active && idOf(active);
  useEffect(() => {
    if (activeId) document.getElementById(activeId)?.scrollIntoView({ block: "nearest" });
  }, [activeId]);
  return (
    <div class="picker">
      <div class="picker-box">
        <Icon name="search" />
        {props.chosen}
        <input
          ref={inputRef ?? null}
          type="text"
          role="combobox"
          class="field-input"
          dir="auto"
          data-autofocus
          aria-label={props.label}
          placeholder={props.placeholder}
          aria-expanded={items.length > 0}
          aria-controls={`${id}-list`}
          aria-activedescendant={activeId}
          aria-autocomplete="list"
          autocomplete="off"
          spellcheck={false}
          value={text}
          onInput={(event) => onText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (!isComposing(event)) props.onKeyDown(event);
          }}
        />
      </div>
      {props.children}
      <div
        id={`${id}-list`}
        role="listbox"
        aria-multiselectable={props.isMultiple}
        aria-label={props.listLabel}
        class="picker-list"
        tabIndex={-1}
        onScroll={(event) => onScroll?.(event.currentTarget)}
      >
        {items.map((item) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the text field above handles the keys, as in every combobox
          <div
            key={keyOf(item)}
            id={idOf(item)}
            role="option"
            tabIndex={-1}
            aria-selected={props.isSelected(item)}
            aria-disabled={props.isDisabled?.(item)}
            class={item === active ? "row option option-active" : "row option"}
            onClick={() => props.onChoose(item)}
          >
            {props.draw(item)}
          </div>
        ))}
      </div>
    </div>
  );
}
