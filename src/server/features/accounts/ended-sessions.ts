import type { Bus } from "../../bus/bus.ts";
import type { EndedSession } from "../../log/ports.ts";

/** An event names so many at most: the bus carries no message that others would wait for. */
const AT_ONCE = 500;

/** Tells the nodes of sessions of a user that are no more. */
export function publishEnded(bus: Bus, userId: number, ended: EndedSession[]): void {
  for (let from = 0; from < ended.length; from += AT_ONCE)
    bus.publish({ kind: "sessions_ended", userId, sessions: ended.slice(from, from + AT_ONCE) });
}
