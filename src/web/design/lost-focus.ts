/**
 * Whether the focused element is gone or hidden. People who use a keyboard or a screen reader would start at the top
 * again.
 */
export function isFocusLost(): boolean {
  const element = document.activeElement;
  return element === null || element === document.body || !element.checkVisibility();
}
