import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { VirtualizerHandle } from "virtua";
import type { Conversation } from "../../../sdk/index.ts";

/** Older messages load when fewer screens than this are left above. */
const SCREENS = 4;
const PAGE = 100;
/** Milliseconds. Shorter loading needs no message. */
const UNSAID = 400;

/** Loads older messages well before the reader reaches them. */
export function useOlder(conversation: Conversation, list: RefObject<VirtualizerHandle | null>) {
  const [state, setState] = useState<"idle" | "loading" | "failed">("idle");
  const isLoading = useRef(false);

  const look = () => {
    const handle = list.current;
    if (!handle || isLoading.current || state === "failed" || !conversation.hasOlder) return;
    if (handle.scrollOffset > SCREENS * handle.viewportSize) return;
    void load();
  };
  const load = async () => {
    isLoading.current = true;
    const saying = setTimeout(() => setState("loading"), UNSAID);
    try {
      await conversation.loadOlder(PAGE);
      setState("idle");
    } catch {
      setState("failed");
    } finally {
      clearTimeout(saying);
      isLoading.current = false;
    }
    requestAnimationFrame(() => look());
  };
  // A screen that is not full can't be scrolled, so scrolling can't load more.
  useEffect(look, [conversation.messages.length]);

  return {
    state,
    look,
    retry: () => {
      setState("idle");
      void load();
    },
  };
}
