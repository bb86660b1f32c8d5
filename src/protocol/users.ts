import { z } from "zod";
import { codePoints, email, password, personName, requiredString, unstorable } from "./text.ts";

/** ISO 8601 in UTC, ending in `Z`. */
export const time = z.iso.datetime();

export const user = z.object({
  id: z.int(),
  email: z.string(),
  first_name: z.string(),
  last_name: z.string(),
  full_name: z.string(),
  last_seen: time.nullable(),
  date_joined: time,
});
/** A user as everybody may see them: never a hash, never a staff flag. */
export type User = z.infer<typeof user>;

const newPassword = {
  password,
  password_confirm: requiredString(),
};
const passwordsMatch = (body: { password: string; password_confirm: string }) =>
  body.password === body.password_confirm;
/** Named at once with the other faults, so it runs even when another field has failed. */
const mismatch = {
  path: ["password"],
  error: "Passwords do not match.",
  when: ({ value }: { value: unknown }) => {
    const body = value as Partial<Record<"password" | "password_confirm", unknown>> | null;
    return typeof body?.password === "string" && typeof body?.password_confirm === "string";
  },
};

export const registerBody = z
  .object({ email, first_name: personName, last_name: personName, ...newPassword })
  .refine(passwordsMatch, mismatch);
export type RegisterBody = z.infer<typeof registerBody>;

/** Any strings: whether they are right is answered alike for every wrong pair. */
export const loginBody = z.object({ email: requiredString(), password: requiredString() });

/** Either name may be left out. */
export const profileBody = z.object({ first_name: personName.optional(), last_name: personName.optional() });

export const passwordBody = z
  .object({ old_password: requiredString(), ...newPassword })
  .refine(passwordsMatch, mismatch);

/** A search of the directory; empty means everyone. */
export const search = z
  .string({ error: "Not a valid string." })
  .refine((text) => codePoints(text) <= 254, { error: "Ensure this field has no more than 254 characters." })
  .refine((text) => !unstorable(text), { error: "This field contains invalid characters." });

export const sessionInfo = z.object({
  id: z.uuid(),
  created_at: time,
  last_used_at: time,
  address: z.string(),
  client: z.string(),
  current: z.boolean(),
});
/** One of a user's sessions, as they see it in their list. */
export type SessionInfo = z.infer<typeof sessionInfo>;
