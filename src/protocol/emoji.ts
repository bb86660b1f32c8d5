/**
 * The one form in which an emoji is stored, compared and counted. Keyboards leave out U+FE0F, which asks for the picture, or
 * put it in: without one form the same heart would stand twice under a message. A skin tone makes another emoji.
 *
 * The text need not be an emoji: that is decided elsewhere. Browsers call this too, so it must not use zod.
 */
export const emojiForm = (text: string): string =>
  text.normalize("NFC").replaceAll("\ufe0f", "").replace(NEEDS_PICTURE_MARK, "$&\ufe0f");

/** A character that is a text by default, as Unicode's "fully-qualified" form has it. A skin tone asks for the picture too. */
const NEEDS_PICTURE_MARK = /(?!\p{Emoji_Presentation})\p{Emoji}(?!\p{Emoji_Modifier})/gu;
