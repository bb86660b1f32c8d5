import type { Members } from "./history.ts";

/** People who have left are not added again. They get a request, and nobody here accepts one. */
export function onlyAsks(change: Members, requested: readonly number[] = []): void {
  if (change.added !== undefined && requested.includes(change.added)) delete change.added;
}
