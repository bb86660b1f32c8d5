import { mostBytes } from "../../../sdk/features/files.ts";
import type { Conversation } from "../../../sdk/index.ts";

/** An admin may change the limit while the page is open. The server refuses in any case. */
const FRESH_MS = 5 * 60_000;

let known: { most: number | null; at: number } | undefined;

/** How many bytes a file may have. `null`: the server takes no files. While it can't say, everything may be tried. */
export async function limitOf(conversation: Conversation): Promise<number | null> {
  if (known && known.at > Date.now() - FRESH_MS) return known.most;
  try {
    known = { most: await mostBytes(conversation), at: Date.now() };
  } catch {
    return known?.most ?? Infinity;
  }
  return known.most;
}
