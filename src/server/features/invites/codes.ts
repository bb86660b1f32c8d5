import { randomBytes } from "node:crypto";
import { CODE_LENGTH, CODE_LETTERS, parseInviteCode } from "../../../protocol/invites.ts";
import { Failure } from "../../base/failure.ts";

/** Each letter takes five bits of a byte, so none is likelier than another. */
export const newCode = () => Array.from(randomBytes(CODE_LENGTH), (byte) => CODE_LETTERS[byte & 31]).join("");

/** The code in a text that a person typed. @throws Failure `invite_not_found` when there is none */
export function codeOf(text: string): string {
  const code = parseInviteCode(text);
  if (code === undefined) throw new Failure("invite_not_found");
  return code;
}

export const urlOf = (code: string, origin: string) => `${origin}/invite/${code}`;

/** The part of a code that the security log shows. Readers of the log must not be able to use the invite. */
export const shortCode = (code: string) => `${code.slice(0, 4)}…`;
