import { nameToEmoji } from "gemoji";
import { emojiForm } from "../../../protocol/emoji.ts";
import { Failure } from "../../base/failure.ts";

/** More than the longest emoji has, and the longest name. */
const LENGTH_MAX = 64;

/** The emoji that Unicode recommends, flags and families of several characters among them. */
const EMOJI = /^\p{RGI_Emoji}$/v;

/** A character that Unicode keeps free for an emoji. A phone can have emoji that are newer than this server. */
const FUTURE_EMOJI = /^(?=\p{Extended_Pictographic})\p{Unassigned}$/u;

/**
 * The one form of an emoji, from the emoji or from its name on GitHub, such as `:thumbsup:`.
 * @throws Failure `not_an_emoji`
 */
export function readEmoji(text: string): string {
  if (text.length > LENGTH_MAX) throw new Failure("not_an_emoji");
  const name = /^:([^:]+):$/.exec(text)?.[1] ?? "";
  const emoji = emojiForm(Object.hasOwn(nameToEmoji, name) ? (nameToEmoji[name] ?? "") : text);
  if (!EMOJI.test(emoji) && !FUTURE_EMOJI.test(emoji)) throw new Failure("not_an_emoji");
  return emoji;
}
