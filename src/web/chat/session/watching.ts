import { client } from "./session.ts";

/** How many parts of the page show the presence of each user. */
const shown = new Map<number, number>();
/** The users whom the client watches. */
const told = new Set<number>();
let isDue = false;

/**
 * Milliseconds. Without a pause, scrolling through a list would send a frame for every row, and delay all other frames.
 */
const PAUSE_MS = 150;

// The next person starts without any watches.
client.on("me", (me) => {
  if (me) return;
  told.clear();
  tellSoon();
});

/** Watches these users until the returned function is called. Changes are sent together after a pause. */
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
