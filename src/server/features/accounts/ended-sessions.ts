import type { Bus } from "../../bus/bus.ts";

/** A session that has ended. */
export interface EndedSession {
  id: string;
  /** The caches know the session by it. */
  key: string;
}

/** Sessions in one event. The bus carries no event so large that others would wait for it. */
const AT_ONCE = 500;

/** Announces to all nodes that sessions of a user have ended. */
export function publishEnded(bus: Bus, userId: number, ended: EndedSession[]): void {
  for (let from = 0; from < ended.length; from += AT_ONCE)
    bus.publish({ kind: "sessions_ended", userId, sessions: ended.slice(from, from + AT_ONCE) });
}
