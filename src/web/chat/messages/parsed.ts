import { parse } from "../../../text/parse.ts";
import type { Block } from "../../../text/parsed.ts";

const CACHED_MAX = 2000;
const cache = new Map<string, Block[]>();

/** Like `parse`, with a cache of recent texts. */
export function parsed(text: string): Block[] {
  const known = cache.get(text);
  if (known) return known;
  const blocks = parse(text);
  if (cache.size >= CACHED_MAX) for (const oldest of cache.keys()) if (cache.delete(oldest)) break;
  cache.set(text, blocks);
  return blocks;
}
