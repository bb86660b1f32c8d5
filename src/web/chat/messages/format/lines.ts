import { changeOf, type FieldChange, type FieldText, type Piece } from "./change.ts";
import { fenceAround, LINE_MARKS } from "./code.ts";

interface Line {
  at: number;
  text: string;
}

/** The lines of the selection. */
function chosenLines({ value, start, end }: FieldText): Line[] {
  // A selection that ends at the beginning of a line does not include it.
  const stop = end > start && value[end - 1] === "\n" ? end - 1 : end;
  const lines: Line[] = [];
  for (let at = value.lastIndexOf("\n", start - 1) + 1; at <= stop; ) {
    const newline = value.indexOf("\n", at);
    const lineEnd = newline < 0 ? value.length : newline;
    lines.push({ at, text: value.slice(at, lineEnd) });
    at = lineEnd + 1;
  }
  return lines;
}

/** Makes the lines a quote, or text again if all are quoted. */
export function toggleQuote(field: FieldText): FieldChange {
  const lines = chosenLines(field);
  const quoted = lines.map(({ text }) => /^ {0,3}> ?/.exec(text)?.[0]);
  const areQuoted = quoted.every((marks) => marks !== undefined);
  return changeOf(
    field,
    lines.map(({ at }, i) => ({ at, remove: areQuoted ? (quoted[i]?.length ?? 0) : 0, insert: areQuoted ? "" : "> " })),
  );
}

/** Makes the lines a list, another kind of list, or text again if all are items of this kind. */
export function toggleList(field: FieldText, kind: "bullets" | "numbers"): FieldChange {
  const all = chosenLines(field);
  const lines = all.length === 1 ? all : all.filter(({ text }) => text.trim() !== "");
  const items = lines.map(({ at, text }) => {
    const [, quote = "", indent = "", bullet, number] = LINE_MARKS.exec(text) ?? [];
    const [, plainQuote = ""] = /^((?: {0,3}> ?)*)/.exec(text) ?? [];
    const isItem = bullet !== undefined || number !== undefined;
    const before = isItem ? quote.length + indent.length : plainQuote.length;
    const [marker = ""] = isItem ? (/^(?:[-*+]|\d{1,9}[.)]) +/.exec(text.slice(before)) ?? []) : [];
    return { at: at + before, marker, isOfKind: (kind === "bullets" ? bullet : number) !== undefined };
  });
  const isList = items.every(({ isOfKind }) => isOfKind);
  const markerOf = (index: number) => (kind === "bullets" ? "- " : `${index + 1}. `);
  return changeOf(
    field,
    items.map(({ at, marker }, i) => ({ at, remove: marker.length, insert: isList ? "" : markerOf(i) })),
  );
}

/** Makes the lines a code block, or text again if they are one. */
export function toggleBlock(field: FieldText): FieldChange {
  const { value } = field;
  const lines = chosenLines(field);
  const [first, last] = [lines[0], lines.at(-1)];
  if (!first || !last) return changeOf(field, []);
  if (fenceAround(value, first.at) !== "") return changeOf(field, fencesAround(value, first.at));
  const runs = lines.flatMap(({ text }) => text.match(/`{3,}/g) ?? []);
  const fence = "`".repeat(Math.max(2, ...runs.map((run) => run.length)) + 1);
  const end = last.at + last.text.length;
  const change = changeOf(field, [
    { at: first.at, remove: 0, insert: `${fence}\n` },
    { at: end, remove: 0, insert: `\n${fence}` },
  ]);
  const shift = fence.length + 1;
  return { ...change, start: field.start + shift, end: Math.min(field.end, end) + shift };
}

/** The removal of the fences of the block around this place. */
function fencesAround(value: string, place: number): Piece[] {
  const lines: Line[] = [];
  for (let at = 0; at <= value.length; ) {
    const newline = value.indexOf("\n", at);
    const end = newline < 0 ? value.length : newline;
    lines.push({ at, text: value.slice(at, end) });
    at = end + 1;
  }
  const inBlock = ({ at }: Line) => fenceAround(value, at) !== "";
  const here = lines.findLastIndex(({ at }) => at <= place);
  let open = here;
  while (open > 0 && lines.slice(open - 1, open).every(inBlock)) open--;
  const close = lines.findIndex((line, i) => i > here && !inBlock(line));
  const [opening, closing] = [lines[open], lines[close]];
  const pieces: Piece[] = [];
  if (opening)
    pieces.push({ at: opening.at, remove: opening.text.length + (open + 1 < lines.length ? 1 : 0), insert: "" });
  if (closing) pieces.push({ at: closing.at - 1, remove: closing.text.length + 1, insert: "" });
  return pieces;
}

/**
 * A new line at the caret. In a list or a quote it continues that, and in an empty item or line of a quote it ends that.
 */
export function newLine({ value, start, end }: FieldText): FieldChange {
  const lineStart = value.lastIndexOf("\n", start - 1) + 1;
  const line = value.slice(lineStart, start);
  const found = LINE_MARKS.exec(line);
  const plain = (text: string) => ({
    from: start,
    to: end,
    text,
    start: start + text.length,
    end: start + text.length,
  });
  if (!found) return plain("\n");
  const [marks, quote = "", indent = "", bullet, number, sign, task, space, onlyQuote = ""] = found;
  const newline = value.indexOf("\n", end);
  const rest = value.slice(end, newline < 0 ? value.length : newline);
  if (line === marks && start === end && rest.trim() === "") {
    // The quote around a list goes on.
    const text = onlyQuote === "" ? quote : "";
    return { from: lineStart, to: end, text, start: lineStart + text.length, end: lineStart + text.length };
  }
  if (onlyQuote !== "") return plain(`\n${onlyQuote}`);
  const marker = bullet ?? `${Number(number) + 1}${sign}`;
  return plain(`\n${quote}${indent}${marker}${task ? " [ ]" : ""}${space}`);
}
