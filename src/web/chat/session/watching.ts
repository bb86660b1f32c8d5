import { client } from "./session.ts";

/** How many parts of the page show whether somebody is online. */
const shown = new Map<number, number>();
/** Those whom the client watches for them. */
const told = new Set<number>();
let isDue = false;

/** A list that is scrolled past would say a frame for every row, and all else would wait for its turn behind them. */
const PAUSE_MS = 150;

// Whoever comes next is told of nobody yet.
client.on("me", (me) => {
  if (me) return;
  told.clear();
  tellSoon();
});

/** Has these people watched, told together with others a moment later, until the returned function is called. */
export function watch(userIds: readonly number[]): () => void {
  count(userIds, 1);
  return () => count(userIds, -1);
}

function count(userIds: readonly number[], by: 1 | -1) {
  for (const id of userIds) shown.set(id, (shown.get(id) ?? 0) + by);
  tellSoon();
}

function tellSoon() {
  if (!isDue) setTimeout(tell, PAUSE_MS);
  isDue = true;
}

function tell() {
  isDue = false;
  for (const [id, parts] of shown) if (parts === 0) shown.delete(id);
  const over = [...told].filter((id) => !shown.has(id));
  const fresh = [...shown.keys()].filter((id) => !told.has(id));
  for (const id of over) told.delete(id);
  for (const id of fresh) told.add(id);
  client.unwatch(over);
  client.watch(fresh);
}
