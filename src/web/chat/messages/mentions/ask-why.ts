import { openDialog } from "../../base/open-dialog.ts";
import type { ActionAt } from "../message-action.ts";

/** Opens the dialog that says why the message did or did not notify you. */
export function askWhy({ conversation, message }: ActionAt) {
  if (message.state === "sent")
    openDialog.value = { kind: "why", conversationId: conversation.id, messageId: message.id };
}
