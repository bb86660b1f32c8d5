import { useEffect } from "preact/hooks";
import type { Conversation } from "../../../sdk/index.ts";
import { announce } from "../../design/toast.tsx";
import { texts } from "../../texts/texts.ts";
import { me } from "../session/session.ts";
import { preview } from "./preview.ts";

/** New messages of others are read out by screen readers; what was there before, or is scrolled to, is not. */
export function useSaidAloud(conversation: Conversation) {
  useEffect(
    () =>
      conversation.on("message", (message) => {
        if (message.sender_id === me.peek()?.id) return;
        announce(texts.messages.feed.said(message.sender_name, preview(message.content)));
      }),
    [conversation],
  );
}
