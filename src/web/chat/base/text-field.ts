/** Puts a text where the caret is, as if it had been typed: Ctrl+Z takes it back. */
export function insertText(field: HTMLTextAreaElement, text: string) {
  field.focus();
  // Nothing else keeps the history of what was typed.
  if (document.execCommand("insertText", false, text)) return;
  field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

/** Empties the field as if by hand: otherwise Ctrl+Z would make a jumble of what was there and what is typed next. */
export function clearText(field: HTMLTextAreaElement) {
  field.focus();
  field.select();
  if (document.execCommand("delete") && field.value === "") return;
  field.value = "";
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

/** Puts marks around what is chosen, or takes them away. */
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
