import type { ComponentChildren } from "preact";
import { SCROLLS } from "./scrolling.ts";

/** A longer text is shown without colours, because each part of it would be an element. */
const COLOURED_MAX = 20_000;

const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|\b(?:true|false|null)\b|-?\b\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b/g;

/** JSON in a box that the keyboard can scroll. */
export const Json = ({ text, label }: { text: string; label: string }) => (
  <figure class="code-box" dir="ltr" aria-label={label} tabIndex={SCROLLS}>
    <pre>
      <code>{text.length > COLOURED_MAX ? text : coloured(text)}</code>
    </pre>
  </figure>
);

function coloured(text: string): ComponentChildren[] {
  const parts: ComponentChildren[] = [];
  let end = 0;
  for (const { 0: whole, 1: string, 2: colon, index } of text.matchAll(TOKEN)) {
    parts.push(text.slice(end, index));
    end = index + whole.length;
    const kind = colon !== undefined ? "key" : string !== undefined ? "string" : "value";
    parts.push(<span class={`json-${kind}`}>{whole}</span>);
  }
  return [...parts, text.slice(end)];
}

export const pretty = (value: unknown): string => JSON.stringify(value, null, 2) ?? "";
