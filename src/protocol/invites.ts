import { z } from "zod";
import { conversation } from "./conversations.ts";
import { count, uuid } from "./text.ts";
import { time, user } from "./users.ts";

/** Invites: links that let people join the server or a group. */

const INVITE_USES_MAX = 10_000;
/** How long an invite works, in seconds. */
const INVITE_LIFE = { default: 7 * 86_400, max: 365 * 86_400 };

/** The letters of Crockford's base 32. People can't mistake one of them for another. */
export const CODE_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz";
/** 80 random bits, too many to guess. */
export const CODE_LENGTH = 16;
const CODE = new RegExp(`^[${CODE_LETTERS}]{${CODE_LENGTH}}$`);

/** Reads a code in any letter case. An O counts as 0, an I or L as 1. Gives `undefined` for anything else. */
export function parseInviteCode(text: string): string | undefined {
  const code = text.trim().toLowerCase().replaceAll("o", "0").replace(/[il]/g, "1");
  return CODE.test(code) ? code : undefined;
}

export const inviteCode = z
  .string({ error: "Not a valid string." })
  .meta({ description: "The code of an invite link.", examples: ["7k3mq9x0v2h8rt5d"] });

export const inviteState = z
  .enum(["active", "expired", "used_up", "revoked"])
  .meta({ description: "An invite is `revoked` too when its maker left the group or lost the right to make it." });
export type InviteState = z.infer<typeof inviteState>;

const expires_at = time.nullable().meta({ description: "Null: never." });
const registers = z.boolean().meta({ description: "Whether it lets people register now." });

export const invite = z
  .object({
    code: inviteCode,
    url: z.string().meta({ examples: ["https://chat.example.com/invite/7k3mq9x0v2h8rt5d"] }),
    conversation: conversation
      .pick({ id: true, name: true, display_name: true })
      .nullable()
      .meta({ description: "The group that people come into. Null: the server alone." }),
    created_by: user.pick({ id: true, full_name: true }),
    created_at: time,
    expires_at,
    max_uses: z
      .int()
      .nullable()
      .meta({ description: "Null: no limit.", examples: [10] }),
    uses: count.meta({ description: "The number of people who joined by it.", examples: [3] }),
    state: inviteState,
    registers,
  })
  .meta({ id: "Invite" });
/** An invite as its maker, the group's members and superusers see it. */
export type Invite = z.infer<typeof invite>;

export const invitePreview = z
  .object({
    code: inviteCode,
    state: inviteState,
    registers,
    server_name: z
      .string()
      .nullable()
      .meta({ examples: ["Example Ltd"] }),
    conversation: conversation
      .pick({ name: true, display_name: true, participant_count: true })
      .nullable()
      .meta({ description: "Null: the server alone, or the invite is not active." }),
    invited_by: z.string().meta({ description: "The maker's full name.", examples: ["Ann Example"] }),
    expires_at,
  })
  .meta({ id: "InvitePreview", description: "The part of an invite that everybody with the link may see." });
export type InvitePreview = z.infer<typeof invitePreview>;

const within = (max: number) => {
  const error = `Must be a whole number from 1 to ${max}.`;
  return z.int({ error }).min(1, { error }).max(max, { error });
};

export const createInviteBody = z
  .object({
    conversation_id: uuid
      .nullish()
      .meta({ description: "The group that people come into. Left out: the server alone, for superusers." }),
    max_uses: within(INVITE_USES_MAX)
      .nullish()
      .meta({ description: "Left out: no limit.", examples: [10] }),
    expires_in: within(INVITE_LIFE.max)
      .nullable()
      .default(INVITE_LIFE.default)
      .meta({ description: "Seconds; null: never.", examples: [86_400] }),
  })
  .meta({ id: "CreateInviteBody" });
export type CreateInviteBody = z.infer<typeof createInviteBody>;
