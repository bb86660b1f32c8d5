import { useRef, useState } from "preact/hooks";
import { IconButton } from "../../../design/button.tsx";
import { keysText } from "../../../design/keys.ts";
import { formatTexts } from "../../../texts/documented-keys.ts";
import { texts } from "../../../texts/texts.ts";
import { focusComposer } from "../focus.ts";
import { FORMATS, type Format } from "./keys.ts";

/* Shapes from Lucide (https://lucide.dev), © 2026 Lucide Icons and Contributors, ISC License; each made one path. */
const SHAPES: Record<Format, string> = {
  bold: "M6 12h9a4 4 0 0 1 0 8H7a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1h7a4 4 0 0 1 0 8",
  italics: "M19 4h-9M14 20H5M15 4 9 20",
  strike: "M16 4H9a3 3 0 0 0-2.83 4M14 12a4 4 0 0 1 0 8H6M4 12h16",
  link: "M10 13a5 5 0 0 0 7.54.54l3-3a5 5 0 0 0-7.07-7.07l-1.72 1.71M14 11a5 5 0 0 0-7.54-.54l-3 3a5 5 0 0 0 7.07 7.07l1.71-1.71",
  bullets: "M3 5h.01M3 12h.01M3 19h.01M8 5h13M8 12h13M8 19h13",
  numbers: "M11 5h10M11 12h10M11 19h10M4 4h1v5M4 9h2M6.5 20H3.4c0-1 2.6-1.925 2.6-3.5a1.5 1.5 0 0 0-2.6-1.02",
  quote: "M17 5H3M21 12H8M21 19H8M3 12v7",
  code: "m16 18 6-6-6-6M8 6l-6 6 6 6",
  block: "m10 9-3 3 3 3M14 15l3-3-3-3M5 3h14a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2z",
  spoiler:
    "M10.733 5.076a10.744 10.744 0 0 1 11.205 6.575 1 1 0 0 1 0 .696 10.747 10.747 0 0 1-1.444 2.49M14.084 14.158a3 3 0 0 1-4.242-4.242M17.479 17.499a10.75 10.75 0 0 1-15.417-5.151 1 1 0 0 1 0-.696 10.75 10.75 0 0 1 4.446-5.143M2 2l20 20",
};

/** The formats as buttons. Tab reaches one of them, and the arrow keys the others. */
export function FormatBar({ apply }: { apply: (format: Format) => void }) {
  const bar = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);

  const onKeyDown = (event: KeyboardEvent) => {
    const buttons = [...(bar.current?.querySelectorAll("button") ?? [])];
    const isRightToLeft = bar.current !== null && getComputedStyle(bar.current).direction === "rtl";
    const last = buttons.length - 1;
    const [left, right] = isRightToLeft ? [active + 1, active - 1] : [active - 1, active + 1];
    const to = { ArrowLeft: left, ArrowRight: right, Home: 0, End: last }[event.key];
    if (event.key === "Escape") focusComposer(bar.current);
    else if (to === undefined) return;
    else buttons[to < 0 ? last : to > last ? 0 : to]?.focus();
    event.preventDefault();
  };

  return (
    <div
      ref={bar}
      id="format-bar"
      class="format-bar"
      role="toolbar"
      aria-label={texts.messages.composer.format}
      onKeyDown={onKeyDown}
    >
      {FORMATS.map(([format, keys], i) => (
        <IconButton
          key={format}
          icon="text"
          face={
            <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
              <path d={SHAPES[format]} />
            </svg>
          }
          label={formatTexts[format]}
          keys={keys && keysText(keys)}
          tabIndex={i === active ? 0 : -1}
          onFocus={() => setActive(i)}
          // Keeps the focus, the selection and the on-screen keyboard.
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => apply(format)}
        />
      ))}
    </div>
  );
}
