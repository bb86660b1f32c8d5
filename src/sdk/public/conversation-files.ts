import type { MessageFile } from "./files.ts";

/** A file of a conversation, with the message that has it. */
export interface ConversationFile {
  message_id: string;
  seq: number;
  sender_id: number;
  sender_name: string;
  created_at: string;
  file: MessageFile;
}

export type FileKind = "image" | "video" | "audio" | "voice" | "other";
