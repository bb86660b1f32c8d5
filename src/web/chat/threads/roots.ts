import type { Conversation, SendOptions, SentMessage } from "../../../sdk/index.ts";

interface Root {
  parent: Conversation;
  message: SentMessage;
}

/** The messages that open threads answer. */
const roots = new WeakMap<Conversation, Root>();

export const noteRoot = (thread: Conversation, root: Root) => void roots.set(thread, root);
export const rootOf = (thread: Conversation) => roots.get(thread);

export const isThread = (conversation: Conversation) =>
  roots.has(conversation) || conversation.info?.parent_id !== undefined;

/** A first reply starts the thread, also one that is written offline. */
export function sendReply(thread: Conversation, text: string, options: SendOptions): boolean {
  const root = roots.get(thread);
  if (!root) return false;
  void import("../../../sdk/features/threads.ts").then(({ reply }) =>
    reply(root.parent, root.message, text, options).done.catch(() => {}),
  );
  return true;
}
