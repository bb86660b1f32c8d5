import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { isComposing, matchesKeys } from "../../design/keys.ts";

export const SECTIONS = ["everywhere", "conversations", "messages", "composing"] as const;
export type ShortcutSection = (typeof SECTIONS)[number];

export interface KeyHint {
  /** `Mod+K`, `Alt+ArrowUp`, `n`, `?`: see design/keys.ts. */
  keys: string;
  /** Describes the key on the sheet of shortcuts. */
  label: string;
}

export interface Shortcut extends KeyHint {
  run: (event: KeyboardEvent) => void;
  /** Also runs while somebody types, though it has neither Ctrl, ⌘ nor Alt. */
  whileTyping?: boolean;
  /** While it returns `false`, other shortcuts may take the key. */
  when?: () => boolean;
}

interface Registered {
  section: ShortcutSection;
  hints: readonly KeyHint[];
  current: () => readonly Shortcut[];
}

const registered = signal<readonly Registered[]>([]);

/**
 * All keys that do something now, by section, for the sheet of shortcuts.
 * @param documented keys that parts of the page handle themselves
 */
export function hintsBySection(documented: Partial<Record<ShortcutSection, readonly KeyHint[]>>) {
  const sections = new Map<ShortcutSection, KeyHint[]>();
  const add = (section: ShortcutSection, hints: readonly KeyHint[]) => {
    const known = sections.get(section) ?? [];
    const isNew = ({ keys, label }: KeyHint) => !known.some((other) => keys === other.keys && label === other.label);
    sections.set(section, [...known, ...hints.filter(isNew)]);
  };
  for (const { section, hints } of registered.value) add(section, hints);
  for (const section of SECTIONS) add(section, documented[section] ?? []);
  return sections;
}

/**
 * Registers shortcuts while the component is mounted. Keys without Ctrl, ⌘ or Alt do not run while somebody types, or while
 * a dialog or a menu is open. The latest registration wins.
 */
export function useShortcuts(section: ShortcutSection, shortcuts: readonly Shortcut[]) {
  const newest = useRef(shortcuts);
  newest.current = shortcuts;
  const names = shortcuts.map(({ keys, label }) => `${keys} ${label}`).join("\n");
  useEffect(() => {
    const own = { section, hints: shortcuts, current: () => newest.current };
    registered.value = [...registered.peek(), own];
    return () => {
      registered.value = registered.peek().filter((other) => other !== own);
    };
  }, [section, names]);
}

/** Handles all key presses of the page. Called once. */
export function listenForShortcuts() {
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || isComposing(event)) return;
    // Escape closes the popover only.
    if (event.key === "Escape" && document.querySelector(":popover-open:not(.tooltip)")) return;
    const inDialog = document.querySelector("dialog[open]") !== null;
    // Letters find the items of a menu.
    const inMenu = event.target instanceof Element && event.target.closest("[role=menu]") !== null;
    const typingIn = isTyping(event.target) ? event.target : undefined;
    const mayRun = ({ keys, whileTyping }: Shortcut) =>
      (!inDialog && !inMenu && (!typingIn || whileTyping)) || /^(Mod|Alt)\+|^(Shift\+)?F\d/.test(keys);
    for (const { current } of [...registered.value].reverse())
      for (const shortcut of current()) {
        if (!matchesKeys(event, shortcut.keys) || !mayRun(shortcut) || shortcut.when?.() === false) continue;
        event.preventDefault();
        shortcut.run(event);
        return;
      }
    if (event.key === "Escape" && typingIn && !inDialog) {
      leave(typingIn);
      event.preventDefault();
    }
  });
}

/** Moves the focus to the surrounding region, where letters are shortcuts again. */
function leave(field: HTMLElement) {
  field.blur();
  field.closest<HTMLElement>("[data-region]")?.focus();
}

/** Whether a letter key types text there. */
const isTyping = (target: EventTarget | null): target is HTMLElement =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    target.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=button])"));
