import type { People } from "./conversation-api.ts";
import type { Core } from "./core.ts";
import type { ConversationInfo, User } from "./wire.ts";

/** The calls about who takes part in a conversation, and what it is called. */
export function members(id: string, core: Core) {
  const call = (method: string, path: string, body?: object) =>
    core.http.call(method, `chat/conversations/${id}/${path}`, body);

  async function removeParticipant(userId: number): Promise<void> {
    await call("DELETE", `participants/${userId}/`);
    if (userId === core.me?.id) core.conversations.get(id).gone("removed");
  }

  return {
    removeParticipant,
    leave: () => removeParticipant(core.me?.id ?? 0),
    async participants({ after = 0, limit = 50 } = {}): Promise<People & { next: number | null }> {
      const { data, meta } = await call("GET", `participants/?after=${after}&limit=${limit}`);
      return { users: data as User[], total: meta.total, next: meta.next_after };
    },
    async addParticipants(user_ids: readonly number[]): Promise<void> {
      await call("POST", "participants/", { user_ids });
    },
    async rename(name: string | null): Promise<void> {
      const { data } = await call("PATCH", "", { name });
      core.conversations.get(id).learn(data as ConversationInfo);
    },
  };
}
