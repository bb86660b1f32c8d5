import { ownEntriesOf } from "../base/own-entries.ts";
import type { PendingAction } from "../public/actions.ts";
import type { ConfabClient } from "../public/client.ts";
import type { Conversation } from "../public/conversation.ts";
import type { OwnEntries } from "../public/own-entries.ts";
import type { ScheduledEntry, ScheduledTime } from "../public/scheduled.ts";
import { act } from "./actions.ts";

const entriesOf = ownEntriesOf("scheduled");

/** The user's messages that are sent later, by their ids. Follows them from the first call on. */
export const scheduledOf = (client: ConfabClient): OwnEntries<ScheduledEntry> => entriesOf(client);

/** Has a text sent at a later time. It shows at once, and goes to the server when there is a connection. */
export function schedule(
  client: ConfabClient,
  conversation: Conversation,
  content: string,
  { send_at, repeat = null, zone = null }: ScheduledTime,
): PendingAction & { id: string } {
  const id = randomUuid();
  const body = { id, content, send_at, repeat, zone };
  const request = { method: "POST", path: `chat/conversations/${conversation.id}/scheduled/`, body };
  const pending = act(conversation, { kind: "schedule", key: id, request });
  const created_at = new Date().toISOString();
  const state = { state: "waiting", error: null, created_at } as const;
  entriesOf(client).show(
    id,
    { conversation_id: conversation.id, content, send_at, repeat, zone, ...state },
    pending.done,
  );
  return { id, ...pending };
}

/** `crypto.randomUUID` is missing on pages that came over plain HTTP from another machine. */
function randomUuid(): string {
  const bytes = [...crypto.getRandomValues(new Uint8Array(16))];
  bytes[6] = ((bytes[6] ?? 0) & 15) | 64;
  bytes[8] = ((bytes[8] ?? 0) & 63) | 128;
  const hex = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** Changes the text or the time. Rejects while there is no connection. */
export async function reschedule(
  client: ConfabClient,
  id: string,
  changes: Partial<ScheduledTime> & { content?: string },
): Promise<void> {
  await callOn(client, id, "PATCH", "", changes);
}

/** Removes it, with all its repetitions. */
export const unschedule = (client: ConfabClient, id: string): Promise<void> => callOn(client, id, "DELETE", "");

/** Sends it now. One that repeats goes on with its next time. */
export const sendScheduled = (client: ConfabClient, id: string): Promise<void> => callOn(client, id, "POST", "send/");

/** Leaves its next time out. */
export const skipScheduled = (client: ConfabClient, id: string): Promise<void> => callOn(client, id, "POST", "skip/");

async function callOn(client: ConfabClient, id: string, method: string, step: string, body?: object): Promise<void> {
  const entries = entriesOf(client);
  const conversationId = entries.all.get(id)?.conversation_id;
  // It was sent or removed meanwhile.
  if (conversationId === undefined) return;
  const done = client.call(method, `chat/conversations/${conversationId}/scheduled/${id}/${step}`, body);
  if (method === "DELETE") entries.show(id, null, done);
  await done;
}
