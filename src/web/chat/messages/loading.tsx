import { useRef } from "preact/hooks";
import { Skeleton } from "../../design/spinner.tsx";
import { texts } from "../../texts/texts.ts";
import { useSession } from "../session/context.ts";

/** Stands in for the first messages. Without a connection the wait may be long. */
export function Loading() {
  const { state } = useSession().connection.value;
  // A short attempt to connect does not count as being online.
  const isOffline = useRef(false);
  if (state === "offline" || state === "online") isOffline.current = state === "offline";
  const { notLoaded, loading } = texts.messages.feed;
  return (
    <div class="conversation-loading">
      <p class={isOffline.current ? "soft" : "visually-hidden"} role="status">
        {isOffline.current ? notLoaded : loading}
      </p>
      {!isOffline.current && <Skeleton lines={6} />}
    </div>
  );
}
