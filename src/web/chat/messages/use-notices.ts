import { useEffect, useState } from "preact/hooks";
import type { Conversation } from "../../../sdk/index.ts";
import { announce } from "../../design/toast.tsx";
import { hear, noticesOf } from "./heard-notices.ts";
import type { Notice } from "./notices.ts";

/** What has happened in the group; what happens while it is shown is said aloud too. */
export function useNotices(conversation: Conversation): readonly Notice[] {
  const [, setLatest] = useState(0);
  useEffect(() => {
    // One that is opened by its address may not be in the list.
    hear(conversation);
    return conversation.on("members", ({ version }) => {
      setLatest(version);
      announce(noticesOf(conversation).at(-1)?.text ?? "");
    });
  }, [conversation]);
  return noticesOf(conversation);
}
