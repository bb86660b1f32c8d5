import { z } from "zod";
import { conversationKind } from "./conversations.ts";
import { type NameRule, namesBy } from "./names.ts";
import { email } from "./text.ts";
import { sessionInfo, time, user } from "./users.ts";

/** The bodies and answers of `/api/admin/`, which only superusers may use. */

/** The most entries that a list counts and pages through. */
export const LISTED_MOST = 10_000;

/** `meta` of a list that is paged by its offset. */
export const listMeta = z.object({
  total: z.int(),
  total_exact: z.boolean().meta({ description: "False: there are more. A narrower search finds them." }),
});

export const adminUser = user
  .extend({ is_active: z.boolean(), is_superuser: z.boolean() })
  .meta({ id: "AdminUser", description: "A user as a superuser sees them." });
/** A user as a superuser sees them. */
export type AdminUser = z.infer<typeof adminUser>;

export const adminUserDetail = adminUser
  .extend({
    conversation_count: z.int(),
    conversation_count_exact: z.boolean().meta({ description: "False: there are more." }),
    messages_sent: z.int().meta({ description: "In the conversations they take part in now." }),
    messages_sent_exact: z.boolean().meta({
      description: "False: there are more. Counting stopped at its limit.",
    }),
    open_sockets: z.int().meta({ description: "On all nodes." }),
    sessions: z.array(sessionInfo.omit({ current: true })).meta({ description: "The sessions that were used last." }),
    sessions_exact: z.boolean().meta({ description: "False: there are more." }),
  })
  .meta({ id: "AdminUserDetail" });
export type AdminUserDetail = z.infer<typeof adminUserDetail>;

const change = z.boolean({ error: "Must be true or false." }).optional();
/**
 * Either field may be left out. The API page lets you send the example as it is, so the example gives nobody a right.
 */
export const changeUserBody = z
  .object({ is_active: change, is_superuser: change })
  .meta({ id: "ChangeUserBody", examples: [{ is_active: true }] });

/** A person whom a superuser adds. The person sets a password by the link in the answer. */
export const addUserBody = (names: NameRule) =>
  z.object({ email, ...namesBy(names), is_superuser: change }).meta({
    id: "AddUserBody",
    examples: [{ email: "ann@example.com", first_name: "Ann", last_name: "Example" }],
  });
export type AddUserBody = z.infer<ReturnType<typeof addUserBody>>;

export const passwordLink = z
  .object({
    url: z.string().meta({
      description: "Give it to this person only: it opens their account, once.",
      examples: ["https://chat.example.com/password#RpYvQd0rLq3vJx2s8mKZt1bNc5uWf7hA9eGiO4yT6wE"],
    }),
    expires_at: time,
  })
  .meta({ id: "PasswordLink" });
export const addedUser = passwordLink.extend({ user: adminUser }).meta({ id: "AddedUser" });

export const adminConversation = z
  .object({
    id: z.uuid(),
    name: z.string().nullable(),
    is_group: z.boolean(),
    kind: conversationKind,
    owner_id: z.int().nullable(),
    /** The members who joined first: three in a list, fifty in the detail. */
    participants: z.array(adminUser),
    participant_count: z.int(),
    /** The number of messages, without those that retention has removed. */
    message_count: z.int(),
    last_seq: z.int(),
    last_version: z.int(),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: "AdminConversation" });
export type AdminConversation = z.infer<typeof adminConversation>;

export const limitInForce = z
  .object({
    /** The name of the setting. `null`: the limit can't be set. */
    setting: z.string().nullable(),
    description: z.string(),
    /** `null`: the limit is off. */
    value: z.union([z.int(), z.string()]).nullable(),
    unit: z.enum(["hits", "count", "bytes", "characters", "ms", "choice"]),
    /** For `hits`: the time that the value counts for, in ms. */
    window_ms: z.int().optional(),
  })
  .meta({ id: "LimitInForce" });
export type LimitInForce = z.infer<typeof limitInForce>;

export const auditActions = [
  "superuser_created",
  "superuser_granted",
  "superuser_revoked",
  "user_deactivated",
  "user_reactivated",
  "user_added",
  "avatar_removed",
  "reset_link_made",
  "invite_made",
  "invite_revoked",
  "session_ended",
  "sessions_ended",
  "user_viewed",
  "messages_read",
  "message_removed",
  "conversation_removed",
  "password_set",
  "settings_changed",
] as const;
export type AuditAction = (typeof auditActions)[number];

export const auditTargets = ["user", "conversation", "message", "invite", "server"] as const;
export type AuditTarget = (typeof auditTargets)[number];

const auditDetails = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));
export type AuditDetails = z.infer<typeof auditDetails>;

export const auditEntry = z
  .object({
    id: z.int(),
    at: time,
    /** `null`: the command line. The e-mail address is the one at that time. */
    actor: z.object({ id: z.int(), email: z.string() }).nullable(),
    action: z.enum(auditActions),
    target: z.object({ type: z.enum(auditTargets), id: z.string() }),
    details: auditDetails,
    address: z.string().nullable(),
  })
  .meta({ id: "AuditEntry" });
/** One act of an admin. */
export type AuditEntry = z.infer<typeof auditEntry>;
