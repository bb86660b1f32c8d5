/// <reference path="./text-files.d.ts" />
import list from "./common-passwords.txt" with { type: "text" };
import { codePoints, unstorable } from "./content.ts";
import { requiredString } from "./text.ts";

const PASSWORD_MIN = 8;
const PASSWORD_MAX = 128;
/**
 * A longer text is refused before NFC, which takes quadratic time. NFC makes no text shorter than a third of itself.
 */
const UNITS_MAX = 6 * PASSWORD_MAX;

export const TOO_COMMON = "This password is too common.";

/**
 * The form in which a password is hashed: NFC, because keyboards write one letter in more than one way. Gives
 * `undefined` for a text that is longer than any password may be.
 */
export function normalPassword(text: string): string | undefined {
  if (text.length > UNITS_MAX) return undefined;
  const normal = text.normalize("NFC");
  return codePoints(normal) > PASSWORD_MAX ? undefined : normal;
}

export const samePassword = (one: string, other: string) =>
  one === other || (normalPassword(one) ?? one) === (normalPassword(other) ?? other);

/**
 * The common passwords of eight characters and more that Django ships (BSD-3-Clause, Copyright (c) Django Software
 * Foundation). Royce Williams made the list from passwords that became public. Lower case, one a line.
 */
const common = new Set<string>();
function isCommon(password: string): boolean {
  if (common.size === 0) for (const line of list.split("\n")) common.add(line);
  return common.has(password.toLowerCase().trim());
}

/** A new password, in NFC. Its length is checked here, before any hashing. */
export const password = requiredString()
  .transform((text, context) => {
    const normal = normalPassword(text);
    if (text === "") context.addIssue("This field may not be blank.");
    else if (normal === undefined) context.addIssue(`Ensure this field has no more than ${PASSWORD_MAX} characters.`);
    else if (codePoints(normal) < PASSWORD_MIN)
      context.addIssue(`Ensure this field has at least ${PASSWORD_MIN} characters.`);
    else if (unstorable(text)) context.addIssue("This field contains invalid characters.");
    else if (isCommon(normal)) context.addIssue(TOO_COMMON);
    return normal ?? text;
  })
  .meta({ format: "password", minLength: PASSWORD_MIN, maxLength: PASSWORD_MAX, examples: ["SecurePass123"] });

/** The new password once more. */
export const passwordAgain = requiredString()
  .refine((text) => text !== "", { error: "This field may not be blank." })
  .meta({ description: "The password once more.", format: "password", examples: ["SecurePass123"] });

/**
 * Whether a password is something that everybody knows about the account: its e-mail address, the part before the @, or
 * a name.
 */
export function isOwnData(password: string, person: { email: string; first_name: string; last_name: string }): boolean {
  const { email, first_name: first, last_name: last } = person;
  const known = [email, email.slice(0, email.lastIndexOf("@")), first, last, `${first} ${last}`, `${last} ${first}`];
  const plain = (text: string) => text.normalize("NFC").toLowerCase().replace(/\s/g, "");
  return known.some((text) => plain(text) === plain(password));
}
