import { toast } from "../../design/toast.tsx";
import { messageActionTexts } from "../../texts/message-actions.ts";
import type { ActionAt } from "../messages/message-action.ts";
import { copyPicture, download } from "./picture-actions.ts";

/** Downloads all files of a message. */
export const downloadFiles = ({ message }: ActionAt) => download(message.files ?? []);

export async function copyOnlyPicture({ message }: ActionAt) {
  const [file] = message.files ?? [];
  if (!file) return;
  await copyPicture(file).then(
    () => toast(messageActionTexts.pictureCopied),
    () => toast(messageActionTexts.pictureNotCopied, { error: true }),
  );
}
