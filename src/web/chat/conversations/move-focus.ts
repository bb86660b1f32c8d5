/** Moves the focus to another link of the list. Returns `false` if there is none. */
export function moveFocus(pane: HTMLElement | null, to: "next" | "previous" | "first" | "last"): boolean {
  const links = [...(pane?.querySelectorAll<HTMLElement>(".conversation-row") ?? [])];
  const at = links.indexOf(document.activeElement as HTMLElement);
  const targets = { next: at + 1, previous: at - 1, first: 0, last: links.length - 1 };
  const link = links[targets[to]];
  link?.focus();
  link?.scrollIntoView({ block: "nearest" });
  return link !== undefined;
}
