/** The length in Unicode code points. Every limit of the contract counts these. */
export function codePoints(text: string): number {
  let surrogatePairs = 0;
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xfc00) === 0xd800) surrogatePairs++;
  return text.length - surrogatePairs;
}

/** PostgreSQL can't store NUL, and UTF-8 can't hold a lone surrogate: both would come back changed. */
export const unstorable = (text: string) => text.includes("\0") || !text.isWellFormed();

/** The white space of Python's `str.strip()`, with which the API's first version trimmed messages. */
const SPACE = /* @__PURE__ */ new Set(
  "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000",
);

/** Trims a text in linear time. A regular expression for the end of a text takes quadratic time. */
export function strip(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && SPACE.has(text.charAt(start))) start++;
  while (end > start && SPACE.has(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

/**
 * Whether nothing of a text can be seen: it has only space, controls, fillers, marks that combine with no letter, or the
 * empty pattern of Braille.
 */
export const isInvisible = (text: string) => /^[\s\p{Cc}\p{DI}\p{Mn}\p{Me}\u2800\ufff9-\ufffb\u{1d159}]*$/u.test(text);

/** The longest excerpt of a quoted message, in code points. */
export const EXCERPT_MAX = 160;

export const CONTENT_MAX = 5000;
export const EMPTY_CONTENT = "Message content cannot be empty";

/**
 * Why a trimmed text can't be a message's content; `undefined` when it can. The contract fixes the texts. Browsers call
 * this too, so it must not use zod.
 */
export function contentFault(text: string): string | undefined {
  if (text === "") return EMPTY_CONTENT;
  if (text.length > CONTENT_MAX && codePoints(text) > CONTENT_MAX)
    return `Message content cannot exceed ${CONTENT_MAX} characters`;
  if (unstorable(text)) return "Message content contains invalid characters";
  if (isInvisible(text)) return EMPTY_CONTENT;
  return undefined;
}
