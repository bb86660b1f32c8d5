import type { Conversation } from "../../../sdk/index.ts";
import { toast } from "../../design/toast.tsx";
import { threadTexts } from "../../texts/threads.ts";
import { hasRoomForAside, showAside } from "../base/aside.ts";
import { navigate, pathTo } from "../base/routing.ts";
import type { ActionAt } from "../messages/message-action.ts";

/** Shows the thread that answers a message: beside its conversation, or on a page of its own where there is no room. */
export function openThreadAt(conversationId: string, seq: number) {
  if (hasRoomForAside()) showAside({ conversationId, name: "thread", value: String(seq) });
  else navigate(pathTo("thread", conversationId, seq));
}

/** Opens the thread of a message. That of a copy is where the reply was written. */
export async function openThreadOf({ client, message }: Pick<ActionAt, "client" | "message">) {
  if (message.state !== "sent") return;
  if (!message.from_thread) return openThreadAt(message.conversation_id, message.seq);
  const thread = client.open(message.from_thread.id);
  try {
    const info = await infoOf(thread);
    if (info?.parent_id && info.root_seq) openThreadAt(info.parent_id, info.root_seq);
    else toast(threadTexts.failed);
  } finally {
    thread.close();
  }
}

/** Waits a little for the facts of a conversation that has just been opened. */
async function infoOf(conversation: Conversation) {
  for (let i = 0; i < 50 && !conversation.info && conversation.state !== "gone"; i++)
    await new Promise((resolve) => setTimeout(resolve, 100));
  return conversation.info;
}
