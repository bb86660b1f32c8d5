import type { ComponentChildren } from "preact";

const MARK = /`([^`]+)`|\*\*([^*]+)\*\*|\[([^\]]+)\]\(([^)\s]+)\)/g;

/**
 * Shows a description of the documents: paragraphs, code, bold and links. Everything else is text, whatever it looks
 * like.
 * @param isInline shows it as a part of a line
 */
export function Prose({ text, isInline = false }: { text: string; isInline?: boolean }) {
  if (isInline)
    return (
      <span class="prose" dir="auto">
        {marked(text)}
      </span>
    );
  const paragraphs = text.split(/\n{2,}/).map((paragraph, index) => (
    <p key={index} class="prose" dir="auto">
      {marked(paragraph)}
    </p>
  ));
  return <>{paragraphs}</>;
}

function marked(text: string): ComponentChildren[] {
  const parts: ComponentChildren[] = [];
  let end = 0;
  for (const { 0: whole, 1: code, 2: bold, 3: label, 4: to, index } of text.matchAll(MARK)) {
    parts.push(text.slice(end, index));
    end = index + whole.length;
    if (code !== undefined) parts.push(<code dir="ltr">{code}</code>);
    else if (bold !== undefined) parts.push(<strong>{marked(bold)}</strong>);
    else if (to !== undefined && isSafe(to)) parts.push(<a href={to}>{label}</a>);
    else parts.push(whole);
  }
  return [...parts, text.slice(end)];
}

/** Only addresses of pages become links: a `javascript:` address stays text. */
const isSafe = (to: string) => URL.canParse(to, location.href) && /^https?:$/.test(new URL(to, location.href).protocol);
