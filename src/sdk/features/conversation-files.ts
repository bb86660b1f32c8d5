import type { ConfabClient } from "../public/client.ts";
import type { ConversationFile, FileKind } from "../public/conversation-files.ts";

/**
 * Reads one page of the files of a conversation. `before` and `after` are the `seq` of messages: a page before one has its
 * files newest first, and a page after one has them oldest first. A page has all files of its messages. Rejects while there
 * is no connection.
 * @returns `next`: `before` or `after` of the next page; null when this is the last
 */
export async function filesIn(
  client: ConfabClient,
  conversationId: string,
  {
    kinds,
    before,
    after,
    limit = 50,
  }: { kinds?: readonly FileKind[]; before?: number; after?: number; limit?: number } = {},
): Promise<{ files: ConversationFile[]; next: number | null }> {
  const query = new URLSearchParams({ limit: `${limit}` });
  if (kinds !== undefined) query.set("type", kinds.join(","));
  if (before !== undefined) query.set("before", `${before}`);
  if (after !== undefined) query.set("after", `${after}`);
  const { data, meta } = await client.call("GET", `chat/conversations/${conversationId}/files/?${query}`);
  const { next } = meta as { next: number | null };
  return { files: data as ConversationFile[], next };
}
