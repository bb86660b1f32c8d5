import { type ComponentChildren, render } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { isFocusLost } from "./lost-focus.ts";
import type { MenuItem } from "./menu-item.ts";
import { MenuItems } from "./menu-items.tsx";
import { placeAt } from "./placed.ts";
import "./placed-menu.css";

/** Where a menu opens: at the pointer, beside a rectangle, or below an element. */
export type Place = { x: number; y: number } | DOMRectReadOnly | HTMLElement;

export interface PlacedMenuProps {
  items: readonly MenuItem[];
  label: string;
  /** `sheet`: at the bottom of the page, for a finger. */
  place: Place | "sheet";
  /** Stands above the items. */
  children?: ComponentChildren;
  /** Buttons in a row above the items, each with `role="menuitem"`. */
  top?: ComponentChildren;
  onClose: () => void;
}

/** An open menu without a button of its own. The focus goes back to where it was. */
export function PlacedMenu({ items, label, place, children, top, onClose }: PlacedMenuProps) {
  const popover = useRef<HTMLDivElement>(null);
  const [isOpen, setOpen] = useState(false);
  // Before the items take the focus: the popover returns it to where it is now.
  useLayoutEffect(() => {
    const before = document.activeElement;
    popover.current?.showPopover();
    setOpen(true);
    return () => {
      if (isFocusLost() && before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  const move = () => {
    if (popover.current && place !== "sheet") moveTo(popover.current, place);
  };
  useLayoutEffect(move, [place]);
  // A row above the items may load later and make the menu larger.
  useEffect(() => {
    if (!popover.current) return;
    const sizes = new ResizeObserver(move);
    sizes.observe(popover.current);
    return () => sizes.disconnect();
  }, [place]);
  return (
    <div
      ref={popover}
      popover="auto"
      class={place === "sheet" ? "menu menu-sheet" : "menu menu-placed"}
      onToggle={(event) => {
        // One that was replaced by another menu is told only later that it was closed.
        if (event.newState === "closed" && event.currentTarget.isConnected) onClose();
      }}
    >
      {isOpen && (
        <>
          {children}
          <MenuItems
            items={items}
            label={label}
            close={() => popover.current?.hidePopover()}
            onDrawn={move}
            top={top}
          />
        </>
      )}
    </div>
  );
}

/** At the pointer the menu opens towards the end of the lines. Beside anything else it ends where that ends. */
function moveTo(menu: HTMLElement, place: Place) {
  if (place instanceof HTMLElement) placeAt(menu, place.getBoundingClientRect(), "end");
  else if (place instanceof DOMRectReadOnly) placeAt(menu, place, place.width > 0 ? "end" : "start");
  else placeAt(menu, new DOMRect(place.x, place.y));
}

/** Opens a menu of actions at a place. */
export function openMenu(label: string, items: readonly MenuItem[], place: Place) {
  const host = document.createElement("div");
  document.body.append(host);
  const close = () => {
    render(null, host);
    host.remove();
  };
  render(<PlacedMenu label={label} items={items} place={place} onClose={close} />, host);
}
