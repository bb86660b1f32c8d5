import type { Core } from "../parts/core.ts";
import type { People } from "../public/conversation.ts";
import { ConfabError } from "../public/errors.ts";
import type { ConversationInfo, User } from "../public/types.ts";

/** Calls about the members and the name of a conversation. */
export function memberCalls(id: string, core: Core) {
  const call = (method: string, path: string, body?: object) =>
    core.http.call(method, `chat/conversations/${id}/${path}`, body);

  async function removeParticipant(userId: number): Promise<void> {
    await call("DELETE", `participants/${userId}/`);
    const self = core.conversations.get(id);
    // The server hides a 1-on-1 instead, and sends a `hidden` frame.
    if (userId === core.me?.id && self.info?.is_group !== false) self.markGone("removed");
  }

  return {
    removeParticipant,
    leave: () => removeParticipant(core.me?.id ?? 0),
    async hide(): Promise<void> {
      if (core.conversations.get(id).info?.is_group !== false)
        throw new ConfabError("validation_failed", "Only a 1-on-1 can be hidden. Leave a group instead.");
      await removeParticipant(core.me?.id ?? 0);
    },
    async participants({ after = 0, limit = 50 } = {}): Promise<People & { next: number | null }> {
      const { data, meta } = await call("GET", `participants/?after=${after}&limit=${limit}`);
      return { users: data as User[], total: meta.total, next: meta.next_after };
    },
    async addParticipants(user_ids: readonly number[]): Promise<number[]> {
      const { meta } = await call("POST", "participants/", { user_ids });
      return meta?.requested ?? [];
    },
    async rename(name: string | null): Promise<void> {
      const { data } = await call("PATCH", "", { name });
      core.conversations.get(id).applySummary(data as ConversationInfo);
    },
  };
}
