import { gemoji } from "gemoji";

/** An emoji, its names as people type them, other words for it, and its group: short keys, as thousands are sent. */
export interface Emoji {
  /** The character. */
  c: string;
  /** Names: `smile`, `+1`. */
  n: string[];
  /** Other words. */
  t: string[];
  /** Its group. */
  g: string;
}

/** Runs while bundling: only what is needed gets into the page. */
export const pickEmoji = (): Emoji[] =>
  gemoji.map(({ emoji, names, tags, category }) => ({ c: emoji, n: names, t: tags, g: category }));
