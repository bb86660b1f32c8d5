import type { ChatMessage, Conversation } from "../../../../sdk/index.ts";

/** The message that somebody reacts to. */
export interface ReactedMessage {
  message: ChatMessage;
  conversation: Conversation;
  myId: number;
}
