import type { Quote } from "../../../../sdk/index.ts";
import { Icon } from "../../../design/icon.tsx";
import { replyTexts } from "../../../texts/replies.ts";
import { pathTo } from "../../base/routing.ts";
import { useSession } from "../../session/context.ts";
import type { MessagePartProps } from "../message-part.ts";
import { goToQuoted } from "../way-back.ts";
import { quotedBy } from "./quoted.ts";
import "./quote.css";

/** The message that this one answers, in one line above its text. It leads to that message. */
export function QuoteLine({ message, conversation, isActive }: MessagePartProps) {
  const { me } = useSession();
  const quote = quotedBy(message, conversation);
  if (!quote) return <p class="message-quote message-quote-gone">{replyTexts.unknown}</p>;
  const { name, text } = shownOf(quote, me.value?.id);
  const path = pathTo("conversation", conversation.id, quote.seq);
  return (
    <a
      class={quote.deleted ? "message-quote message-quote-gone" : "message-quote"}
      href={path}
      tabIndex={isActive ? 0 : -1}
      data-tip={replyTexts.goTo}
      onClick={(event) => goToQuoted(event, path)}
    >
      <Icon name="reply" />
      <span class="visually-hidden">{replyTexts.inReplyTo}</span>
      <bdi class="message-quote-name">{name}</bdi>
      <span class="message-quote-text clip" dir="auto">
        {text}
      </span>
    </a>
  );
}

export function shownOf(
  { sender_id, sender_name, excerpt, deleted }: Omit<Quote, "id" | "seq">,
  myId: number | undefined,
) {
  const name = sender_id !== undefined && sender_id === myId ? replyTexts.you : (sender_name ?? replyTexts.somebody);
  return { name, text: deleted ? replyTexts.deleted : (excerpt ?? replyTexts.unknown) };
}
