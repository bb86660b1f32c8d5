import type { ComponentChildren } from "preact";
import { useId, useRef, useState } from "preact/hooks";
import { IconButton, type IconButtonProps } from "./button.tsx";
import type { MenuItem } from "./menu-item.ts";
import { part } from "./part.tsx";

const MenuItems = part(async () => (await import("./menu-items.tsx")).MenuItems);

/** Loads the items of menus before the first one is open. */
export const preloadMenus = MenuItems.preload;

export interface MenuProps extends Pick<IconButtonProps, "icon" | "label" | "class" | "tabIndex" | "buttonRef"> {
  items: readonly MenuItem[];
  /** Shown in the button instead of its icon. */
  face?: ComponentChildren;
  onToggle?: (open: boolean) => void;
}

/** A button that opens a list of actions in a native popover. */
export function Menu({ items, onToggle, ...button }: MenuProps) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const popover = useRef<HTMLDivElement>(null);
  const close = () => popover.current?.hidePopover();
  return (
    <>
      <IconButton
        {...button}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={id}
        popovertarget={id}
        onPointerEnter={() => void MenuItems.preload()}
      />
      <div
        ref={popover}
        id={id}
        popover="auto"
        class="menu"
        onToggle={(event) => {
          const isOpen = event.newState === "open";
          setOpen(isOpen);
          onToggle?.(isOpen);
        }}
      >
        {open && <MenuItems props={{ items, label: button.label, close }} />}
      </div>
    </>
  );
}
