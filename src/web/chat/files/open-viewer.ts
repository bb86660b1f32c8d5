import type { ChatMessage } from "../../../sdk/index.ts";
import { isVisual } from "../base/file-kinds.ts";
import { openDialog, type ShownFile } from "../base/open-dialog.ts";

/** Opens the pictures and videos of a message, over the page. */
export function openViewer({
  conversationId,
  message,
  fileId,
}: {
  conversationId: string;
  message: ChatMessage;
  fileId: string;
}) {
  const { seq, sender_name, created_at } = message;
  const files = (message.files ?? []).filter(isVisual);
  const shown = files.map((file): ShownFile => ({ file, seq, sender_name, created_at }));
  openDialog.value = { kind: "viewer", conversationId, shown, fileId, from: openDialog.peek() };
}
