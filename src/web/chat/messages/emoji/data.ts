import { pickEmoji } from "./pick.ts" with { type: "macro" };
import type { Emoji } from "./pick.ts";

/** All emoji. The chunk loads when somebody first searches for one. */
export const allEmoji: readonly Emoji[] = pickEmoji();
