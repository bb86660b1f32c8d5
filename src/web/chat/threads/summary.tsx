import { threadsOf } from "../../../sdk/features/threads.ts";
import { Avatar } from "../../design/avatar.tsx";
import { threadTexts } from "../../texts/threads.ts";
import type { MessagePartProps } from "../messages/message-part.ts";
import { sinceTime } from "../messages/times.ts";
import { useSession } from "../session/context.ts";
import { openThreadAt } from "./open.ts";
import { useThreads } from "./use-threads.ts";
import "./threads.css";

/** The row below a message that has a thread: the last people to answer, and how many replies there are. */
export function ThreadSummary({ message, conversation, isActive }: MessagePartProps) {
  const { client } = useSession();
  useThreads();
  const { thread } = message;
  if (!thread || message.state !== "sent") return null;
  const replies = threadTexts.replies(thread.replies);
  const unread = threadsOf(client).items.find(({ id }) => id === thread.id)?.unread ?? 0;
  const nameOf = (id: number) => conversation.info?.participants.find((user) => user.id === id)?.full_name ?? "?";
  return (
    <button
      type="button"
      class="thread-summary"
      tabIndex={isActive ? 0 : -1}
      aria-label={threadTexts.open(replies)}
      onClick={() => openThreadAt(conversation.id, message.seq)}
    >
      <span class="thread-people" aria-hidden="true">
        {thread.recent.map((id) => (
          <Avatar key={id} name={nameOf(id)} id={id} size="s" />
        ))}
      </span>
      <span class="thread-replies">{replies}</span>
      <span class="soft small">{threadTexts.last(sinceTime(thread.last_reply_at))}</span>
      {unread > 0 && (
        <span class="thread-dot">
          <span class="visually-hidden">{threadTexts.unread(unread)}</span>
        </span>
      )}
    </button>
  );
}
