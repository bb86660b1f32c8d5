import type { ConfabClient } from "../../../sdk/index.ts";
import { unreadReplies } from "../base/unread-replies.ts";
import { whenInUse } from "../base/when-in-use.ts";

/** Counts the unread replies, once the page is there. */
export function followThreads(client: ConfabClient) {
  whenInUse(async () => {
    const { threadsOf } = await import("../../../sdk/features/threads.ts");
    const list = threadsOf(client);
    const count = () => {
      unreadReplies.value = client.me ? list.unread : 0;
    };
    list.on(count);
    count();
  });
}
