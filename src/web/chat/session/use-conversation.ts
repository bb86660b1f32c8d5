import { useEffect, useState } from "preact/hooks";
import type { Conversation } from "../../../sdk/index.ts";
import { useSession } from "./context.ts";

/**
 * Opens a conversation while the component is mounted, and follows its changes.
 * @param onGone called when you are no longer a member
 */
export function useConversation(id: string, onGone: () => void): Conversation | undefined {
  const { client } = useSession();
  const [conversation, setConversation] = useState<Conversation>();
  const [, redraw] = useState(0);
  useEffect(() => {
    const opened = client.open(id);
    setConversation(opened);
    const off = opened.on("change", () => {
      if (opened.state === "gone") onGone();
      redraw((count) => count + 1);
    });
    return () => {
      off();
      opened.close();
    };
  }, [id]);
  return conversation;
}
