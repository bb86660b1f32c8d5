import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { IconButton, type IconButtonProps } from "./button.tsx";
import { Icon, type IconName } from "./icon.tsx";

export interface MenuItem {
  label: string;
  icon?: IconName;
  keys?: string;
  danger?: boolean;
  onSelect: () => void;
}

export interface MenuProps extends Pick<IconButtonProps, "icon" | "label" | "class" | "tabIndex" | "buttonRef"> {
  items: readonly MenuItem[];
  /** Shown in the button instead of its icon. */
  face?: ComponentChildren;
  onToggle?: (open: boolean) => void;
}

/** A button that opens a list of actions: a native popover, with arrow keys, Home, End and first letters. */
export function Menu({ items, onToggle, ...button }: MenuProps) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const list = useRef<HTMLDivElement>(null);
  const rows = () => [...(list.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];

  // Not in the open event: the items are rendered after it.
  useLayoutEffect(() => {
    if (open) rows()[0]?.focus();
  }, [open]);

  function onKeyDown(event: KeyboardEvent) {
    const all = rows();
    const at = all.indexOf(document.activeElement as HTMLElement);
    const to = target(event.key, at, all);
    if (event.key === "Tab") list.current?.hidePopover();
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    all[to]?.focus();
  }

  return (
    <>
      <IconButton {...button} aria-haspopup="menu" aria-expanded={open} aria-controls={id} popovertarget={id} />
      <div
        ref={list}
        id={id}
        popover="auto"
        role="menu"
        tabIndex={-1}
        class="menu"
        aria-label={button.label}
        onKeyDown={onKeyDown}
        onToggle={(event) => {
          const isOpen = event.newState === "open";
          setOpen(isOpen);
          onToggle?.(isOpen);
        }}
      >
        {open &&
          items.map(({ label, icon, keys, danger, onSelect }) => (
            <button
              key={label}
              type="button"
              role="menuitem"
              tabIndex={-1}
              class={danger ? "menu-item menu-item-danger" : "menu-item"}
              onClick={() => {
                list.current?.hidePopover();
                onSelect();
              }}
            >
              {icon && <Icon name={icon} />}
              <span class="menu-label">{label}</span>
              {keys && <kbd>{keys}</kbd>}
            </button>
          ))}
      </div>
    </>
  );
}

function target(key: string, at: number, rows: readonly HTMLElement[]): number | undefined {
  const count = rows.length;
  if (key === "ArrowDown") return (at + 1) % count;
  if (key === "ArrowUp") return (at - 1 + count) % count;
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  if (key.length !== 1 || key === " ") return undefined;
  const begins = (row: HTMLElement) => row.textContent?.trim().toLowerCase().startsWith(key.toLowerCase());
  const found = [...rows.keys()].map((step) => (at + 1 + step) % count).find((i) => rows[i] && begins(rows[i]));
  return found;
}
