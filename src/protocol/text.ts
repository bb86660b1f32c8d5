import { z } from "zod";

/** Length in Unicode code points, which is what every limit of the contract counts. */
export function codePoints(text: string): number {
  let surrogatePairs = 0;
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xfc00) === 0xd800) surrogatePairs++;
  return text.length - surrogatePairs;
}

/** NUL can't be stored by PostgreSQL and a lone surrogate can't be written as UTF-8: both would come back changed. */
export const unstorable = (text: string) => text.includes("\0") || !text.isWellFormed();

/** White space as Python's `str.strip()` knows it, which the seed trimmed contents with. */
const SPACE = new Set(
  "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000",
);

/** Linear in the text's length, as no regular expression for the end of a text is. */
function strip(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && SPACE.has(text.charAt(start))) start++;
  while (end > start && SPACE.has(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

const CONTENT_MAX = 5000;

/** A message's content: trimmed, then 1–5000 characters, kept exactly. The texts are the contract's. */
export const content = z.string({ error: "Message content cannot be empty" }).transform((text, context) => {
  const trimmed = strip(text);
  const fault = contentFault(trimmed);
  if (fault) context.addIssue(fault);
  return trimmed;
});

function contentFault(text: string): string | undefined {
  if (text === "") return "Message content cannot be empty";
  if (text.length > CONTENT_MAX && codePoints(text) > CONTENT_MAX)
    return `Message content cannot exceed ${CONTENT_MAX} characters`;
  if (unstorable(text)) return "Message content contains invalid characters";
  return undefined;
}

/** Control characters, line ends, and what turns the direction of all text around it. */
const DISTURBING = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

/** One line of text for people: trimmed, NFC, `min`–`max` code points. */
export const line = (min: number, max: number) =>
  requiredString().transform((text, context) => {
    // NFC makes no text shorter than a third of itself, and it takes quadratic time: what is far too long is not tried.
    const tooLong = text.length > 6 * max + 100;
    const trimmed = tooLong ? text : text.normalize("NFC").trim();
    if (tooLong) context.addIssue(`Ensure this field has no more than ${max} characters.`);
    else if (unstorable(trimmed) || DISTURBING.test(trimmed))
      context.addIssue("This field contains invalid characters.");
    else if (min > 0 && trimmed === "") context.addIssue("This field may not be blank.");
    else if (codePoints(trimmed) < min) context.addIssue(`Ensure this field has at least ${min} characters.`);
    else if (codePoints(trimmed) > max) context.addIssue(`Ensure this field has no more than ${max} characters.`);
    return trimmed;
  });

/** Letters of any script with their combining marks, single inner spaces; nothing that can't be seen. */
const NAME = /^(?!.*\p{Default_Ignorable_Code_Point})\p{L}[\p{L}\p{M}]*(?: \p{L}[\p{L}\p{M}]*)*$/u;

/** A person's first or last name. */
export const personName = line(2, 100).refine((name) => name === "" || NAME.test(name), {
  error: "This field may only contain letters.",
});

const EMAIL_MAX = 254;

/** What browsers take as an address, its domain of two parts at least. */
const EMAIL = new RegExp(`(?=.*@.*\\.)${z.regexes.html5Email.source}`);

/** An e-mail address in the form it is stored and compared in: lower case. */
export const email = requiredString()
  .transform((text) => text.trim().toLowerCase())
  .pipe(
    z
      .string()
      .min(1, { error: "This field may not be blank.", abort: true })
      .max(EMAIL_MAX, { error: `Ensure this field has no more than ${EMAIL_MAX} characters.`, abort: true })
      .pipe(z.email({ pattern: EMAIL, error: "Enter a valid email address." })),
  );

export const PASSWORD_MAX = 128;

/** A new password. Its length is bounded here, before any hashing. */
export const password = requiredString().superRefine((text, context) => {
  if (text === "") context.addIssue("This field may not be blank.");
  else if (codePoints(text) < 8) context.addIssue("Ensure this field has at least 8 characters.");
  else if (codePoints(text) > PASSWORD_MAX)
    context.addIssue(`Ensure this field has no more than ${PASSWORD_MAX} characters.`);
  else if (unstorable(text)) context.addIssue("This field contains invalid characters.");
});

/** A string that must be there; the texts are those of the seed's form validation. */
export function requiredString() {
  return z.string({
    error: (issue) =>
      issue.input === undefined
        ? "This field is required."
        : issue.input === null
          ? "This field may not be null."
          : "Not a valid string.",
  });
}

/** The id a client makes for one send, so that a resend can be told from a second message. */
export const clientId = z
  .string({ error: "Must be a string of 1 to 64 printable ASCII characters." })
  .regex(/^[\x20-\x7e]{1,64}$/, { error: "Must be 1 to 64 printable ASCII characters." });

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** A UUID in any letter case, handed on in the lower case it is stored and compared in; `undefined` for anything else. */
export const parseUuid = (text: string): string | undefined => (UUID.test(text) ? text.toLowerCase() : undefined);

export const uuid = z
  .string({ error: "Must be a valid UUID." })
  .regex(UUID, { error: "Must be a valid UUID." })
  .transform((text) => text.toLowerCase());

/** User ids are PostgreSQL integers; a larger number is no id at all. */
export const USER_ID_MAX = 2 ** 31 - 1;
export const userId = z
  .int({ error: "A valid integer is required." })
  .min(1, { error: "A valid user id is required." })
  .max(USER_ID_MAX, { error: "A valid user id is required." });

/** A `seq` or `version`: dense counters that start at 1; 0 stands before the first. */
export const counter = z
  .int({ error: "A valid integer is required." })
  .min(0, { error: "Ensure this value is greater than or equal to 0." });
