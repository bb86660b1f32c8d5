import { z } from "zod";
import { adminUser } from "../../../protocol/admin.ts";
import { namesBy } from "../../../protocol/names.ts";
import { password } from "../../../protocol/passwords.ts";
import { email } from "../../../protocol/text.ts";
import { search } from "../../../protocol/users.ts";

/** The bounds of an invite from the command line. */
export const INVITE = { uses: { min: 1, max: 10_000 }, days: { min: 1, max: 365, default: 7 } };

/**
 * The commands on accounts, beside a running server or without one. The command line has checked names by its own
 * settings.
 */
export const accountCommand = z.discriminatedUnion("do", [
  z.object({ do: z.literal("find"), email }),
  z.object({ do: z.literal("create_superuser"), email, ...namesBy("any"), password }),
  z.object({ do: z.literal("promote"), email, password }),
  z.object({ do: z.literal("set_password"), email, password }),
  z.object({ do: z.literal("set_active"), email, active: z.boolean() }),
  z.object({ do: z.literal("list"), search, offset: z.int().min(0) }),
  z.object({ do: z.literal("reindex") }),
  z.object({
    do: z.literal("invite"),
    uses: z.int().min(INVITE.uses.min).max(INVITE.uses.max).nullable(),
    days: z.int().min(INVITE.days.min).max(INVITE.days.max),
  }),
]);
export type AccountCommand = z.input<typeof accountCommand>;

export const accountReply = z.object({
  ok: z.boolean(),
  /** A text for people. */
  text: z.string(),
  /** `find`: null when there is no such account. */
  found: z.object({ is_superuser: z.boolean() }).nullable().optional(),
  /** `list`: a page, newest first. */
  users: z.array(adminUser).optional(),
  /** `reindex`: the conversations that are done, and all. Ask again until it is over. */
  reindexed: z.object({ done: z.int(), all: z.int(), is_over: z.boolean() }).optional(),
  /** `list`: there are more users than a list shows. */
  is_cut: z.boolean().optional(),
});
export type AccountReply = z.infer<typeof accountReply>;

/** `list` answers in pages of this many users. */
export const LIST_PAGE = 1_000;

/** The answer when the account exists already. */
export const existingAccount = (email: string) =>
  `${email} has an account already. To make it a superuser with the password you give, and to end its sessions, add --promote.`;
