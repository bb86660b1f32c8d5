import { useEffect, useRef } from "preact/hooks";
import "./tooltip.css";

const DELAY_MS = 450;
const GAP = 6;

/**
 * Shows the `data-tip` and `data-tip-keys` of the element under the pointer or with the keyboard focus. A page has it
 * once. The element's name has the same words, so screen readers skip the tooltip.
 */
export function TooltipLayer() {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const tip = element.current;
    if (!tip) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const hide = () => {
      clearTimeout(timer);
      if (tip.matches(":popover-open")) tip.hidePopover();
    };
    const show = (owner: HTMLElement) => {
      if (!owner.isConnected || owner.getAttribute("aria-expanded") === "true") return;
      fill(tip, owner);
      tip.showPopover();
      place(tip, owner);
    };
    const ownerOf = (event: Event) =>
      event.target instanceof Element ? event.target.closest<HTMLElement>("[data-tip]") : null;
    const onPointer = (event: PointerEvent) => {
      hide();
      const owner = ownerOf(event);
      if (owner && event.pointerType === "mouse") timer = setTimeout(() => show(owner), DELAY_MS);
    };
    const onFocus = (event: FocusEvent) => {
      hide();
      const owner = ownerOf(event);
      if (owner?.matches(":focus-visible")) timer = setTimeout(() => show(owner), DELAY_MS);
    };
    const stop = new AbortController();
    const listening = { signal: stop.signal, capture: true };
    document.addEventListener("pointerover", onPointer, listening);
    document.addEventListener("focusin", onFocus, listening);
    for (const type of ["focusout", "pointerdown", "keydown", "scroll"])
      document.addEventListener(type, hide, listening);
    return () => {
      hide();
      stop.abort();
    };
  }, []);
  return <div ref={element} class="tooltip" popover="manual" aria-hidden="true" />;
}

function fill(tip: HTMLElement, { dataset }: HTMLElement) {
  tip.replaceChildren(dataset["tip"] ?? "");
  const keys = dataset["tipKeys"];
  if (!keys) return;
  const key = document.createElement("kbd");
  key.textContent = keys;
  tip.append(key);
}

/** Places the tooltip below, or above if there is no room. */
function place(tip: HTMLElement, owner: HTMLElement) {
  const at = owner.getBoundingClientRect();
  const { width, height } = tip.getBoundingClientRect();
  const below = at.bottom + GAP;
  const top = below + height > innerHeight ? at.top - GAP - height : below;
  const left = Math.min(Math.max(at.left + (at.width - width) / 2, GAP), innerWidth - width - GAP);
  tip.style.top = `${top}px`;
  tip.style.left = `${left}px`;
}
