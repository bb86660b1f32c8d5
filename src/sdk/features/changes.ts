import { liveOf } from "../actions/queue.ts";
import type { Conversation } from "../public/conversation.ts";
import type { Message } from "../public/types.ts";

/** The changes of a conversation since the user last looked at it. */
export interface ChangesSince {
  /** The newest change that the user has looked at. `null`: the server does not know. */
  readonly readVersion: number | null;
  /** Messages that the user had read and that were edited or deleted since, as they are now. */
  readonly changed: readonly Message[];
  /** There is more than was looked through, or the server can't tell any more. */
  readonly isPartial: boolean;
}

interface Page {
  changes: { type: string; message?: Message; change?: unknown; changes?: unknown }[];
  next: number;
  more: boolean;
  reset?: true;
  read_seq: number;
  read_version: number | null;
}

/** The most pages of changes that are read. */
const PAGES_MAX = 5;

/** Reads what has changed since the user last looked. Call it before you mark anything as read. */
export async function changesSince(conversation: Conversation): Promise<ChangesSince> {
  const { host, id } = liveOf(conversation);
  const path = `chat/conversations/${id}/changes/?limit=500`;
  const changed = new Map<string, Message>();
  let readVersion: number | null = null;
  let after = "";
  for (let n = 0; n < PAGES_MAX; n++) {
    const page = (await host.http.call("GET", path + after)).data as Page;
    if (n === 0) readVersion = page.read_version;
    if (page.reset || readVersion === null) return { readVersion, changed: [], isPartial: page.reset === true };
    for (const { type, message, change, changes } of page.changes)
      if (type === "message_changed" && !change && !changes && message && message.seq <= page.read_seq)
        changed.set(message.id, message);
    if (!page.more) return { readVersion, changed: [...changed.values()], isPartial: false };
    after = `&after_version=${page.next}`;
  }
  return { readVersion, changed: [...changed.values()], isPartial: true };
}

/** Says that the user has looked at the conversation as it is now. Call it when they leave it. */
export function looked(conversation: Conversation): void {
  const { host, id, readState, sync } = liveOf(conversation);
  if (!sync.isLive || readState.seq === 0) return;
  host.connection.sendOnce({ type: "read", conversation_id: id, seq: readState.seq, version: sync.version });
}
