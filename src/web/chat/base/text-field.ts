/** Inserts text at the caret as if it had been typed, so that Ctrl+Z removes it. */
export function insertText(field: HTMLTextAreaElement | HTMLInputElement, text: string) {
  field.focus();
  // No other way keeps the undo history.
  if (text === "" ? document.execCommand("delete") : document.execCommand("insertText", false, text)) return;
  field.setRangeText(text, field.selectionStart ?? 0, field.selectionEnd ?? 0, "end");
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

/** Replaces one part of the text in one step of undo, and then selects another part. */
export function replaceText(
  field: HTMLTextAreaElement,
  { from, to, text, start, end }: { from: number; to: number; text: string; start: number; end: number },
) {
  field.setSelectionRange(from, to);
  if (from !== to || text !== "") insertText(field, text);
  field.setSelectionRange(start, end);
}

/** Replaces all of the text as if by hand, so that Ctrl+Z brings it back. */
export function setText(field: HTMLTextAreaElement, text: string) {
  replaceText(field, { from: 0, to: field.value.length, text, start: text.length, end: text.length });
}

/** Empties the field as if by hand. Otherwise Ctrl+Z would mix the old text with what is typed next. */
export function clearText(field: HTMLTextAreaElement) {
  field.focus();
  field.select();
  if (document.execCommand("delete") && field.value === "") return;
  field.value = "";
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
}
