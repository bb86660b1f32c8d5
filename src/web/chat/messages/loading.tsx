import { useRef } from "preact/hooks";
import { Button } from "../../design/button.tsx";
import { Skeleton } from "../../design/spinner.tsx";
import { texts } from "../../texts/texts.ts";
import { useSession } from "../session/context.ts";

/**
 * Stands in for the first messages. Without a connection the wait may be long.
 * @param onNewest leads to the newest messages, while one message is awaited
 */
export function Loading({ onNewest }: { onNewest?: (() => void) | undefined }) {
  const { state } = useSession().connection.value;
  // A short attempt to connect does not count as being online.
  const isOffline = useRef(false);
  if (state === "offline" || state === "online") isOffline.current = state === "offline";
  const { notLoaded, linkedNotLoaded, loading, toNewest } = texts.messages.feed;
  return (
    <div class="conversation-loading">
      <p class={isOffline.current ? "soft" : "visually-hidden"} role="status">
        {!isOffline.current ? loading : onNewest ? linkedNotLoaded : notLoaded}
      </p>
      {isOffline.current && onNewest && <Button onClick={onNewest}>{toNewest}</Button>}
      {!isOffline.current && <Skeleton lines={6} />}
    </div>
  );
}
