import { pickEmoji } from "./pick.ts" with { type: "macro" };
import type { Emoji } from "./pick.ts";

/** All emoji; a chunk of its own, loaded when somebody first looks for one. */
export const allEmoji: readonly Emoji[] = pickEmoji();
