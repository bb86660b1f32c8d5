import { useEffect, useRef, useState } from "preact/hooks";
import type { Conversation } from "../../../sdk/index.ts";
import { Button, IconButton } from "../../design/button.tsx";
import { keysText } from "../../design/keys.ts";
import { announce } from "../../design/toast.tsx";
import { missedTexts } from "../../texts/missed.ts";
import { texts } from "../../texts/texts.ts";
import { sinceTime } from "./times.ts";
import { FIRST_NEW_KEYS, type WayBack } from "./use-missed.ts";
import type { Unread } from "./use-reading.ts";
import "./missed-bar.css";

export interface MissedBarProps {
  conversation: Conversation;
  unread: Unread;
  state: WayBack;
  onGo: () => void;
  /** Stops the loading, or marks all as read. */
  onEnd: () => void;
}

/** Says how many new messages are out of view and since when, and leads to the first one. */
export function MissedBar({ conversation, unread, state, onGo, onEnd }: MissedBarProps) {
  const since = useSince(conversation, unread.afterSeq + 1);
  const { count } = unread;
  const isLoading = state === "loading";
  const says: Record<WayBack, string> = {
    idle: since ? missedTexts.since(count, since) : missedTexts.count(count),
    loading: missedTexts.loading,
    failed: missedTexts.failed,
  };
  const isSaid = useRef(false);
  useEffect(() => {
    // Announced once, when the time is known.
    if (state === "idle" && (since === undefined || isSaid.current)) return;
    isSaid.current = true;
    announce(says[state]);
  }, [state, since]);
  return (
    <section class="missed" aria-label={missedTexts.label}>
      <div class="missed-text">
        <p>
          <bdi>{says[state]}</bdi>
        </p>
      </div>
      <div class="missed-actions">
        <Button
          kind="quiet"
          icon="arrow-up"
          busy={isLoading}
          onClick={onGo}
          data-tip={missedTexts.tip}
          data-tip-keys={keysText(FIRST_NEW_KEYS)}
        >
          {state === "failed" ? texts.design.tryAgain : missedTexts.go}
        </Button>
        <IconButton
          icon="close"
          label={isLoading ? missedTexts.stop : missedTexts.waive}
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
