import { useEffect, useState } from "preact/hooks";
import type { Conversation } from "../../../sdk/index.ts";
import { announce } from "../../design/toast.tsx";
import { useSession } from "../session/context.ts";
import { collectNoticesOf, noticesOf } from "./collected-notices.ts";
import type { Notice } from "./notices.ts";

/** The notices of the group. Screen readers announce new ones. */
export function useNotices(conversation: Conversation): readonly Notice[] {
  const { client } = useSession();
  const [, setLatest] = useState(0);
  useEffect(() => {
    // A conversation that was opened by its address may not be in the list.
    collectNoticesOf(conversation, client);
    return conversation.on("members", ({ version }) => {
      setLatest(version);
      announce(noticesOf(conversation).at(-1)?.text ?? "");
    });
  }, [conversation]);
  return noticesOf(conversation);
}
