import { graphemes } from "../../text/graphemes.ts";

/** The first letters of the first and last word. Uses graphemes, so that no visible character is cut. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const ends = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return ends.map((word) => firstCharacter(word ?? "").toLocaleUpperCase()).join("");
}

/** Marks on one letter beyond these would paint over the rows around. No script needs more. */
const STACKED = /(\p{M}{3})\p{M}+/gu;

const firstCharacter = (text: string) =>
  // Nothing stands on a letter before another plain one, and rows of messages ask for it often.
  /^\w\w/.test(text) ? text.charAt(0) : (graphemes.segment(text).containing(0)?.segment ?? "").replace(STACKED, "$1");
