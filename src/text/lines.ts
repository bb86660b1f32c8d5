/** Recognises the marks that begin a line. Each rule asks for the blank that makes its mark a clear one. */

export interface Fence {
  /** The text before it on its line. */
  before: string;
  sign: string;
  language: string;
  /** Text that is too long for the name of a language. It is the first line of the code. */
  code: string | undefined;
}

export interface Marker {
  ordered: boolean;
  marker: string;
  /** The column of the marker. */
  indent: number;
  /** The column of the text. */
  width: number;
  task: "open" | "done" | undefined;
  text: string;
}

/** Marks with more blanks before them are indented text. A list within a list may be indented further. */
export const INDENT_MAX = { text: 3, item: 7 };

const FENCE = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,}(?=[ \t]*(?:[\w+#.-]+[ \t]*)?$))/;
const LANGUAGE = /^[\w+#.-]{1,30}$/;
const HEADING = /^(#{1,6})[ \t]+(?=\S)/;
const MARKER = /^([ \t]*)([-*+]|\d{1,9}[.)])([ \t]+)(?=\S)/;
const TASK = /^\[([ xX])\][ \t]+(?=\S)/;

export const isBlank = (line: string) => line.trim() === "";

/** The columns of blanks at the beginning of a line. */
export function indentOf(line: string): number {
  let columns = 0;
  for (const character of line) {
    if (character === " ") columns++;
    else if (character === "\t") columns += 4 - (columns % 4);
    else break;
  }
  return columns;
}

/** A line without its first blanks, as many as this at most. */
export function outdented(line: string, columns: number): string {
  let at = 0;
  let passed = 0;
  while (passed < columns && (line.charAt(at) === " " || line.charAt(at) === "\t")) {
    passed += line.charAt(at) === "\t" ? 4 - (passed % 4) : 1;
    at++;
  }
  return " ".repeat(Math.max(0, passed - columns)) + line.slice(at);
}

export function fenceOf(line: string): Fence | undefined {
  const [whole, sign] = FENCE.exec(line) ?? [];
  if (whole === undefined || sign === undefined) return undefined;
  const rest = line.slice(whole.length).trim();
  const isName = rest === "" || LANGUAGE.test(rest);
  return { before: "", sign, language: isName ? rest : "", code: isName ? undefined : rest };
}

/** The fence at the end of a line of text, as in `like this: ```js`. */
export function lateFenceOf(line: string): Fence | undefined {
  const first = line.indexOf("```");
  if (first <= 0) return undefined;
  const sign = /^`+/.exec(line.slice(first))?.[0] ?? "";
  const language = line.slice(first + sign.length).trim();
  const before = line.slice(0, first).trimEnd();
  if (isBlank(before) || (language !== "" && !LANGUAGE.test(language))) return undefined;
  return { before, sign, language, code: undefined };
}

/** The line of code before the end of a block; `""` for an end on a line of its own, `undefined` for none. */
export function beforeFence(line: string, sign: string): string | undefined {
  const trimmed = line.trimEnd();
  let start = trimmed.length;
  while (start > 0 && trimmed.charAt(start - 1) === sign.charAt(0)) start--;
  if (trimmed.length - start < sign.length) return undefined;
  const code = trimmed.slice(0, start);
  // Tildes at the end of a line of code are code.
  return isBlank(code) ? "" : sign.startsWith("`") ? code : undefined;
}

export function headingOf(line: string): { level: number; text: string } | undefined {
  const [whole = "", signs = ""] = HEADING.exec(line) ?? [];
  return whole === "" ? undefined : { level: signs.length, text: line.slice(whole.length) };
}

/** The text after `> `. A `>` alone is an empty line, when it stands within a quote. */
export function quotedOf(line: string, isWithin: boolean): string | undefined {
  const [whole, rest = ""] = /^ {0,3}>([ \t].*)?$/s.exec(line) ?? [];
  if (whole === undefined || (!isWithin && isBlank(rest))) return undefined;
  return rest.slice(1);
}

export function markerOf(line: string, indentMax: number): Marker | undefined {
  const [whole, blanks = "", marker = "", gap = ""] = MARKER.exec(line) ?? [];
  const indent = indentOf(blanks);
  if (whole === undefined || indent > indentMax) return undefined;
  const rest = line.slice(whole.length);
  const [box, done] = TASK.exec(rest) ?? [];
  return {
    ordered: /\d/.test(marker),
    marker,
    indent,
    // More blanks belong to the text.
    width: indent + marker.length + 1,
    task: box === undefined ? undefined : done === " " ? "open" : "done",
    text: gap.slice(1) + rest.slice(box?.length ?? 0),
  };
}

/** Whether a mark begins here. A backslash before the mark says that it is none. */
export const startsBlock = (line: string, indentMax: number) =>
  fenceOf(line) !== undefined ||
  headingOf(line) !== undefined ||
  quotedOf(line, false) !== undefined ||
  markerOf(line, indentMax) !== undefined;

/** The line without a backslash that keeps its beginning from being a mark, as in `\# a` or `1\. a`. */
export function unescaped(line: string, indentMax: number): string {
  const at = /^[ \t]*(?:\d{1,9}(?=\\[.)])|(?=\\[#>*+-]))/.exec(line)?.[0].length;
  if (at === undefined) return line;
  const plain = line.slice(0, at) + line.slice(at + 1);
  return startsBlock(plain, indentMax) ? plain : line;
}
