import { beginningOf } from "../preview.ts";
import type { FieldChange, FieldText } from "./change.ts";

/** A quote reminds of a message. It does not repeat a long one. */
const LINES = 6;
const CHARACTERS = 400;

/** The beginning of a text, with the mark of a quote before each line. Leaves out the quotes in the text itself. */
export function quoteOf(text: string): string {
  const lines = text.split(/\r\n?|\n/);
  const own = lines.filter((line) => !line.startsWith(">"));
  const wanted = (own.some((line) => line.trim() !== "") ? own : lines).join("\n").trim();
  const short = beginningOf(wanted.split("\n").slice(0, LINES).join("\n"), CHARACTERS).trimEnd();
  const cut = short.length < wanted.length ? `${short} …` : short;
  return cut
    .split("\n")
    .map((line) => `> ${line}`.trimEnd())
    .join("\n");
}

/**
 * Writes a quote of a text, with the caret on a line below it. The quote stands at the caret if its line is blank, and
 * otherwise below that line. So it neither replaces nor splits a draft.
 */
export function quoteChange({ value, end }: FieldText, quoted: string): FieldChange {
  const newline = value.indexOf("\n", end);
  const lineEnd = newline < 0 ? value.length : newline;
  const before = value.slice(0, lineEnd).trimEnd();
  const after = value.slice(lineEnd).trimStart();
  const text = `${before === "" ? "" : "\n\n"}${quoteOf(quoted)}\n\n`;
  const caret = before.length + text.length;
  return {
    from: before.length,
    to: value.length - after.length,
    text: after === "" ? text : `${text}\n\n`,
    start: caret,
    end: caret,
  };
}
