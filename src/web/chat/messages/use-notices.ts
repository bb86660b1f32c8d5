import { useEffect } from "preact/hooks";
import type { Conversation } from "../../../sdk/index.ts";
import { announce } from "../../design/toast.tsx";
import { useSession } from "../session/context.ts";
import { noticesOf } from "./lines.ts";
import type { Notice } from "./notices.ts";

/** The notices of the conversation. Screen readers announce new ones. */
export function useNotices(conversation: Conversation): readonly Notice[] {
  const { me } = useSession();
  useEffect(
    () => conversation.on("members", () => announce(noticesOf(conversation, me.peek()?.id).at(-1)?.text ?? "")),
    [conversation],
  );
  return noticesOf(conversation, me.value?.id);
}
