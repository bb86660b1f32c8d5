import type { ConfabClient } from "../../../sdk/index.ts";

/**
 * Milliseconds. Without a pause, scrolling through a list would send a frame for every row, and delay all other frames.
 */
const PAUSE_MS = 150;

/**
 * Watches presence for all parts of the page together.
 * @returns a function that watches these users until the function that it returns is called
 */
export function createWatches(
  client: Pick<ConfabClient, "on" | "watch" | "unwatch">,
): (userIds: readonly number[]) => () => void {
  /** How many parts of the page show the presence of each user. */
  const shown = new Map<number, number>();
  /** The users whom the client watches. */
  const watched = new Set<number>();
  let isDue = false;

  const send = () => {
    isDue = false;
    for (const [id, parts] of shown) if (parts === 0) shown.delete(id);
    const over = [...watched].filter((id) => !shown.has(id));
    const fresh = [...shown.keys()].filter((id) => !watched.has(id));
    for (const id of over) watched.delete(id);
    for (const id of fresh) watched.add(id);
    client.unwatch(over);
    client.watch(fresh);
  };
  const sendSoon = () => {
    if (!isDue) setTimeout(send, PAUSE_MS);
    isDue = true;
  };
  const count = (userIds: readonly number[], by: 1 | -1) => {
    for (const id of userIds) shown.set(id, (shown.get(id) ?? 0) + by);
    sendSoon();
  };

  // The next person starts without any watches.
  client.on("me", (me) => {
    if (me) return;
    watched.clear();
    sendSoon();
  });
  return (userIds) => {
    count(userIds, 1);
    return () => count(userIds, -1);
  };
}
