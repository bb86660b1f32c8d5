import { changeOf, type FieldChange, type FieldText, type Piece } from "./change.ts";

/** The marks that stand around words. */
export type InlineMark = "**" | "_" | "~~" | "`" | "||";

interface Span {
  start: number;
  end: number;
}

const WORD = /[\p{L}\p{N}\p{M}]/u;
const isWord = (text: string) => WORD.test(text);

/**
 * Adds marks around the selected words of each line, or removes them if all have them. Without a selection it marks the
 * word around the caret, leaves marks that end at the caret, or begins new ones.
 */
export function toggleInline(field: FieldText, mark: InlineMark): FieldChange {
  const { value, start, end } = field;
  if (start === end) return atCaret(field, mark);
  const spans = chosenSpans(value, start, end).map((span) => withoutMarks(value, span, mark));
  if (spans.length === 0) return atCaret({ value, start: end, end }, mark);
  const marked = spans.map((span) => marksAround(value, span, mark));
  const areMarked = marked.every((one) => one !== undefined);
  const pieces = areMarked
    ? marked.flatMap((one) => one ?? [])
    : spans.flatMap((span, i) => (marked[i] ? [] : added(value, span, mark)));
  return changeOf(field, distinct(pieces));
}

function atCaret(field: FieldText, mark: InlineMark): FieldChange {
  const { value, start: caret } = field;
  const [before, after] = [value.slice(0, caret), value.slice(caret)];
  const line = before.slice(before.lastIndexOf("\n") + 1);
  if (before.endsWith(mark) && after.startsWith(mark) && lengthOfRun(value, caret - 1, -1) === mark.length)
    return changeOf(field, [{ at: caret - mark.length, remove: 2 * mark.length, insert: "" }]);
  // The caret stands before the marks that close: what is typed next gets none.
  const isInside = line.split(mark).length % 2 === 0;
  if (isInside && after.startsWith(mark)) {
    const over = caret + mark.length;
    return { from: over, to: over, text: "", start: over, end: over };
  }
  const word = wordAround(value, caret);
  const marks = marksAround(value, word ?? { start: caret, end: caret }, mark);
  if (marks) return changeOf(field, marks);
  if (word) return changeOf(field, added(value, word, mark));
  const middle = caret + mark.length;
  return { from: caret, to: caret, text: mark + mark, start: middle, end: middle };
}

/** The word around the caret, if letters stand on both sides of it. */
function wordAround(value: string, caret: number): Span | undefined {
  let [start, end] = [caret, caret];
  while (isWord(value.charAt(start - 1))) start--;
  while (isWord(value.charAt(end))) end++;
  return start < caret && caret < end ? { start, end } : undefined;
}

/** The selected parts of the lines, without space at their ends and without the marks of lists and quotes. */
function chosenSpans(value: string, start: number, end: number): Span[] {
  const spans: Span[] = [];
  for (let at = start; at < end; ) {
    const newline = value.indexOf("\n", at);
    const stop = newline < 0 ? end : Math.min(newline, end);
    const part = value.slice(at, stop);
    const isWholeLine = at === 0 || value[at - 1] === "\n";
    const marks = isWholeLine
      ? (/^(?: {0,3}> ?)*\s*(?:(?:[-*+]|\d{1,9}[.)]) +(?:\[[ xX]\] +)?)?/.exec(part)?.[0] ?? "")
      : "";
    const text = part.slice(marks.length);
    if (text.trim() !== "")
      spans.push({
        start: at + marks.length + text.length - text.trimStart().length,
        end: stop - (text.length - text.trimEnd().length),
      });
    at = stop + 1;
  }
  return spans;
}

/** Leaves out the marks at the ends of a span: they may be selected or not. */
function withoutMarks(value: string, { start, end }: Span, mark: InlineMark): Span {
  const first = lengthOfRun(value, start, 1);
  const last = lengthOfRun(value, end - 1, -1);
  const inner = {
    start: start + (hasMark(value.charAt(start), first, mark) > 0 ? first : 0),
    end: end - (hasMark(value.charAt(end - 1), last, mark) > 0 ? last : 0),
  };
  return inner.start < inner.end && marksAround(value, inner, mark) ? inner : { start, end };
}

/** Counts how often the character at this place is repeated in one direction. */
function lengthOfRun(value: string, at: number, step: 1 | -1): number {
  const character = value.charAt(at);
  let length = 0;
  while (character !== "" && value[at + length * step] === character) length++;
  return length;
}

/** Whether a run of this character has the mark in it: `***` has both `**` and `*`. */
function hasMark(character: string, run: number, mark: InlineMark): number {
  if (mark === "_") return (character === "_" || character === "*") && run % 2 === 1 ? 1 : 0;
  if (mark === "`") return character === "`" ? run : 0;
  return character === mark[0] && run >= 2 ? 2 : 0;
}

/** Returns the removal of the marks around a span; `undefined` if it has none. */
function marksAround(value: string, { start, end }: Span, mark: InlineMark): Piece[] | undefined {
  const removal = (open: number, close: number, length: number): Piece[] => [
    { at: open, remove: length, insert: "" },
    { at: close, remove: length, insert: "" },
  ];
  const [before, after] = [value.charAt(start - 1), value.charAt(end)];
  const run = Math.min(lengthOfRun(value, start - 1, -1), lengthOfRun(value, end, 1));
  const length = before === after ? hasMark(before, run, mark) : 0;
  if (length > 0) return removal(start - length, end, length);
  // The span is a part of a longer marked text.
  const lineStart = value.lastIndexOf("\n", start - 1) + 1;
  const newline = value.indexOf("\n", end);
  const line = value.slice(lineStart, newline < 0 ? value.length : newline);
  for (const { index, 0: whole, 1: open = mark } of line.matchAll(MARKED[mark])) {
    const [first, last] = [lineStart + index, lineStart + index + whole.length];
    if (first + open.length <= start && end <= last - open.length)
      return removal(first, last - open.length, open.length);
  }
  return undefined;
}

/** A marked text in one line. */
const MARKED: Record<InlineMark, RegExp> = {
  "**": /(\*\*)(?=\S).*?\S\1/g,
  _: /(?<![\p{L}\p{N}*_])([*_])(?![\s*_]).*?[^\s*_]\1(?![\p{L}\p{N}*_])/gu,
  "~~": /(~~)(?=\S).*?\S\1/g,
  "`": /(`+)(?!`).*?[^`]\1(?!`)/g,
  "||": /(\|\|)(?=\S).*?\S\1/g,
};

function added(value: string, { start, end }: Span, mark: InlineMark): Piece[] {
  let [open, close]: [string, string] = [mark, mark];
  if (mark === "`") {
    const runs = value.slice(start, end).match(/`+/g) ?? [];
    const longest = Math.max(0, ...runs.map((run) => run.length));
    open = close = "`".repeat(longest + 1);
    if (value[start] === "`") open += " ";
    if (value[end - 1] === "`") close = ` ${close}`;
  }
  // Inside a word, underscores are letters.
  if (mark === "_" && (isWord(value.charAt(start - 1)) || isWord(value.charAt(end)))) open = close = "*";
  return [
    { at: start, remove: 0, insert: open },
    { at: end, remove: 0, insert: close },
  ];
}

/** Two spans may lie in the same marks. */
const distinct = (pieces: Piece[]) => pieces.filter((piece, i) => pieces.findIndex(({ at }) => at === piece.at) === i);
