import { client } from "./session.ts";

/** How many parts of the page show the presence of each user. */
const shown = new Map<number, number>();
/** The users whom the client watches. */
const watched = new Set<number>();
let isDue = false;

/**
 * Milliseconds. Without a pause, scrolling through a list would send a frame for every row, and delay all other frames.
 */
const PAUSE_MS = 150;

// The next person starts without any watches.
client.on("me", (me) => {
  if (me) return;
  watched.clear();
  sendSoon();
});

/** Watches these users until the returned function is called. Changes are sent together after a pause. */
export function watch(userIds: readonly number[]): () => void {
  count(userIds, 1);
  return () => count(userIds, -1);
}

function count(userIds: readonly number[], by: 1 | -1) {
  for (const id of userIds) shown.set(id, (shown.get(id) ?? 0) + by);
  sendSoon();
}

function sendSoon() {
  if (!isDue) setTimeout(send, PAUSE_MS);
  isDue = true;
}

function send() {
  isDue = false;
  for (const [id, parts] of shown) if (parts === 0) shown.delete(id);
  const over = [...watched].filter((id) => !shown.has(id));
  const fresh = [...shown.keys()].filter((id) => !watched.has(id));
  for (const id of over) watched.delete(id);
  for (const id of fresh) watched.add(id);
  client.unwatch(over);
  client.watch(fresh);
}
