import type { Conversation, SentMessage } from "../../../sdk/index.ts";
import { Avatar } from "../../design/avatar.tsx";
import { Skeleton } from "../../design/spinner.tsx";
import { threadTexts } from "../../texts/threads.ts";
import { titleOf } from "../base/conversation-title.ts";
import { MessageText } from "../messages/message-text.tsx";
import { isDeleted } from "../messages/preview.ts";
import { fullTime, listTime } from "../messages/times.ts";
import { OpenConversation } from "../messages/view.tsx";
import { useSession } from "../session/context.ts";
import { useChanges } from "../session/use-changes.ts";
import type { OpenedThread } from "./use-thread.ts";
import "./threads.css";

interface ThreadViewProps extends OpenedThread {
  parent: Conversation | undefined;
}

/** The message that a thread answers, its replies, and the text field. */
export function ThreadView({ parent, thread, root, hasFailed }: ThreadViewProps) {
  if (hasFailed) return <p class="thread-failed">{threadTexts.failed}</p>;
  if (!parent || !thread) return <Skeleton lines={6} />;
  return <Replies parent={parent} thread={thread} root={root} />;
}

function Replies({
  parent,
  thread,
  root,
}: {
  parent: Conversation;
  thread: Conversation;
  root: SentMessage | undefined;
}) {
  const { me } = useSession();
  useChanges(thread);
  const isEmpty = thread.state === "live" && thread.messages.length === 0;
  return (
    <OpenConversation conversation={thread} title={titleOf(parent, me.value)}>
      <Root message={root} />
      {isEmpty && <p class="thread-none">{threadTexts.none}</p>}
    </OpenConversation>
  );
}

function Root({ message }: { message: SentMessage | undefined }) {
  if (!message) return <p class="thread-root tombstone">{threadTexts.removedRoot}</p>;
  return (
    <article class="thread-root" aria-label={message.sender_name}>
      <header class="thread-root-head">
        <Avatar name={message.sender_name} id={message.sender_id} size="s" />
        <bdi class="clip">{message.sender_name}</bdi>
        <time class="soft small" dateTime={message.created_at} data-tip={fullTime(message.created_at)}>
          {listTime(message.created_at)}
        </time>
      </header>
      {isDeleted(message) ? <p class="tombstone">{threadTexts.deletedRoot}</p> : <MessageText text={message.content} />}
    </article>
  );
}
