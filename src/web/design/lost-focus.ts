/** What had the focus is gone or hidden: who goes on by keyboard or ear would begin at the top again. */
export function isFocusLost(): boolean {
  const element = document.activeElement;
  return element === null || element === document.body || !element.checkVisibility();
}
