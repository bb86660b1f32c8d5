import { ownEntriesOf } from "../base/own-entries.ts";
import type { PendingAction } from "../public/actions.ts";
import type { ConfabClient } from "../public/client.ts";
import type { Conversation, SentMessage } from "../public/conversation.ts";
import type { OwnEntries } from "../public/own-entries.ts";
import type { ReminderEntry, SavedEntry, SavedMessage } from "../public/saved.ts";
import { act } from "./actions.ts";

const entriesOf = ownEntriesOf("saved");
const dueOf = ownEntriesOf("reminder");
const PATH = "chat/saved/{message_id}/";

/** The user's saved messages, by the ids of the messages. Follows them from the first call on. */
export const savedOf = (client: ConfabClient): OwnEntries<SavedEntry> => entriesOf(client);

/** The reminders that are due and not ended, by the ids of the messages. The client also emits `reminder` for each. */
export const remindersOf = (client: ConfabClient): OwnEntries<ReminderEntry> => dueOf(client);

/**
 * Saves a message, or changes its note or its reminder: fields that are left out stay. It shows at once, and goes out when
 * there is a connection. The server refuses a time that has passed by then; the message is saved all the same.
 */
export function save(
  client: ConfabClient,
  conversation: Conversation,
  message: Pick<SentMessage, "id" | "seq">,
  changes: { note?: string | null; remind_at?: string | null } = {},
): PendingAction {
  const { id, seq } = message;
  const entries = entriesOf(client);
  const before = entries.all.get(id);
  const now = new Date().toISOString();
  const { note = before?.note ?? null, remind_at = before?.remind_at ?? null } = changes;
  // Each field is an action of its own: a newer note must not replace a reminder that has not gone out.
  const put = (key: string, body: object) =>
    act(conversation, { kind: "save", key, message: id, request: { method: "PUT", path: PATH, body } });
  const noting = changes.note === undefined ? undefined : put("note", { note });
  const reminding = changes.remind_at === undefined ? undefined : put("remind", { remind_at });
  const last = reminding ?? noting ?? put("", {});
  const { saved_at = now, saved_version = Number.MAX_SAFE_INTEGER } = before ?? {};
  const value = { conversation_id: conversation.id, seq, note, remind_at, saved_at, saved_version };
  entries.show(id, value, last.done);
  if (reminding && dueOf(client).all.has(id)) dueOf(client).show(id, null, last.done);
  return last;
}

/** Removes a message from the saved ones. */
export function unsave(client: ConfabClient, conversation: Conversation, messageId: string): PendingAction {
  const request = { method: "DELETE", path: PATH };
  const pending = act(conversation, { kind: "save", message: messageId, request });
  entriesOf(client).show(messageId, null, pending.done);
  if (dueOf(client).all.has(messageId)) dueOf(client).show(messageId, null, pending.done);
  return pending;
}

/** Reads one page of the saved messages, newest first. Pass the last `saved_version` as `before` for the next page. */
export async function savedMessages(
  client: ConfabClient,
  { before, limit = 50 }: { before?: number; limit?: number } = {},
): Promise<{ items: SavedMessage[]; total: number }> {
  const from = before === undefined ? "" : `&before=${before}`;
  const { data, meta } = await client.call("GET", `chat/saved/?limit=${limit}${from}`);
  return { items: data as SavedMessage[], total: (meta as { total: number }).total };
}
