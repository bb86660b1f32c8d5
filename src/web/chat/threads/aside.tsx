import { threadTexts } from "../../texts/threads.ts";
import type { Aside, AsideProps } from "../base/open-aside.ts";
import { FindButton } from "./find-button.tsx";
import { FollowBell } from "./follow-bell.tsx";
import { ThreadView } from "./thread-view.tsx";
import { useThread } from "./use-thread.ts";

/** A thread beside its conversation. */
function ThreadAside({ conversation, value }: AsideProps) {
  const opened = useThread(conversation, Number(value));
  return (
    <div class="thread-aside">
      {opened.thread && (
        <div class="thread-bar">
          <FindButton thread={opened.thread} />
          <FollowBell thread={opened.thread} />
        </div>
      )}
      <ThreadView parent={conversation} {...opened} />
    </div>
  );
}

export const threadAside: Aside = { title: () => threadTexts.title, Body: ThreadAside, isBare: true };
