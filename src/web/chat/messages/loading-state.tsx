import { Button } from "../../design/button.tsx";
import { Spinner } from "../../design/spinner.tsx";
import { texts } from "../../texts/texts.ts";
import { useSession } from "../session/context.ts";
import type { usePages } from "./use-pages.ts";
import type { Shown } from "./use-view.ts";

interface LoadingStateProps {
  shown: Shown;
  pages: ReturnType<typeof usePages>;
}

/** Says that a message or more messages are on their way, or could not be loaded. */
export function LoadingState({ shown: { pending, go, stop }, pages }: LoadingStateProps) {
  const { connection } = useSession();
  const { loadingMore, moreFailed, loadingLinked, linkedFailed, linkedNotLoaded } = texts.messages.feed;
  const aim = pending && pending.aim.kind !== "unread" ? pending.aim : undefined;
  if (!aim && pages.state === "idle") return null;
  const hasFailed = aim ? pending?.hasFailed : pages.state === "failed";
  const isOffline = aim && connection.value.state === "offline";
  const text = !aim
    ? hasFailed
      ? moreFailed
      : loadingMore
    : hasFailed
      ? linkedFailed
      : isOffline
        ? linkedNotLoaded
        : loadingLinked;
  return (
    <div class="messages-older" role="status">
      {!hasFailed && !isOffline && <Spinner />}
      <span>{text}</span>
      {hasFailed && (
        <Button kind="quiet" onClick={() => (aim ? void go(aim) : pages.retry())}>
          {texts.design.tryAgain}
        </Button>
      )}
      {isOffline && (
        <Button kind="quiet" onClick={stop}>
          {texts.design.cancel}
        </Button>
      )}
    </div>
  );
}
