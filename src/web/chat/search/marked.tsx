import type { Excerpt } from "../../../sdk/index.ts";

/** Text in which the sought words are marked. */
export function Marked({ text, matches }: Excerpt) {
  const pieces = [];
  let from = 0;
  for (const [start, end] of matches) {
    if (start < from || end <= start) continue;
    pieces.push(text.slice(from, start), <mark key={start}>{text.slice(start, end)}</mark>);
    from = end;
  }
  return (
    <>
      {pieces}
      {text.slice(from)}
    </>
  );
}
