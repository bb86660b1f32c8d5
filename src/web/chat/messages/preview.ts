import { isInvisible } from "../../../protocol/content.ts";
import type { ChatMessage } from "../../../sdk/index.ts";
import { labelOfFiles } from "../../../text/files.ts";
import type { Mentioned } from "../../../text/parsed.ts";
import { excerptOf } from "../../../text/plain.ts";
import { texts } from "../../texts/texts.ts";
import { type Mentioning, mentionedName } from "./mentions/names.ts";
import { parsed } from "./parsed.ts";

const PREVIEW_MAX = 300;

/** Returns at most this many characters, without half a surrogate pair at the end. */
export const beginningOf = (text: string, length: number) => text.slice(0, length).replace(/[\uD800-\uDBFF]$/, "");

/** A message in one line, without marks and line ends. A spoiler stays hidden. Without a text, it says what was sent. */
export function preview(text: string, message?: Mentioning & Pick<ChatMessage, "files">): string {
  const { empty, spoiler } = texts.messages.text;
  const wording = message ? { spoiler, nameOf: (of: Mentioned) => mentionedName(of, message) } : { spoiler };
  if (!isInvisible(text)) return excerptOf(parsed(text), PREVIEW_MAX, wording);
  return message?.files?.length ? labelOfFiles(message.files) : empty;
}

/** The preview of a message, deleted or not. */
export const previewOf = (message: ChatMessage) =>
  isDeleted(message) ? texts.conversations.deleted : preview(message.content, message);

export const isDeleted = (message: ChatMessage) => message.state === "sent" && message.deleted_at !== undefined;
