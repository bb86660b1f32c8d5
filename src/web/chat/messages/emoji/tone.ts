import { kept } from "../../../design/kept.ts";

/** The skin tones of Unicode, from light to dark; the first is none. */
export const TONES = ["", "\u{1f3fb}", "\u{1f3fc}", "\u{1f3fd}", "\u{1f3fe}", "\u{1f3ff}"] as const;

/** The number of the skin tone that a person has chosen. */
export const tone = kept<string>("tone", ["0", "1", "2", "3", "4", "5"]);

const HAS_TONES = /^\p{Emoji_Modifier_Base}/u;
const EMOJI = /^\p{RGI_Emoji}$/v;

/** An emoji in a skin tone, if it has any. The tone stands behind the first character. */
export function toned(emoji: string, mark: string): string {
  if (mark === "" || !HAS_TONES.test(emoji)) return emoji;
  const [first = "", ...rest] = emoji;
  const made = first + mark + rest.join("").replace(/^\ufe0f/, "");
  return EMOJI.test(made) ? made : emoji;
}
