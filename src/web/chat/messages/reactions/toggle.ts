import { emojiForm } from "../../../../protocol/emoji.ts";
import { react } from "../../../../sdk/features/reactions.ts";
import type { ChatMessage, Conversation } from "../../../../sdk/index.ts";
import { toast } from "../../../design/toast.tsx";
import { reactionTexts } from "../../../texts/reactions.ts";
import { rememberEmoji } from "../emoji/recent.ts";
import { hasReacted, noteOwn } from "./own.ts";

/** Sets your reaction to a message, or takes it back. It shows at once. A refusal is told. */
export function setReaction(conversation: Conversation, message: ChatMessage, emoji: string, on: boolean) {
  if (on) rememberEmoji(emoji);
  noteOwn(message, emoji, on);
  react(conversation, message, emoji, on).done.catch((error: unknown) => {
    noteOwn(message, emoji, !on);
    toast(reactionTexts.notSaved(error instanceof Error ? error.message : String(error)), { error: true });
  });
}

/** Sets the reaction, or takes it back if it is yours already. */
export function toggleReaction(conversation: Conversation, message: ChatMessage, emoji: string, myId: number) {
  const form = emojiForm(emoji);
  const reaction = message.reactions?.find((one) => one.emoji === form);
  setReaction(conversation, message, form, !(reaction && hasReacted(message, reaction, myId)));
}
