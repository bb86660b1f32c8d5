import { isInCode } from "../format/code.ts";
import type { Emoji } from "./pick.ts";

/** Finds emoji. Names that begin with the text come before those that contain it elsewhere, and short names first. */
export function findEmoji(all: readonly Emoji[], text: string, limit: number): Emoji[] {
  const wanted = text.toLowerCase().replaceAll(" ", "_");
  const ranks = all.map((emoji) => [rankOf(emoji, wanted), emoji] as const).filter(([rank]) => rank < NOT);
  ranks.sort(([a, { n: one }], [b, { n: other }]) => a - b || lengthOf(one, wanted) - lengthOf(other, wanted));
  return ranks.slice(0, limit).map(([, emoji]) => emoji);
}

const NOT = 4;

/** The length of the first name that begins with the text. */
const lengthOf = (names: string[], wanted: string) => names.find((name) => name.startsWith(wanted))?.length ?? 0;

function rankOf({ n, t }: Emoji, wanted: string): number {
  if (n.includes(wanted)) return 0;
  if (n.some((name) => name.startsWith(wanted))) return 1;
  if (t.some((tag) => tag.startsWith(wanted))) return 2;
  return n.some((name) => name.includes(wanted)) ? 3 : NOT;
}

export interface TypedName {
  name: string;
  /** The place of the colon. */
  from: number;
  /** A second colon ends the name. */
  isClosed: boolean;
}

/**
 * Returns the emoji name before the caret: `:smi` or `:+1:`. The colon begins a word and stands outside of code. An
 * open name begins with two letters, because `:)`, `:-P` and `:10` are no names.
 */
export function nameBefore(text: string, caret: number): TypedName | undefined {
  const before = text.slice(Math.max(0, caret - 40), caret);
  const found = /(?:^\+?|[\s(]):(?:([a-z]{2}[\w+-]{0,30})|([\w+-]{2,32}):)$/i.exec(before);
  const name = found?.[1] ?? found?.[2];
  if (name === undefined || isInCode(text, caret)) return undefined;
  const isClosed = found?.[1] === undefined;
  return { name, from: caret - name.length - (isClosed ? 2 : 1), isClosed };
}

/**
 * Whether Enter may replace the typed name by this emoji, although nobody chose it: it is the whole name, or at least
 * three letters of one. Emoticons such as `:PP` and `:op` are sent as typed.
 */
export const isPlainName = (name: string, { n }: Emoji) =>
  n.includes(name) || (name.length >= 3 && n.some((one) => one.startsWith(name)));
