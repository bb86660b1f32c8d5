import { useEffect, useReducer } from "preact/hooks";
import type { Conversation, Presence } from "../../../client/index.ts";
import { client, isAway } from "../session/session.ts";
import { watch } from "../session/watching.ts";

/** Shows the component anew with every change of the conversation. */
export function useChanges(conversation: Conversation) {
  const [, changed] = useReducer((count: number) => count + 1, 0);
  useEffect(() => conversation.on("change", () => changed(undefined)), [conversation]);
}

/** Whether somebody is there; watched while the component is. Without a connection nobody knows. */
export function usePresence(userId: number | undefined): Presence | undefined {
  const [, changed] = useReducer((count: number) => count + 1, 0);
  const shown = userId === undefined ? undefined : client.presence(userId);
  useEffect(() => {
    if (userId === undefined) return;
    const stop = watch([userId]);
    const off = client.on("presence", (presence) => presence.user_id === userId && changed(undefined));
    // Who was watched before may have come since this was drawn.
    if (client.presence(userId) !== shown) changed(undefined);
    return () => {
      off();
      stop();
    };
  }, [userId]);
  return isAway.value ? undefined : shown;
}
