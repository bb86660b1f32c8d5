import { liveOf } from "../actions/queue.ts";
import type { PendingAction } from "../public/actions.ts";
import type { ChatMessage, Conversation } from "../public/conversation.ts";
import type { Message } from "../public/types.ts";
import { act } from "./actions.ts";

/** Pins a message for everybody, or takes the pin back. It shows at once, and goes out when there is a connection. */
export function pin(conversation: Conversation, message: ChatMessage | string, on = true): PendingAction {
  const at = new Date().toISOString();
  return act(conversation, {
    kind: "pin",
    message,
    frame: { type: "pin", on },
    apply: ({ pinned }, user_id) => ({ pinned: on ? (pinned ?? { user_id, at }) : undefined }),
  });
}

/** Reads the pinned messages, at most 100, the newest pin first. Rejects while there is no connection. */
export async function pins(conversation: Conversation): Promise<Message[]> {
  const { host, id } = liveOf(conversation);
  return (await host.http.call("GET", `chat/conversations/${id}/pins/`)).data as Message[];
}
