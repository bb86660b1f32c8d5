import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Inline } from "../../../text/parsed.ts";
import { textOf } from "../../../text/parsed.ts";
import { texts } from "../../texts/texts.ts";
import { Pill } from "./mentions/pill.tsx";

export const renderInlines = (inlines: readonly Inline[]): ComponentChildren => inlines.map(renderInline);

function renderInline(inline: Inline): ComponentChildren {
  if (typeof inline === "string") return inline;
  switch (inline.kind) {
    case "strong":
      return <strong>{renderInlines(inline.children)}</strong>;
    case "em":
      return <em>{renderInlines(inline.children)}</em>;
    case "del":
      return <del>{renderInlines(inline.children)}</del>;
    case "code":
      return <code dir="ltr">{inline.text}</code>;
    case "mention":
      return <Pill of={inline.of} />;
    case "spoiler":
      return <Spoiler>{inline.children}</Spoiler>;
    case "link":
      return (
        <a href={inline.href} target="_blank" rel="noopener noreferrer nofollow" title={inline.href}>
          {renderInlines(inline.children)}
        </a>
      );
  }
}

/** Hides its text until the reader asks for it. The hidden text keeps its place, so that no row moves. */
function Spoiler({ children }: { children: Inline[] }) {
  const [isShown, setShown] = useState(false);
  const shown = useRef<HTMLSpanElement>(null);
  // Before the next key: the button is gone, and the focus stays here.
  useLayoutEffect(() => {
    if (isShown) shown.current?.focus({ preventScroll: true });
  }, [isShown]);
  if (isShown)
    return (
      <span class="spoiler-shown" tabIndex={-1} ref={shown}>
        {renderInlines(children)}
      </span>
    );
  const { spoilerHidden, showSpoiler } = texts.messages.text;
  return (
    <button type="button" class="spoiler" aria-label={spoilerHidden} title={showSpoiler} onClick={() => setShown(true)}>
      <span aria-hidden="true">{textOf(children)}</span>
    </button>
  );
}
