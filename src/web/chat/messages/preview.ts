import type { ChatMessage } from "../../../sdk/index.ts";
import { texts } from "../../texts/texts.ts";
import { parsed, plainText } from "./markdown.ts";

/** So much of a text is looked at for one line of it. */
const LOOKED_AT = 300;

/** So much of a text at most; no half of a character stands at its end. */
export const beginningOf = (text: string, length: number) => text.slice(0, length).replace(/[\uD800-\uDBFF]$/, "");

/** A message in one line: without Markdown's marks and line ends. */
export function preview(text: string): string {
  return plainText(parsed(beginningOf(text, LOOKED_AT)))
    .replace(/\s+/g, " ")
    .trim();
}

/** The same of a message, also of a deleted one. */
export const previewOf = (message: ChatMessage) =>
  isDeleted(message) ? texts.conversations.deleted : preview(message.content);

export const isDeleted = (message: ChatMessage) => message.state === "sent" && message.deleted_at !== undefined;
