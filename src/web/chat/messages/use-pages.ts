import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { VirtualizerHandle } from "virtua";
import type { MessageView } from "../../../sdk/index.ts";

/** Messages load when fewer screens than this are left above or below. */
const SCREENS = 4;
const PAGE = 100;
/** Milliseconds. Shorter loading needs no message. */
const UNSAID = 400;

/** Loads older and newer messages well before the reader reaches them. */
export function usePages(view: MessageView, list: RefObject<VirtualizerHandle | null>) {
  const [state, setState] = useState<"idle" | "loading" | "failed">("idle");
  const loads = useRef<MessageView | undefined>(undefined);

  const look = () => {
    const handle = list.current;
    if (!handle || loads.current === view || state === "failed") return;
    const { scrollOffset, scrollSize, viewportSize } = handle;
    const enough = SCREENS * viewportSize;
    if (view.hasOlder && scrollOffset <= enough) void load("loadOlder");
    else if (view.hasNewer && scrollSize - viewportSize - scrollOffset <= enough) void load("loadNewer");
  };
  const newest = useRef(look);
  newest.current = look;
  const load = async (way: "loadOlder" | "loadNewer") => {
    loads.current = view;
    const saying = setTimeout(() => setState("loading"), UNSAID);
    try {
      await view[way](PAGE);
      setState("idle");
    } catch {
      setState("failed");
    } finally {
      clearTimeout(saying);
      if (loads.current === view) loads.current = undefined;
    }
    requestAnimationFrame(() => newest.current());
  };
  useEffect(() => setState("idle"), [view]);
  // A screen that is not full can't be scrolled, so scrolling can't load more.
  useEffect(look, [view, view.messages.length]);

  return {
    state,
    look,
    retry() {
      setState("idle");
      requestAnimationFrame(() => newest.current());
    },
  };
}
