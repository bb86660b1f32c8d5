/** The `tabIndex` of an element that scrolls, without which the keyboard can't scroll it in every browser. */
export const SCROLLS = 0;
