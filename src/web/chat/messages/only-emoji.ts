const ONLY_EMOJI = /^(?:\p{RGI_Emoji}\s?){1,6}$/v;

/** Whether the text is a few emoji only. They are shown large. */
export const isOnlyEmoji = (text: string) => text.length <= 100 && ONLY_EMOJI.test(text);
