import type { MessageFile } from "../../../sdk/public/files.ts";
import { kindOf } from "../../../text/files.ts";

/** A file that the gallery of a message shows. */
export function isVisual(file: MessageFile): boolean {
  const kind = kindOf(file);
  return kind === "image" || kind === "video";
}
