import { z } from "zod";
import { CONTENT_MAX, codePoints, contentFault, EMPTY_CONTENT, isInvisible, strip, unstorable } from "./content.ts";

/**
 * A message's content: trimmed, then 1–5000 characters, which are never altered. The contract fixes the texts of its
 * faults.
 */
export const content = z
  .string({ error: EMPTY_CONTENT })
  .transform((text, context) => {
    const trimmed = strip(text);
    const fault = contentFault(trimmed);
    if (fault) context.addIssue(fault);
    return trimmed;
  })
  .meta({
    description: "Trimmed, then kept exactly. Characters are counted as Unicode code points.",
    minLength: 1,
    maxLength: CONTENT_MAX,
    examples: ["Hello, Bob!"],
  });

/** A message's content where something else can stand for it: empty when nothing of it can be seen. */
export const optionalContent = z
  .string({ error: EMPTY_CONTENT })
  .transform((text, context) => {
    const trimmed = strip(text);
    const fault = contentFault(trimmed);
    if (fault === EMPTY_CONTENT) return "";
    if (fault) context.addIssue(fault);
    return trimmed;
  })
  .meta({ maxLength: CONTENT_MAX });

/** Control characters, line ends, and characters that change the direction of the text around them. */
const DISTURBING = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

/** More marks on one letter than any script needs. They would cover the rows around it. */
const STACKED = /\p{M}{7}|\p{Script=Inherited}{4}/u;

/** One line of text for people: trimmed, NFC, `min`–`max` code points. */
export const line = (min: number, max: number) =>
  requiredString()
    .transform((text, context) => {
      // NFC takes quadratic time and makes no text shorter than a third of itself, so a text far too long is refused
      // first.
      const tooLong = text.length > 6 * max + 100;
      const trimmed = tooLong ? text : text.normalize("NFC").trim();
      if (tooLong) context.addIssue(`Ensure this field has no more than ${max} characters.`);
      else if (unstorable(trimmed) || DISTURBING.test(trimmed) || STACKED.test(trimmed))
        context.addIssue("This field contains invalid characters.");
      else if (min > 0 && isInvisible(trimmed)) context.addIssue("This field may not be blank.");
      else if (codePoints(trimmed) < min) context.addIssue(`Ensure this field has at least ${min} characters.`);
      else if (codePoints(trimmed) > max) context.addIssue(`Ensure this field has no more than ${max} characters.`);
      return trimmed;
    })
    .meta({ minLength: min, maxLength: max });

const EMAIL_MAX = 254;

/** The addresses that browsers accept, with a domain of at least two parts. */
const EMAIL = new RegExp(`(?=.*@.*\\.)${z.regexes.html5Email.source}`);

/** An e-mail address in lower case, the form that is stored and compared. */
export const email = requiredString()
  .transform((text) => text.trim().toLowerCase())
  .pipe(
    z
      .string()
      .min(1, { error: "This field may not be blank.", abort: true })
      .max(EMAIL_MAX, { error: `Ensure this field has no more than ${EMAIL_MAX} characters.`, abort: true })
      .pipe(z.email({ pattern: EMAIL, error: "Enter a valid email address." })),
  )
  .meta({
    description: "Trimmed and in lower case.",
    format: "email",
    maxLength: EMAIL_MAX,
    examples: ["ann@example.com"],
  });

/** A required string. The texts are those of the API's first version. */
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

/** The id that a client makes for one send. With this id the server tells a resend from a second message. */
export const clientId = z
  .string({ error: "Must be a string of 1 to 64 printable ASCII characters." })
  .regex(/^[\x20-\x7e]{1,64}$/, { error: "Must be 1 to 64 printable ASCII characters." })
  .meta({
    description: "Made by the client, one for each send. A repeated send with it gives the first message back.",
    examples: ["ann-1"],
  });

/** The example of a conversation's or a message's id on the API page. */
const EXAMPLE_ID = "019ab3c4-5d6e-7f80-8a1b-2c3d4e5f6071";
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * Reads a UUID in any letter case. Gives it in lower case, the form that is stored and compared; `undefined` for
 * anything else.
 */
export const parseUuid = (text: string): string | undefined => (UUID.test(text) ? text.toLowerCase() : undefined);

export const uuid = z
  .string({ error: "Must be a valid UUID." })
  .regex(UUID, { error: "Must be a valid UUID." })
  .transform((text) => text.toLowerCase())
  .meta({ format: "uuid", examples: [EXAMPLE_ID] });

/** The random id of a change. Together with the version it names a place in one history. */
export const changeTag = z.string().meta({
  description: "The tag of this change: send it back with `after_version`.",
  format: "uuid",
  examples: [EXAMPLE_ID],
});
/** The tag beside a `last_version`. */
export const headTag = changeTag.nullable().meta({
  description: "The tag of the change at `last_version`: send it back with `after_version`. Null when not known.",
});

export const epoch = z.string().meta({
  description:
    "Names the database's history. When it changes, the database may have gone back: load your lists again. Counters may be lower.",
  format: "uuid",
  examples: ["7d444840-9dc0-41d1-8245-ee51d2f5a2f1"],
});

/** The largest user id. User ids are PostgreSQL integers. */
export const USER_ID_MAX = 2 ** 31 - 1;
export const userId = z
  .int({ error: "A valid integer is required." })
  .min(1, { error: "A valid user id is required." })
  .max(USER_ID_MAX, { error: "A valid user id is required." })
  .meta({ description: "A user's id.", examples: [2] });

/** A `seq` or `version` that a client sends. Both count from 1; 0 stands before the first. */
export const counter = z
  .int({ error: "A valid integer is required." })
  .min(0, { error: "Ensure this value is greater than or equal to 0." })
  .meta({ examples: [12] });

/** Ids and counters that the server sends. Only the tests check them, never the running server. */
export const id = z.uuid().meta({ examples: [EXAMPLE_ID] });
export const count = z
  .int()
  .min(0)
  .meta({ examples: [12] });
export const prunedSeq = count.meta({
  description: "Retention has removed the messages with a `seq` up to this: drop your copies.",
  examples: [0],
});
