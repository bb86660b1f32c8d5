import { type ComponentChildren, Fragment } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Icon } from "./icon.tsx";
import type { MenuItem } from "./menu-item.ts";
import { target } from "./menu-keys.ts";

export interface MenuItemsProps {
  items: readonly MenuItem[];
  label: string;
  /** Closes the popover around the items. */
  close: () => void;
  /** Called when items are drawn: those of the menu, or those of a step. */
  onDrawn?: () => void;
  /** Buttons in a row above the items, each with `role="menuitem"`. */
  top?: ComponentChildren;
}

/**
 * The items of an open menu. The first one gets the focus. Arrow keys, Home, End and first letters move it, and the arrows
 * along the text lead into a step and back, and along the row above.
 */
export function MenuItems({ items, label, close, onDrawn, top }: MenuItemsProps) {
  const list = useRef<HTMLDivElement>(null);
  /** The label of the item whose own items are shown. */
  const [open, setOpen] = useState<string>();
  const parent = useRef<string | undefined>(undefined);
  const rows = () => [...(list.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];
  const step = items.find((item) => "items" in item && item.label === open);
  const shown: readonly MenuItem[] = step && "items" in step ? step.items : items;

  useLayoutEffect(() => {
    onDrawn?.();
    // Going back focuses the item that opened this step.
    const at = open === undefined ? items.findIndex((item) => item.label === parent.current) : 0;
    list.current?.querySelectorAll<HTMLElement>(".menu-item")[Math.max(at, 0)]?.focus();
    parent.current = open;
  }, [open]);

  function onKeyDown(event: KeyboardEvent) {
    const all = rows();
    const at = all.indexOf(document.activeElement as HTMLElement);
    const isRtl = list.current !== null && getComputedStyle(list.current).direction === "rtl";
    const [into, back] = isRtl ? ["ArrowLeft", "ArrowRight"] : ["ArrowRight", "ArrowLeft"];
    const isOnTop = all[at]?.closest(".menu-top") != null;
    const item = shown[at - all.length + shown.length];
    if (isOnTop && (event.key === into || event.key === back)) all[event.key === into ? at + 1 : at - 1]?.focus();
    else if (event.key === into && item && "items" in item) setOpen(item.label);
    else if (event.key === back && open !== undefined) setOpen(undefined);
    else if (event.key === "Tab") return close();
    else {
      const to = target(event.key, at, all);
      if (to === undefined) return;
      all[to]?.focus();
    }
    event.preventDefault();
    event.stopPropagation();
  }

  return (
    <div
      ref={list}
      role="menu"
      tabIndex={-1}
      aria-label={step?.label ?? label}
      onKeyDown={onKeyDown}
      // Android opens its own menu for a finger that rests.
      onContextMenu={(event) => event.preventDefault()}
    >
      {top && !step && <div class="menu-top">{top}</div>}
      {shown.map((item, n) => (
        <Fragment key={item.label}>
          {n > 0 && item.group !== shown[n - 1]?.group && <hr class="menu-line" />}
          <button
            type="button"
            role="menuitem"
            tabIndex={-1}
            aria-haspopup={"items" in item ? "menu" : undefined}
            class={"danger" in item && item.danger ? "menu-item menu-item-danger" : "menu-item"}
            onClick={() => {
              if ("items" in item) return setOpen(item.label);
              close();
              item.onSelect();
            }}
          >
            {item.icon && <Icon name={item.icon} />}
            <span class="menu-label">{item.label}</span>
            {"items" in item ? <Icon name="forward" /> : item.keys && <kbd>{item.keys}</kbd>}
          </button>
        </Fragment>
      ))}
    </div>
  );
}
