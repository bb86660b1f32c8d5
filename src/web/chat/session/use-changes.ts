import { useLayoutEffect, useReducer } from "preact/hooks";
import type { Conversation } from "../../../sdk/index.ts";

/** Renders the component again after every change of the conversation. */
export function useChanges(conversation: Conversation) {
  const [, changed] = useReducer((count: number) => count + 1, 0);
  // Before the next frame, so that no event is missed.
  useLayoutEffect(() => conversation.on("change", () => changed(undefined)), [conversation]);
}
