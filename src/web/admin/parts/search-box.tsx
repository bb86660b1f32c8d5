import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../../design/icon.tsx";
import { setQuery } from "../base/routing.ts";

/** Waits for a pause, so that not every letter sends a request. */
const PAUSE_MS = 250;

/** Searches while you type. The text stands in the address, and `/` moves the focus here. */
export function SearchBox({ label, value }: { label: string; value: string }) {
  const [text, setText] = useState(value);
  const input = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => {
    if (document.activeElement !== input.current) setText(value);
  }, [value]);
  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof Element && event.target.closest("input, textarea, select, dialog");
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping) return;
      event.preventDefault();
      input.current?.focus();
    };
    document.addEventListener("keydown", focus);
    return () => {
      clearTimeout(timer.current);
      document.removeEventListener("keydown", focus);
    };
  }, []);
  return (
    <label class="search-box">
      <span class="visually-hidden">{label}</span>
      <Icon name="search" />
      <input
        ref={input}
        type="search"
        dir="auto"
        value={text}
        maxLength={254}
        placeholder={label}
        onInput={({ currentTarget }) => {
          setText(currentTarget.value);
          clearTimeout(timer.current);
          timer.current = setTimeout(() => setQuery({ search: currentTarget.value.trim(), page: "" }), PAUSE_MS);
        }}
      />
    </label>
  );
}
