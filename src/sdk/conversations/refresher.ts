import type { LiveConversation } from "../parts/conversation.ts";
import type { Core } from "../parts/core.ts";
import type { Summary } from "../parts/frames.ts";
import { ConfabError } from "../public/errors.ts";

/** Reads conversations from the server again, one after the other: after a reconnect there may be many. */
export function createRefresher(core: Core) {
  const stale = new Set<LiveConversation>();
  let isRefreshing = false;

  async function refreshAll() {
    isRefreshing = true;
    for (const conversation of stale) {
      stale.delete(conversation);
      const { epoch } = core;
      const read = () => core.http.call("GET", `chat/conversations/${conversation.id}/`);
      try {
        const { data } = await core.connection.retryWhileConnected(read);
        // The answer may be from before the database went back.
        if (epoch !== core.epoch) stale.add(conversation);
        else if (!conversation.isDetached) conversation.applySummary(data as Summary);
      } catch (error) {
        if (error instanceof ConfabError && error.code === "not_found") conversation.markGone();
        else core.reportError(error);
      }
    }
    isRefreshing = false;
  }

  return {
    refresh(conversation: LiveConversation) {
      stale.add(conversation);
      if (!isRefreshing) void refreshAll();
    },
    clear: () => stale.clear(),
  };
}
