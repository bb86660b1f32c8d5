import { type ComponentChildren, render } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { isFocusLost } from "../../../design/lost-focus.ts";
import { placeAt } from "../../../design/placed.ts";
import "./panel.css";

interface PanelProps {
  label: string;
  place: HTMLElement | "sheet";
  onClose: () => void;
  children: (panel: { close: () => void; move: () => void }) => ComponentChildren;
}

/** An open popover beside an element, or a sheet at the bottom. The focus goes back to where it was. */
function Panel({ label, place, onClose, children }: PanelProps) {
  const popover = useRef<HTMLDivElement>(null);
  const [isOpen, setOpen] = useState(false);
  const move = () => {
    if (popover.current && place !== "sheet") placeAt(popover.current, place.getBoundingClientRect(), "end");
  };
  useLayoutEffect(() => {
    const before = document.activeElement;
    popover.current?.showPopover();
    popover.current?.focus();
    setOpen(true);
    return () => {
      if (isFocusLost() && before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  useLayoutEffect(move, [isOpen]);
  return (
    <div
      ref={popover}
      popover="auto"
      tabIndex={-1}
      role="dialog"
      aria-label={label}
      class={place === "sheet" ? "menu menu-sheet reaction-panel" : "menu menu-placed reaction-panel"}
      onToggle={(event) => {
        if (event.newState === "closed" && event.currentTarget.isConnected) onClose();
      }}
    >
      {isOpen && children({ close: () => popover.current?.hidePopover(), move })}
    </div>
  );
}

/** Opens a panel. It closes with Escape and a press beside it. */
export function openPanel(label: string, place: HTMLElement | "sheet", content: PanelProps["children"]) {
  const host = document.createElement("div");
  document.body.append(host);
  const close = () => {
    render(null, host);
    host.remove();
  };
  render(
    <Panel label={label} place={place} onClose={close}>
      {content}
    </Panel>,
    host,
  );
}
