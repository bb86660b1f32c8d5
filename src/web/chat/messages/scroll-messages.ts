/** Scrolls the messages above a text field up or down by almost a screen. */
export function scrollMessages(field: Element | null, screens: -1 | 1) {
  const scroller = field?.closest("[data-conversation]")?.querySelector<HTMLElement>(".messages-scroller");
  if (!scroller) return;
  const top = screens * 0.85 * scroller.clientHeight;
  // A wheel event makes the list stop following the end at once, not only after the next frame.
  scroller.dispatchEvent(new WheelEvent("wheel", { deltaY: top }));
  scroller.scrollBy({ top });
}
