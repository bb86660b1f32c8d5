const FENCE = /^ {0,3}(`{3,}|~{3,})(.*)$/;

/** Returns the marks that opened the code block around the caret, or an empty text. */
export function fenceAround(text: string, caret: number): string {
  const end = text.indexOf("\n", caret);
  let open = "";
  for (const line of text.slice(0, end < 0 ? text.length : end).split("\n")) {
    const [, marks, rest = ""] = FENCE.exec(line) ?? [];
    if (!marks) continue;
    if (open === "") {
      if (!rest.includes("`")) open = marks;
    } else if (marks[0] === open[0] && marks.length >= open.length && rest.trim() === "") open = "";
  }
  return open;
}

/** Whether the caret is in a code block, or after a backtick that nothing on its line closes. */
export function isInCode(text: string, caret: number): boolean {
  if (fenceAround(text, caret) !== "") return true;
  const before = text.slice(text.lastIndexOf("\n", caret - 1) + 1, caret);
  let open = 0;
  if (FENCE.test(before)) return false;
  for (const [run] of before.matchAll(/`+/g))
    if (open === 0) open = run.length;
    else if (open === run.length) open = 0;
  return open > 0;
}

/** The marks at the beginning of a line: those of quotes, then the indentation and the marker of a list item. */
export const LINE_MARKS = /^((?: {0,3}> ?)*)(\s*)(?:([-*+])|(\d{1,9})([.)]))( \[[ xX]\])?( +)|^((?: {0,3}> ?)+)/;

/** Whether a new line at the caret begins with marks too, because it continues a list or a quote. */
export function continuesMarks(text: string, caret: number): boolean {
  const line = text.slice(text.lastIndexOf("\n", caret - 1) + 1, caret);
  return LINE_MARKS.test(line) && !isInCode(text, caret);
}
