/** Inserts text at the caret as if it had been typed, so that Ctrl+Z removes it. */
export function insertText(field: HTMLTextAreaElement, text: string) {
  field.focus();
  // No other way keeps the undo history.
  if (document.execCommand("insertText", false, text)) return;
  field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

/** Empties the field as if by hand. Otherwise Ctrl+Z would mix the old text with what is typed next. */
export function clearText(field: HTMLTextAreaElement) {
  field.focus();
  field.select();
  if (document.execCommand("delete") && field.value === "") return;
  field.value = "";
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

/** Adds Markdown marks around the selection, or removes them. */
export function toggleMark(field: HTMLTextAreaElement, mark: string) {
  const { selectionStart: start, selectionEnd: end, value } = field;
  const marked = value.slice(start - mark.length, start) === mark && value.slice(end, end + mark.length) === mark;
  const chosen = value.slice(start, end);
  if (marked) {
    field.setSelectionRange(start - mark.length, end + mark.length);
    insertText(field, chosen);
    field.setSelectionRange(start - mark.length, end - mark.length);
  } else {
    insertText(field, mark + chosen + mark);
    field.setSelectionRange(start + mark.length, end + mark.length);
  }
}
