import type { Conversation } from "../../../sdk/index.ts";
import { texts } from "../../texts/texts.ts";

/** Stands above the first message of a conversation. */
export function Beginning({ conversation, title }: { conversation: Conversation; title: string }) {
  if (conversation.info?.parent_id) return null;
  const { beginning, beginningOfGroup, empty } = texts.messages.feed;
  return (
    <div class="messages-beginning">
      <p dir="auto">{conversation.info?.is_group ? beginningOfGroup(title) : beginning(title)}</p>
      {conversation.messages.length === 0 && <p>{empty}</p>}
    </div>
  );
}
