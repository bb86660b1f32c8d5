import { en, type Texts } from "./en.ts";

/** The texts in the reader's language; today there is one. */
export const texts: Texts = en;
