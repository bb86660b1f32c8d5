import { announce } from "../../../design/toast.tsx";
import { replyTexts } from "../../../texts/replies.ts";
import { answer } from "../composing/answered.ts";
import { focusComposer, placeOf } from "../focus.ts";
import type { Run } from "../message-action.ts";
import { preview } from "../preview.ts";

/** The next text answers this message. */
export const reply: Run = ({ message, conversation }) => {
  if (message.state !== "sent") return;
  const { id, seq, sender_id, sender_name, content } = message;
  answer(conversation, { id, seq, sender_id, sender_name, excerpt: preview(content, message) });
  focusComposer(placeOf(conversation.id));
  announce(replyTexts.replyingTo(sender_name));
};
