import { useEffect, useState } from "preact/hooks";
import type { Conversation } from "../../../client/index.ts";
import { Button, IconButton } from "../../design/button.tsx";
import { keysText } from "../../design/keys.ts";
import { announce } from "../../design/toast.tsx";
import { texts } from "../../texts/texts.ts";
import { type Shortcut, useShortcuts } from "../keyboard/shortcuts.ts";
import { sinceTime } from "./times.ts";
import type { Unread } from "./use-reading.ts";
import type { WayBack } from "./use-way-back.ts";

const KEYS = "Mod+J";

export interface MissedBarProps {
  conversation: Conversation;
  unread: Unread;
  state: WayBack;
  /** How many of them are there. */
  loaded: number;
  onGo: () => void;
  onStop: () => void;
  onWaive: () => void;
}

/** Says that more is new than is in sight, since when, and leads to the first of it. */
export function MissedBar({ conversation, unread, state, loaded, onGo, onStop, onWaive }: MissedBarProps) {
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
  useEffect(() => {
    // Said when it is known since when, once.
    if (state !== "idle" || since !== undefined) announce(says[state]);
  }, [state, since]);
  const end = isLoading ? onStop : onWaive;
  return (
    <section class="missed" aria-label={missed.label}>
      <div class="missed-text">
        <p>{says[state]}</p>
        {isLoading && <progress aria-label={missed.progress} max={count} value={Math.min(loaded, count)} />}
      </div>
      {!isLoading && (
        <Button kind="quiet" icon="arrow-up" onClick={onGo} data-tip={missed.tip} data-tip-keys={keysText(KEYS)}>
          {state === "paused" ? missed.goOn : missed.go}
        </Button>
      )}
      <IconButton icon="close" label={isLoading ? missed.stop : missed.waive} keys={keysText("Escape")} onClick={end} />
    </section>
  );
}

/** The keys of the way to the first new message, also while somebody writes. */
export function useMissedKeys(when: Record<"go" | "end", () => boolean>, run: Record<"go" | "end", () => void>) {
  const { keys } = texts.messages;
  const shortcuts: Shortcut[] = [
    { keys: KEYS, label: keys.firstNew, run: run.go, when: when.go },
    { keys: "Escape", label: keys.waive, run: run.end, when: when.end, whileTyping: true },
  ];
  useShortcuts("messages", shortcuts);
}

/** When the first of them was written; an empty text when that can't be known. */
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
