import type { Bus } from "../../bus/bus.ts";

export interface EndedSession {
  id: string;
  /** The key of the session in the caches of all nodes. */
  key: string;
}

/** The most sessions in one event. Other events must not wait for a large one. */
const AT_ONCE = 500;

/** Announces to all nodes that sessions of a user have ended. */
export function publishEnded(bus: Bus, userId: number, ended: EndedSession[]): void {
  for (let from = 0; from < ended.length; from += AT_ONCE)
    bus.publish({ kind: "sessions_ended", userId, sessions: ended.slice(from, from + AT_ONCE) });
}
