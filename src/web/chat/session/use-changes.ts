import { useEffect, useReducer } from "preact/hooks";
import type { Conversation } from "../../../sdk/index.ts";

/** Renders the component again after every change of the conversation. */
export function useChanges(conversation: Conversation) {
  const [, changed] = useReducer((count: number) => count + 1, 0);
  useEffect(() => conversation.on("change", () => changed(undefined)), [conversation]);
}
