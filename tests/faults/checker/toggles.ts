import type { ConversationMeBody } from "../../../src/protocol/me.ts";
import type { Random } from "./random.ts";

const FAR = "2999-01-01T00:00:00.000Z";
const LEVELS = ["all", "mentions", "nothing"] as const;
/** Short mutes end during a run, and before anybody reads it back. */
export const SHORT_MUTE_MS = 1_000;

/** How somebody changes personal settings. The values are few, so that many changes are repeats. */
export function changesOf(random: Random): ConversationMeBody {
  switch (random.weighted({ archived: 3, level: 3, muted: 2, unread: 3, several: 1 })) {
    case "archived":
      return { archived: random.chance(0.5) };
    case "level":
      return { level: random.pick(LEVELS) };
    case "muted":
      return { muted_until: random.pick([null, FAR, new Date(Date.now() + SHORT_MUTE_MS).toISOString()]) };
    case "unread":
      return { unread: random.chance(0.5) };
    case "several":
      return { archived: random.chance(0.5), level: random.pick(LEVELS), unread: random.chance(0.5) };
  }
}
