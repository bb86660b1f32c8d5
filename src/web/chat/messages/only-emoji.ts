/**
 * How every emoji begins: a keycap, or a character that is one itself. The browser needs 50 ms to compile the expression for
 * whole emoji, so most pages never use it.
 */
const BEGINS_WITH_EMOJI = /^(?:[#*\d]\uFE0F|(?![#*\d])\p{Emoji})/u;
const ONLY_EMOJI = /^(?:\p{RGI_Emoji}\s?){1,6}$/v;

/** Whether the text is a few emoji only. They are shown large. */
export const isOnlyEmoji = (text: string) =>
  text.length <= 100 && BEGINS_WITH_EMOJI.test(text) && ONLY_EMOJI.test(text);
