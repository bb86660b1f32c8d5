import { signal } from "@preact/signals";

/** The id of the conversation, or of the thread, in which somebody searches. */
export const finding = signal<string | undefined>(undefined);

/** Opens the bar again, or gives it the focus. */
export const findRequests = signal(0);

export function openFind(id: string | undefined) {
  if (id === undefined) return;
  finding.value = id;
  findRequests.value++;
}

/** The conversation to search in: the one with the focus, or the open one. A thread stands beside its conversation. */
export function findable(): string | undefined {
  const own = document.activeElement?.closest<HTMLElement>("[data-conversation]");
  return (own ?? document.querySelector<HTMLElement>("main [data-conversation]"))?.dataset["conversation"];
}

/** In the bar, the same keys open the search of the browser. */
export const mayFind = () => findable() !== undefined && !document.activeElement?.closest(".find-bar");
