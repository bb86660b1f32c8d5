import type { ComponentChildren } from "preact";
import { useId, useRef, useState } from "preact/hooks";
import { Icon, type IconName } from "../../design/icon.tsx";

export interface FilterButtonProps {
  icon: IconName;
  label: string;
  /** The content of the popover. Gets the function that closes it. */
  children: (close: () => void) => ComponentChildren;
}

/** A button that opens a small form in a native popover. Escape closes it and gives the focus back. */
export function FilterButton({ icon, label, children }: FilterButtonProps) {
  const id = useId();
  const [isOpen, setOpen] = useState(false);
  const popover = useRef<HTMLDivElement>(null);
  return (
    <>
      <button
        type="button"
        class="filter-button"
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        aria-controls={id}
        popovertarget={id}
      >
        <Icon name={icon} /> {label}
      </button>
      <div
        ref={popover}
        id={id}
        popover="auto"
        class="menu filter-popover"
        role="dialog"
        aria-label={label}
        onToggle={(event) => {
          setOpen(event.newState === "open");
          if (event.newState !== "open") return;
          requestAnimationFrame(() => popover.current?.querySelector<HTMLElement>("input, button")?.focus());
        }}
      >
        {isOpen && children(() => popover.current?.hidePopover())}
      </div>
    </>
  );
}
