/** The place of a menu about a message: beside its row, or in the middle of the page when the row is gone. */
export const placeOfRow = (key: string): DOMRectReadOnly =>
  document.querySelector(`[data-key="${CSS.escape(key)}"]`)?.getBoundingClientRect() ??
  new DOMRect(innerWidth / 2, innerHeight / 2);
