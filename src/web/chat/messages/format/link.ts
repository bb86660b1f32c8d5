import { isAddress, isLinkText, linkTo } from "./address.ts";
import { changeOf, type FieldChange, type FieldText } from "./change.ts";

const LINK = /\[([^\]\n]*)\]\(([^)\s]*)\)/g;

/**
 * Makes the selected text a link, with the caret where its address goes. A selected address becomes one whose text is
 * still to be written. A link around the selection becomes text again.
 */
export function toggleLink(field: FieldText): FieldChange {
  const { value, start, end } = field;
  for (const { index, 0: whole, 1: text = "" } of value.matchAll(LINK))
    if (index <= start && end <= index + whole.length && start < index + whole.length)
      return {
        from: index,
        to: index + whole.length,
        text,
        start: index,
        end: index + text.length,
      };
  const chosen = value.slice(start, end);
  if (isAddress(chosen)) {
    const text = linkTo("", chosen);
    return { from: start, to: end, text, start: start + 1, end: start + 1 };
  }
  if (!isLinkText(chosen)) {
    const change = changeOf({ value, start: end, end }, [{ at: end, remove: 0, insert: "[]()" }]);
    return { ...change, start: end + 1, end: end + 1 };
  }
  const place = start + chosen.length + 3;
  return { from: start, to: end, text: `[${chosen}]()`, start: place, end: place };
}
