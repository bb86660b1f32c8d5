import { emojiForm } from "../../../../protocol/emoji.ts";
import type { ChatMessage, Conversation } from "../../../../sdk/index.ts";
import { allEmoji } from "../emoji/data.ts";
import { setReaction } from "./toggle.ts";

/** The emoji in a text such as `+👍` or `+:thumbsup:`. */
function emojiIn(text: string): string | undefined {
  const said = text.slice(1).trim();
  const name = /^:(.+):$/.exec(said)?.[1];
  const form = emojiForm(said);
  return allEmoji.find(({ c, n }) => (name ? n.includes(name) : emojiForm(c) === form))?.c ?? tonedIn(form);
}

/** An emoji with a skin tone is not in the list of all emoji. */
const tonedIn = (form: string) => (/^\p{Emoji_Modifier_Base}\p{Emoji_Modifier}/u.test(form) ? form : undefined);

/** Reacts to a message as a text says. Returns whether the text says so. */
export function reactByText(conversation: Conversation, message: ChatMessage, text: string): boolean {
  const emoji = emojiIn(text);
  if (emoji === undefined) return false;
  setReaction(conversation, message, emojiForm(emoji), true);
  return true;
}
