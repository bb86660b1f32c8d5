import { useEffect } from "preact/hooks";
import type { Conversation } from "../../../sdk/index.ts";
import { announce } from "../../design/toast.tsx";
import { texts } from "../../texts/texts.ts";
import { useSession } from "../session/context.ts";
import { preview } from "./preview.ts";

/**
 * Screen readers announce new messages of others, but not earlier messages or those that come into view by scrolling.
 */
export function useAnnounced(conversation: Conversation) {
  const { me } = useSession();
  useEffect(
    () =>
      conversation.on("reaction", ({ message, change }) => {
        const myId = me.peek()?.id;
        if (!change.on || change.user_id === myId || message.sender_id !== myId) return;
        const name = conversation.info?.participants.find(({ id }) => id === change.user_id)?.full_name;
        void import("./reactions/announce.ts").then(({ announceReaction }) =>
          announceReaction(message, change.emoji, name),
        );
      }),
    [conversation],
  );
  useEffect(
    () =>
      conversation.on("message", (message) => {
        if (message.sender_id === me.peek()?.id) return;
        announce(texts.messages.feed.said(message.sender_name, preview(message.content, message)));
      }),
    [conversation],
  );
}
