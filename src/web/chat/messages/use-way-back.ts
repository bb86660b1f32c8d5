import { useEffect, useRef, useState } from "preact/hooks";
import type { Conversation } from "../../../sdk/index.ts";
import type { Unread } from "./use-reading.ts";

const PAGE = 100;
/** How many messages one press loads. A second press loads more. */
const AT_ONCE = 5_000;

/** - `paused`: many messages were loaded, and the first new one is not among them */
export type WayBack = "idle" | "loading" | "paused" | "failed";

/** @param isWriting the person has typed, or has sent a message, meanwhile */
type Show = (index: number, isWriting: boolean) => void;

/**
 * Leads to the first new message: loads all pages up to it, and then shows it.
 * @param moves counts the reader's moves in the list; a reader who moves while it loads stays in place
 */
export function useWayBack(conversation: Conversation, unread: Unread | undefined, moves: () => number, show: Show) {
  const [state, setState] = useState<WayBack>("idle");
  const walk = useRef(0);
  const shown = useRef(show);
  shown.current = show;
  useEffect(() => stop, [conversation, unread?.afterSeq]);

  const firstSeq = (unread?.afterSeq ?? 0) + 1;
  const hasArrived = () => conversation.indexOf(firstSeq) >= 0 || !conversation.hasOlder;

  function stop() {
    walk.current++;
    setState("idle");
  }

  const go = async () => {
    if (!unread || state === "loading") return;
    const own = ++walk.current;
    const before = written();
    let movesBefore: number | undefined;
    try {
      for (let loaded = 0; !hasArrived(); ) {
        if (loaded >= AT_ONCE) return setState("paused");
        movesBefore ??= moves();
        setState("loading");
        loaded += await conversation.loadOlder(PAGE);
        if (own !== walk.current) return;
      }
      setState("idle");
      if (movesBefore !== undefined && moves() !== movesBefore) return;
      // Two frames later the list has made room for the new rows.
      requestAnimationFrame(() =>
        requestAnimationFrame(() => {
          if (own === walk.current) shown.current(Math.max(0, conversation.indexOf(firstSeq)), written() !== before);
        }),
      );
    } catch {
      if (own === walk.current) setState("failed");
    }
  };

  return {
    state,
    /** How many of the new messages are loaded. */
    loaded: () => {
      const first = conversation.messages[0]?.seq;
      return first === undefined || !unread ? 0 : Math.max(0, unread.afterSeq + unread.count + 1 - first);
    },
    go: () => void go(),
    stop,
  };
}

const written = () =>
  document.activeElement instanceof HTMLTextAreaElement ? document.activeElement.value : undefined;
