/** A little less than a screen of messages up or down, from wherever one is. */
export function scrollMessages(screens: -1 | 1) {
  const scroller = document.querySelector<HTMLElement>(".messages-scroller");
  if (!scroller) return;
  const top = screens * 0.85 * scroller.clientHeight;
  // Told as a turn of the wheel is: what follows the newest lets go at once, not when the page has been drawn.
  scroller.dispatchEvent(new WheelEvent("wheel", { deltaY: top }));
  scroller.scrollBy({ top });
}
