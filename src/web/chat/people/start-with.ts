import type { ConfabClient, User } from "../../../sdk/index.ts";
import { toast } from "../../design/toast.tsx";
import { list } from "../../texts/format.ts";
import { texts } from "../../texts/texts.ts";
import { openConversation } from "../base/routing.ts";

/**
 * Opens the conversation with these people, and creates it if there is none. Several people form a group. Says who gets
 * a request first.
 */
export async function startWith(client: ConfabClient, users: readonly User[], name?: string): Promise<void> {
  const participant_ids = users.map(({ id }) => id);
  const { data, meta } = await client.call("POST", "chat/conversations/", { participant_ids, name });
  const { id, request } = data as { id?: string; request?: unknown };
  showRequested(users, request === undefined ? requestedOf(meta) : participant_ids);
  if (id !== undefined) openConversation(id);
}

/** Adds people to a group. Says who gets a request first. */
export async function addTo(client: ConfabClient, conversationId: string, users: readonly User[]): Promise<void> {
  const user_ids = users.map(({ id }) => id);
  const { meta } = await client.call("POST", `chat/conversations/${conversationId}/participants/`, { user_ids });
  showRequested(users, requestedOf(meta));
}

/** Servers of earlier releases send no requests. */
const requestedOf = (meta: unknown): readonly number[] =>
  (meta as { requested?: number[] } | undefined)?.requested ?? [];

function showRequested(users: readonly User[], ids: readonly number[]) {
  const names = users.filter(({ id }) => ids.includes(id)).map((user) => user.full_name);
  if (names.length > 0) toast(texts.requests.sent(list.format(names)));
}
