import { CONTENT_MAX, codePoints, contentFault, strip } from "../../../protocol/content.ts";
import { texts } from "../../texts/texts.ts";

/** Counting starts this many characters before the limit. */
const COUNTED = 500;

/** How many characters are left, if they are few; negative if there are too many. */
export function leftOf(text: string): number | undefined {
  const left = text.length > CONTENT_MAX - COUNTED ? CONTENT_MAX - codePoints(strip(text)) : COUNTED;
  return left < COUNTED ? left : undefined;
}

/** Why a text can't be sent; `undefined` when it can. */
export function whyNotSent(text: string): string | undefined {
  const { composer } = texts.messages;
  const content = strip(text);
  const fault = contentFault(content);
  // A text of invisible characters counts as no text.
  if (fault === contentFault("")) return composer.blank;
  const over = content.length > CONTENT_MAX ? codePoints(content) - CONTENT_MAX : 0;
  return over > 0 ? composer.tooLong(over) : fault;
}
