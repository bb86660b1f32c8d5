import { useRef } from "preact/hooks";
import { Skeleton } from "../../design/spinner.tsx";
import { texts } from "../../texts/texts.ts";
import { connection } from "../session/session.ts";

/** The first messages are not there yet; without a connection it may be long until they are. */
export function Loading() {
  const { state } = connection.value;
  // While it is tried again, it is not offline for a moment.
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
