import type { Change } from "../log/changes.ts";
import type { MessageLog } from "../log/log.ts";

/** The most changes that one statement reads. */
const READ_AT_ONCE = 200;

/**
 * Reads the changes with `after` < version ≤ `upTo`. When one is missing, a socket has to start anew, and a follower
 * skips it. Retention has then removed the change, or the message that it edited.
 */
export async function readChanges(
  log: Pick<MessageLog, "changes">,
  conversationId: string,
  after: number,
  upTo: number,
): Promise<Change[]> {
  const found: Change[] = [];
  for (let at = after; at < upTo; ) {
    const some = await log.changes(conversationId, at, upTo, READ_AT_ONCE);
    if (some === "gone") {
      const last = Math.min(upTo, at + READ_AT_ONCE);
      found.push(...(await readOneByOne(log, conversationId, at, last)));
      at = last;
    } else if (some === "other_history" || some.length === 0) return found;
    else {
      found.push(...some);
      at += some.length;
    }
  }
  return found;
}

async function readOneByOne(log: Pick<MessageLog, "changes">, conversationId: string, after: number, upTo: number) {
  const found: Change[] = [];
  for (let at = after; at < upTo; at++) {
    const one = await log.changes(conversationId, at, at + 1, 1);
    if (typeof one !== "string") found.push(...one);
  }
  return found;
}
