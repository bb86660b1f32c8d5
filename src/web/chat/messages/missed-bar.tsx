import { useEffect, useRef, useState } from "preact/hooks";
import type { Conversation } from "../../../sdk/index.ts";
import { Button, IconButton } from "../../design/button.tsx";
import { keysText } from "../../design/keys.ts";
import { announce } from "../../design/toast.tsx";
import { texts } from "../../texts/texts.ts";
import { sinceTime } from "./times.ts";
import { FIRST_NEW_KEYS } from "./use-missed.ts";
import type { Unread } from "./use-reading.ts";
import type { WayBack } from "./use-way-back.ts";

export interface MissedBarProps {
  conversation: Conversation;
  unread: Unread;
  state: WayBack;
  /** How many new messages are loaded. */
  loaded: number;
  onGo: () => void;
  /** Stops the loading, or marks all as read. */
  onEnd: () => void;
}

/** Says how many new messages are out of view and since when, and leads to the first one. */
export function MissedBar({ conversation, unread, state, loaded, onGo, onEnd }: MissedBarProps) {
  const { missed } = texts.messages;
  const since = useSince(conversation, unread.afterSeq + 1);
  const { count } = unread;
  const isLoading = state === "loading";
  const says: Record<WayBack, string> = {
    idle: since ? missed.since(count, since) : missed.count(count),
    loading: missed.loading(loaded, count),
    paused: missed.paused(loaded, count),
    failed: missed.failed,
  };
  const isSaid = useRef(false);
  useEffect(() => {
    // Announced once, when the time is known.
    if (state === "idle" && (since === undefined || isSaid.current)) return;
    isSaid.current = true;
    announce(says[state]);
  }, [state, since]);
  return (
    <section class="missed" aria-label={missed.label}>
      <div class="missed-text">
        <p>
          <bdi>{says[state]}</bdi>
        </p>
        {isLoading && <progress aria-label={missed.progress} max={count} value={Math.min(loaded, count)} />}
      </div>
      <div class="missed-actions">
        <Button
          kind="quiet"
          icon="arrow-up"
          busy={isLoading}
          onClick={onGo}
          data-tip={missed.tip}
          data-tip-keys={keysText(FIRST_NEW_KEYS)}
        >
          {state === "paused" ? missed.goOn : state === "failed" ? texts.design.tryAgain : missed.go}
        </Button>
        <IconButton
          icon="close"
          label={isLoading ? missed.stop : missed.waive}
          keys={keysText("Escape")}
          onClick={onEnd}
        />
      </div>
    </section>
  );
}

/** The time of the first new message; an empty text if it can't be known. */
function useSince(conversation: Conversation, seq: number): string | undefined {
  const [since, setSince] = useState<string>();
  useEffect(() => {
    let isAwaited = true;
    conversation
      .messageAt(seq)
      .then((message) => (message ? sinceTime(message.created_at) : ""))
      .catch(() => "")
      .then((text) => isAwaited && setSince(text));
    return () => {
      isAwaited = false;
    };
  }, [conversation, seq]);
  return since;
}
