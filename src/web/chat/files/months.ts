import { texts } from "../../texts/texts.ts";

const month = new Intl.DateTimeFormat(texts.language, { month: "long", year: "numeric" });
const day = new Intl.DateTimeFormat(texts.language, { dateStyle: "medium" });

/** `March 2026`, above the files of that month. */
export const monthOf = (iso: string) => month.format(new Date(iso));
export const dayOf = (iso: string) => day.format(new Date(iso));
