import { useEffect, useReducer } from "preact/hooks";
import type { Conversation, Presence } from "../../../client/index.ts";
import { client } from "../session/session.ts";

/** Shows the component anew with every change of the conversation. */
export function useChanges(conversation: Conversation) {
  const [, changed] = useReducer((count: number) => count + 1, 0);
  useEffect(() => conversation.on("change", () => changed(undefined)), [conversation]);
}

/** Whether somebody is there; watched while the component is. */
export function usePresence(userId: number | undefined): Presence | undefined {
  const [, changed] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    if (userId === undefined) return;
    client.watch([userId]);
    const stop = client.on("presence", (presence) => presence.user_id === userId && changed(undefined));
    return () => {
      stop();
      client.unwatch([userId]);
    };
  }, [userId]);
  return userId === undefined ? undefined : client.presence(userId);
}
