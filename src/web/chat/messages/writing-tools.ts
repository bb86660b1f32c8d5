import { insertText, replaceText } from "../base/text-field.ts";
import { isAddress, isLinkText, linkTo } from "./format/address.ts";
import type { FieldText } from "./format/change.ts";
import { changes } from "./format/changes.ts";
import { continuesMarks, isInCode } from "./format/code.ts";
import type { Format } from "./format/keys.ts";
import { newLine } from "./format/lines.ts";
import { quoteChange } from "./format/quote.ts";

export { findEmoji, isPlainName, nameBefore } from "./emoji/find.ts";
export { fenceAround } from "./format/code.ts";

const textOf = ({ value, selectionStart: start, selectionEnd: end }: HTMLTextAreaElement) => ({ value, start, end });

/**
 * Applies a format.
 * @param asked the field when the person asked for it. Text that was written there since gets the format too
 */
export function applyFormat(field: HTMLTextAreaElement, format: Format, asked: FieldText) {
  const { value, start, end } = textOf(field);
  const to = asked.end + value.length - asked.value.length;
  const hasMoved = value !== asked.value || start !== asked.start || end !== asked.end;
  const isThere = value.startsWith(asked.value.slice(0, asked.start)) && value.endsWith(asked.value.slice(asked.end));
  if (!hasMoved || !isThere || to < asked.start) return replaceText(field, changes[format]({ value, start, end }));
  const change = changes[format]({ value, start: asked.start, end: to });
  // The caret stands behind the text that was written, where writing goes on.
  replaceText(field, { ...change, start: change.end });
}

/** A new line that continues a list or a quote. Touch keyboards send no other event when a line begins. */
export function continueMarks(field: HTMLTextAreaElement, event: InputEvent) {
  if (event.isComposing || !/^insert(LineBreak|Paragraph)$/.test(event.inputType)) return;
  if (!continuesMarks(field.value, field.selectionStart)) return;
  event.preventDefault();
  replaceText(field, newLine(textOf(field)));
}

/** An address that is pasted over a text makes the text a link. Ctrl+Z gives the text back. */
export function pasteLink(field: HTMLTextAreaElement, event: ClipboardEvent) {
  const address = event.clipboardData?.getData("text/plain").trim() ?? "";
  const { value, selectionStart, selectionEnd } = field;
  const chosen = value.slice(selectionStart, selectionEnd);
  if (!isAddress(address) || !isLinkText(chosen) || isAddress(chosen.trim()) || isInCode(value, selectionStart)) return;
  event.preventDefault();
  insertText(field, linkTo(chosen, address));
}

export function applyQuote(field: HTMLTextAreaElement, quoted: string) {
  replaceText(field, quoteChange(textOf(field), quoted));
  field.scrollTop = field.scrollHeight;
}
