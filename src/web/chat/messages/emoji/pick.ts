import { gemoji } from "gemoji";

/** An emoji. The keys are short because the page downloads thousands of them. */
export interface Emoji {
  /** The character. */
  c: string;
  /** The names: `smile`, `+1`. */
  n: string[];
  /** Other words for it. */
  t: string[];
  /** The group. */
  g: string;
}

/** Runs during bundling, so that only these fields get into the page. */
export const pickEmoji = (): Emoji[] =>
  gemoji.map(({ emoji, names, tags, category }) => ({ c: emoji, n: names, t: tags, g: category }));
