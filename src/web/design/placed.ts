/** Pixels between a popover and its place, and to the edges of the page. */
const GAP = 4;
const EDGE = 8;

/**
 * Places an open popover below a rectangle, or above if there is more room. Its start is that of the rectangle.
 * @param side `end`: its end is that of the rectangle
 */
export function placeAt(popover: HTMLElement, at: DOMRectReadOnly, side: "start" | "end" = "start") {
  const { width, height } = popover.getBoundingClientRect();
  const isBelow = at.bottom + GAP + height <= innerHeight - EDGE || at.top < innerHeight - at.bottom;
  const top = isBelow ? at.bottom + GAP : at.top - GAP - height;
  const isLeft = (getComputedStyle(popover).direction === "rtl") === (side === "end");
  const left = isLeft ? at.left : at.right - width;
  const within = (value: number, most: number) => `${Math.max(EDGE, Math.min(value, most - EDGE))}px`;
  popover.style.top = within(top, innerHeight - height);
  popover.style.left = within(left, innerWidth - width);
}
