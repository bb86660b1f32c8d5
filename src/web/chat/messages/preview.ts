import type { ChatMessage } from "../../../sdk/index.ts";
import { texts } from "../../texts/texts.ts";
import { parsed, plainText } from "./markdown.ts";

/** How many characters a preview parses. */
const LOOKED_AT = 300;

/** Returns at most this many characters, without half a surrogate pair at the end. */
export const beginningOf = (text: string, length: number) => text.slice(0, length).replace(/[\uD800-\uDBFF]$/, "");

/** A message in one line, without Markdown marks and line ends. */
export function preview(text: string): string {
  return plainText(parsed(beginningOf(text, LOOKED_AT)))
    .replace(/\s+/g, " ")
    .trim();
}

/** The preview of a message, deleted or not. */
export const previewOf = (message: ChatMessage) =>
  isDeleted(message) ? texts.conversations.deleted : preview(message.content);

export const isDeleted = (message: ChatMessage) => message.state === "sent" && message.deleted_at !== undefined;
