import type { ChatMessage, Conversation } from "../../../sdk/index.ts";

const PAGE = 100;
/** How many pages are searched for a message of yours. */
const PAGES = 5;

/** Finds your last message, and loads older pages until it is there. Gives up when you do something else meanwhile. */
export async function findLastOwn(conversation: Conversation, myId: number | undefined) {
  const field = document.activeElement;
  const waits = () =>
    field instanceof HTMLTextAreaElement && document.activeElement === field && field.value === "" && field.isConnected;
  for (let loaded = 0; ; loaded++) {
    const found = lastOwn(conversation, myId);
    if (found || !conversation.hasOlder || loaded === PAGES) return found;
    await conversation.loadOlder(PAGE);
    if (!waits()) return undefined;
  }
}

const lastOwn = ({ messages }: Conversation, myId: number | undefined): ChatMessage | undefined =>
  messages.findLast(
    (message) => message.state === "sent" && message.sender_id === myId && message.deleted_at === undefined,
  );
