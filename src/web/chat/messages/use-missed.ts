import type { RefObject } from "preact";
import type { Conversation } from "../../../sdk/index.ts";
import { texts } from "../../texts/texts.ts";
import { useShortcuts } from "../base/shortcuts.ts";
import { focusComposer, touches } from "./focus.ts";
import type { useReading } from "./use-reading.ts";
import { useWayBack } from "./use-way-back.ts";

export const FIRST_NEW_KEYS = "Mod+J";

/** The state and actions of the bar above the list, and its keys, which also work while you type. */
export function useMissed(
  conversation: Conversation,
  reading: ReturnType<typeof useReading>,
  scroller: RefObject<HTMLDivElement | null>,
  moves: () => number,
  show: (index: number, isWriting: boolean) => void,
) {
  const { unread } = reading;
  const wayBack = useWayBack(conversation, unread, moves, show);
  const { state } = wayBack;
  const isLoading = state === "loading";
  const isShown = unread !== undefined && (reading.isMissed || isLoading);

  const onEnd = () => {
    wayBack.stop();
    if (isLoading) return;
    reading.waive();
    if (!touches.matches) focusComposer();
  };
  /** Escape in another part of the page belongs to that part. */
  const isHere = () =>
    document.activeElement === document.body ||
    scroller.current?.closest(".conversation")?.contains(document.activeElement) === true;
  const isFree = () => !document.querySelector("dialog[open]");

  const { keys } = texts.keyboard;
  useShortcuts("messages", [
    { keys: FIRST_NEW_KEYS, label: keys.firstNew, run: wayBack.go, when: () => unread !== undefined && isFree() },
    { keys: "Escape", label: keys.waive, run: onEnd, when: () => isShown && isHere(), whileTyping: true },
  ]);
  return {
    bar: isShown ? { conversation, unread, state, loaded: wayBack.loaded(), onGo: wayBack.go, onEnd } : undefined,
    isIdle: !isShown || state === "idle",
  };
}
