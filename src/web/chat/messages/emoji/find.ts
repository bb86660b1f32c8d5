import type { Emoji } from "./pick.ts";

/** Finds emoji. Names that begin with the text come before those that contain it elsewhere. */
export function findEmoji(all: readonly Emoji[], text: string, limit: number): Emoji[] {
  const wanted = text.toLowerCase().replaceAll(" ", "_");
  const ranks = all.map((emoji) => [rankOf(emoji, wanted), emoji] as const).filter(([rank]) => rank < NOT);
  ranks.sort(([a], [b]) => a - b);
  return ranks.slice(0, limit).map(([, emoji]) => emoji);
}

const NOT = 4;

function rankOf({ n, t }: Emoji, wanted: string): number {
  if (n.includes(wanted)) return 0;
  if (n.some((name) => name.startsWith(wanted))) return 1;
  if (t.some((tag) => tag.startsWith(wanted))) return 2;
  return n.some((name) => name.includes(wanted)) ? 3 : NOT;
}

/**
 * Returns the emoji name before the caret: `:smi`. It has at least two letters, because `:)` and `10:30` are not names.
 */
export function nameBefore(text: string, caret: number): { name: string; from: number; isClosed: boolean } | undefined {
  const found = /(?:^|[\s(])(:([a-z0-9_+-]{2,32})(:?))$/i.exec(text.slice(Math.max(0, caret - 40), caret));
  if (!found?.[1] || !found[2]) return undefined;
  return { name: found[2], from: caret - found[1].length, isClosed: found[3] === ":" };
}
