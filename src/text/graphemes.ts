/** Cuts a text into what people see as its characters. There is one, because each costs memory and time to make. */
export const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
