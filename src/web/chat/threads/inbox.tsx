import { useState } from "preact/hooks";
import type { Conversation } from "../../../sdk/index.ts";
import { Button } from "../../design/button.tsx";
import { Icon } from "../../design/icon.tsx";
import { Skeleton } from "../../design/spinner.tsx";
import { texts } from "../../texts/texts.ts";
import { threadTexts } from "../../texts/threads.ts";
import { useTitle } from "../base/page-title.ts";
import { pathTo } from "../base/routing.ts";
import { UnreadBadge } from "../base/unread-badge.tsx";
import { previewOf } from "../messages/preview.ts";
import { listTime } from "../messages/times.ts";
import { useThreads } from "./use-threads.ts";
import "../base/page.css";
import "./threads.css";

/** The threads that you follow, the last one to get a reply first. */
export function ThreadsPage() {
  useTitle(texts.shell.sections.threads);
  const list = useThreads();
  const [isBusy, setBusy] = useState(false);
  return (
    <section class="page page-threads" aria-labelledby="threads-title">
      <header class="page-head">
        <h1 id="threads-title">{texts.shell.sections.threads}</h1>
        <p class="soft small">{threadTexts.hint}</p>
      </header>
      {list.items.length > 0 ? (
        <ul class="thread-list">
          {list.items.map((thread) => (
            <li key={thread.id}>
              <ThreadRow thread={thread} />
            </li>
          ))}
        </ul>
      ) : list.isLoaded ? (
        <div class="empty">
          <Icon name="threads" />
          <p class="empty-title">{threadTexts.empty}</p>
          <p>{threadTexts.emptyHint}</p>
        </div>
      ) : (
        <Skeleton lines={6} />
      )}
      {list.hasMore && list.items.length > 0 && (
        <Button
          disabled={isBusy}
          onClick={() => {
            setBusy(true);
            void list.loadMore().finally(() => setBusy(false));
          }}
        >
          {threadTexts.more}
        </Button>
      )}
    </section>
  );
}

function ThreadRow({ thread }: { thread: Conversation }) {
  const { info, lastMessage, unread } = thread;
  if (!info?.parent_id || !info.root_seq) return null;
  return (
    <a class="thread-row" href={pathTo("thread", info.parent_id, info.root_seq)}>
      <span class="thread-row-head">
        <bdi class="thread-where clip">{threadTexts.inConversation(info.display_name)}</bdi>
        {lastMessage && <time class="soft small">{listTime(lastMessage.created_at)}</time>}
      </span>
      <bdi class="thread-root-line clip">{rootLine(thread)}</bdi>
      <span class="thread-row-last">
        <bdi class="soft clip">{lastMessage && `${lastMessage.sender_name}: ${previewOf(lastMessage)}`}</bdi>
        {unread > 0 && <UnreadBadge count={unread} isMuted={thread.preferences.isMuted} />}
      </span>
    </a>
  );
}

function rootLine({ info }: Conversation): string {
  const root = info?.root;
  if (!root) return threadTexts.removedRoot;
  return root.deleted_at === undefined ? `${root.sender_name}: ${root.content}` : threadTexts.deletedRoot;
}
