/** An ILIKE pattern for what has the text in it; `%` and `_` are characters like others. */
export const containing = (text: string) => `%${text.replace(/[\\%_]/g, "\\$&")}%`;
