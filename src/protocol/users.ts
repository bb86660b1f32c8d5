import { z } from "zod";
import { codePoints, unstorable } from "./content.ts";
import { serverFrame } from "./frame-parts.ts";
import { type NameRule, namesBy } from "./names.ts";
import { password, passwordAgain, samePassword } from "./passwords.ts";
import { email, id, requiredString, userId } from "./text.ts";

/** ISO 8601 in UTC, ending in `Z`. */
export const time = z.iso.datetime().meta({ examples: ["2026-03-14T15:09:26.535Z"] });

export const user = z
  .object({
    id: userId,
    email: z.string().meta({ examples: ["bob@example.com"] }),
    first_name: z.string().meta({ examples: ["Bob"] }),
    last_name: z.string().meta({ examples: ["Example"] }),
    full_name: z.string().meta({ examples: ["Bob Example"] }),
    last_seen: time.nullable().meta({ description: "The last login; null before the first." }),
    date_joined: time,
    is_active: z.literal(false).optional().meta({
      description: "Only there for a deactivated account: this person reads nothing until it is active again.",
    }),
    avatar: id.optional().meta({
      description: "Only there for people with a picture of their own: its id, for `/api/avatars/{picture_id}`.",
    }),
  })
  .meta({ id: "User", description: "A user as everybody may see them." });
/** A user as everybody may see them: without a password hash or a superuser's flag. */
export type User = z.infer<typeof user>;

/** The people who may add a person to conversations without asking. Everybody else sends a request. */
export const mayAddMe = z
  .enum(["everybody", "shared", "nobody"], { error: "Must be everybody, shared or nobody." })
  .meta({
    description:
      "Who may add you to conversations at once: everybody, people you share a conversation with, or nobody. All others send you a request.",
  });
export type MayAddMe = z.infer<typeof mayAddMe>;

const is_superuser = z.literal(true).optional().meta({ description: "Present for superusers only." });

/** A person who has just registered or logged in, as they see themselves. */
export const arrival = user
  .extend({ is_superuser })
  .meta({ id: "Arrival", description: "A person who has just registered or logged in." });

export const profile = user
  .extend({ may_add_me: mayAddMe, is_superuser })
  .meta({ id: "Profile", description: "Your profile." });
/** The profile of the user who asks. Only superusers have `is_superuser`. */
export type Profile = z.infer<typeof profile>;

const newPassword = { password, password_confirm: passwordAgain };
const passwordsMatch = (body: { password: string; password_confirm: string }) =>
  samePassword(body.password, body.password_confirm);
/** Runs even when another field has failed, so that the answer names all faults at once. */
const mismatch = {
  path: ["password"],
  error: "Passwords do not match.",
  when: ({ value }: { value: unknown }) => {
    const body = value as Partial<Record<"password" | "password_confirm", unknown>> | null;
    return typeof body?.password === "string" && typeof body?.password_confirm === "string";
  },
};

/** Leaves room for spaces and dashes that a person types into a code of ten letters. */
const SETUP_CODE_MAX = 40;
const setupCode = z
  .string({ error: "Not a valid string." })
  .max(SETUP_CODE_MAX, { error: `Ensure this field has no more than ${SETUP_CODE_MAX} characters.` })
  .optional()
  .meta({
    description: "The code that a server without an admin prints when it starts. The account becomes a superuser.",
  });
const first = z.boolean({ error: "Must be true or false." }).optional().meta({
  description:
    "True: become the superuser of a server without users. Works only on the server's own page, on its own machine.",
});

export const registerBody = (names: NameRule) =>
  z
    .object({
      email,
      ...namesBy(names),
      ...newPassword,
      invite: z
        .string({ error: "Not a valid string." })
        .optional()
        .meta({ description: "The code of an invite link. The new person joins its group at once." }),
      setup_code: setupCode,
      first,
      sign_in: z
        .boolean({ error: "Must be true or false." })
        .optional()
        .meta({ description: "True: the answer sets the cookies of a login.", examples: [true] }),
    })
    .refine(passwordsMatch, mismatch)
    .meta({ id: "RegisterBody" });
export type RegisterBody = z.infer<ReturnType<typeof registerBody>>;

/** Any password is accepted here, so that every wrong pair gets the same answer. */
export const loginBody = z
  .object({ email, password: requiredString().meta({ format: "password", examples: ["SecurePass123"] }) })
  .meta({ id: "LoginBody" });

/** Each field may be left out. */
export function profileBody(names: NameRule) {
  const { first_name, last_name } = namesBy(names);
  return z
    .object({ first_name: first_name.optional(), last_name: last_name.optional(), may_add_me: mayAddMe.optional() })
    .meta({ id: "ProfileBody" });
}

export const confirmBody = z
  .object({ password: requiredString().meta({ format: "password", examples: ["SecurePass123"] }) })
  .meta({ id: "ConfirmBody" });

export const passwordBody = z
  .object({ old_password: requiredString().meta({ format: "password", examples: ["SecurePass123"] }), ...newPassword })
  .refine(passwordsMatch, mismatch)
  .meta({ id: "PasswordBody" });

const token = requiredString().meta({
  description: "The part of the link after the `#`.",
  examples: ["RpYvQd0rLq3vJx2s8mKZt1bNc5uWf7hA9eGiO4yT6wE"],
});

export const resetCheckBody = z.object({ token }).meta({ id: "ResetCheckBody" });

export const resetConfirmBody = z
  .object({
    token,
    ...newPassword,
    sign_in: z
      .boolean({ error: "Must be true or false." })
      .default(false)
      .meta({ description: "True: the answer sets the cookies of a login." }),
  })
  .refine(passwordsMatch, mismatch)
  .meta({ id: "ResetConfirmBody" });

export const resetCheck = z
  .object({
    email: z.string().meta({ examples: ["bob@example.com"] }),
    full_name: z.string().meta({ examples: ["Bob Example"] }),
    is_new: z.boolean().meta({ description: "Whether this person has never signed in before." }),
  })
  .meta({ id: "ResetCheck", description: "The account whose password a link sets." });
/** The account whose password a link sets. */
export type ResetCheck = z.infer<typeof resetCheck>;

const SEARCH_MAX = 254;
/** A search for people; empty finds everyone. It is in NFC, as stored names are. */
export const search = z
  .string({ error: "Not a valid string." })
  .refine((text) => codePoints(text) <= SEARCH_MAX, {
    error: `Ensure this field has no more than ${SEARCH_MAX} characters.`,
  })
  .refine((text) => !unstorable(text), { error: "This field contains invalid characters." })
  .transform((text) => text.normalize("NFC").trim())
  .meta({ description: "Part of a name or an e-mail address; empty means everyone.", maxLength: SEARCH_MAX });

export const sessionInfo = z
  .object({
    id,
    created_at: time,
    last_used_at: time,
    address: z.string().meta({ description: "The address that the login came from.", examples: ["192.0.2.7"] }),
    client: z.string().meta({ description: "The browser's User-Agent.", examples: ["Mozilla/5.0"] }),
    current: z.boolean().meta({ description: "True for the session of this request." }),
  })
  .meta({ id: "Session", description: "One of your logins." });
/** One of a user's sessions, as they see it in their list. */
export type SessionInfo = z.infer<typeof sessionInfo>;

export const userFrame = serverFrame(
  "user",
  { user },
  "Your own name or account has changed, or that of somebody who shares a conversation with you.",
  { userSocketOnly: true },
);
