import { copyText } from "../../../design/copy-text.ts";
import { toast } from "../../../design/toast.tsx";
import { messageActionTexts } from "../../../texts/message-actions.ts";
import { messageLink } from "../../base/routing.ts";
import type { ActionAt } from "../message-action.ts";

export async function copyMessage({ message }: ActionAt) {
  await copyText(message.content);
  toast(messageActionTexts.copied);
}

export async function copyLink({ conversation, message }: ActionAt) {
  if (message.state !== "sent") return;
  await copyText(messageLink(conversation.id, message.seq));
  toast(messageActionTexts.linkCopied);
}
