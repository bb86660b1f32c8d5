import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";
import type { Conversation } from "../../../sdk/index.ts";
import { texts } from "../../texts/texts.ts";
import { useShortcuts } from "../base/shortcuts.ts";
import { focusComposer, touches, typedText } from "./focus.ts";
import type { useReading } from "./use-reading.ts";
import type { Shown } from "./use-view.ts";

export const FIRST_NEW_KEYS = "Mod+J";

/** Whether the first new message is on its way, or could not be loaded. */
export type WayBack = "idle" | "loading" | "failed";

/** The state and actions of the bar above the list, and its keys, which also work while you type. */
export function useMissed(
  conversation: Conversation,
  reading: ReturnType<typeof useReading>,
  scroller: RefObject<HTMLDivElement | null>,
  { pending, go, stop }: Shown,
) {
  const { unread } = reading;
  const isOnTheWay = pending?.aim.kind === "unread";
  const state: WayBack = !isOnTheWay ? "idle" : pending.hasFailed ? "failed" : "loading";
  const isShown = unread !== undefined && (reading.isMissed || state === "loading");

  const onGo = () => {
    if (unread && state !== "loading")
      void go({ kind: "unread", seq: unread.afterSeq + 1, isAsked: true, typed: typedText() });
  };
  const onEnd = () => {
    stop();
    if (state === "loading") return;
    reading.waive();
    if (!touches.matches) focusComposer(scroller.current);
  };
  // An answer, or another device, has read it meanwhile.
  useEffect(() => (isOnTheWay && conversation.readSeq >= pending.aim.seq ? stop() : undefined), [conversation.readSeq]);
  /** Escape in another part of the page belongs to that part. */
  const isHere = () =>
    document.activeElement === document.body ||
    scroller.current?.closest(".conversation")?.contains(document.activeElement) === true;
  const isFree = () => !document.querySelector("dialog[open]");

  const { keys } = texts.keyboard;
  useShortcuts("messages", [
    { keys: FIRST_NEW_KEYS, label: keys.firstNew, run: onGo, when: () => unread !== undefined && isFree() },
    { keys: "Escape", label: keys.waive, run: onEnd, when: () => isShown && isHere(), whileTyping: true },
  ]);
  return {
    bar: isShown ? { conversation, unread, state, onGo, onEnd } : undefined,
    isIdle: !isShown || state === "idle",
  };
}
