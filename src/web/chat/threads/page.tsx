import { useEffect, useState } from "preact/hooks";
import type { Conversation } from "../../../sdk/index.ts";
import { IconButton } from "../../design/button.tsx";
import { threadTexts } from "../../texts/threads.ts";
import { hasRoomForAside, showAside } from "../base/aside.ts";
import { titleOf } from "../base/conversation-title.ts";
import { useTitle } from "../base/page-title.ts";
import { goUp, navigate, pathTo } from "../base/routing.ts";
import { useSession } from "../session/context.ts";
import { useConversation } from "../session/use-conversation.ts";
import { FindButton } from "./find-button.tsx";
import { FollowBell } from "./follow-bell.tsx";
import { ThreadView } from "./thread-view.tsx";
import { useThread } from "./use-thread.ts";

/** A thread on a page of its own. On a wide screen it stands beside its conversation, which the page shows then. */
export function ThreadPage({ id, seq }: { id: string; seq: number }) {
  const [isWide] = useState(hasRoomForAside);
  useEffect(() => {
    if (!isWide) return;
    navigate(pathTo("conversation", id), { replace: true });
    showAside({ conversationId: id, name: "thread", value: String(seq) });
  }, []);
  return isWide ? null : <NarrowPage id={id} seq={seq} />;
}

function NarrowPage({ id, seq }: { id: string; seq: number }) {
  const parent = useConversation(id, () => navigate(pathTo("conversation", id), { replace: true }));
  const opened = useThread(parent, seq);
  useTitle(threadTexts.title);
  return (
    <div class="thread-page">
      <header class="conversation-header">
        <IconButton icon="back" label={threadTexts.back} onClick={() => leave(id)} />
        <div class="conversation-heading">
          <h1 class="conversation-title">{threadTexts.title}</h1>
          <p class="conversation-presence">
            <bdi>{parent && <Where parent={parent} />}</bdi>
          </p>
        </div>
        {opened.thread && <FindButton thread={opened.thread} />}
        {opened.thread && <FollowBell thread={opened.thread} />}
      </header>
      <ThreadView parent={parent} {...opened} />
    </div>
  );
}

function Where({ parent }: { parent: Conversation }) {
  const { me } = useSession();
  return <>{threadTexts.inConversation(titleOf(parent, me.value))}</>;
}

/** The lists that a thread is opened from. */
const LISTS = [pathTo("threads"), pathTo("search")];

/** Goes back to where the thread was opened from: its conversation, or a list. */
const leave = (id: string) => goUp(LISTS.find((list) => list === history.state?.below) ?? pathTo("conversation", id));
