import { useEffect, useState } from "preact/hooks";
import type { Conversation } from "../../../sdk/index.ts";
import { client } from "./session.ts";

/**
 * The conversation, open and up to date while the component is there.
 * @param onGone one takes no part in it any more
 */
export function useConversation(id: string, onGone: () => void): Conversation | undefined {
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
