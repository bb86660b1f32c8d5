import { z } from "zod";
import { draftState } from "./drafts.ts";
import { serverFrame } from "./frame-parts.ts";
import { mentionEntry } from "./mentions.ts";
import { notificationSettings } from "./notifications.ts";
import { previewSettings } from "./previews.ts";
import { reminderState, savedState } from "./saved.ts";
import { scheduledState } from "./scheduled.ts";
import { count, counter, epoch } from "./text.ts";
import { moment } from "./times.ts";
import { time } from "./users.ts";

/** Personal settings. All devices of a person follow them as one stream of its own, numbered by `me_version`. */

/** The messages of a conversation that notify its member. */
export const level = z.enum(["all", "mentions", "nothing"], { error: "Must be all, mentions or nothing." }).meta({
  description:
    "The messages that notify you. `mentions`: those that mention you, answer you or have one of your keywords.",
  examples: ["all"],
});
export type Level = z.infer<typeof level>;

export const meVersion = count.meta({
  description: "The newest change of your personal settings. Send it back with `after_me_version`.",
});

export const conversationState = z
  .object({
    archived: z.boolean().meta({
      description: "True: in the archive. A message after `archived_seq` brings it back, unless it is muted.",
      examples: [false],
    }),
    archived_seq: count.nullable().meta({ description: "The newest message when you archived it." }),
    muted_until: time.nullable().meta({ description: "Muted until this time. Null or a time in the past: not muted." }),
    level,
    unread: z
      .boolean()
      .meta({ description: "You have marked it as unread, and read and sent nothing since.", examples: [false] }),
    unread_seq: count.nullable().meta({ description: "Your read position when you marked it." }),
  })
  .meta({ id: "ConversationState", description: "Your personal settings of a conversation. Nobody else sees them." });
/** The personal settings of a conversation's member. */
export type ConversationState = z.infer<typeof conversationState>;

export const conversationMe = conversationState
  .extend({
    me_version: count.meta({
      description: "This state includes your changes up to here. A `me` frame with a higher number is newer.",
    }),
  })
  .meta({ id: "ConversationMe", description: "Your personal settings of this conversation. Nobody else sees them." });
/** The same in an answer, with its place in the stream. */
export type ConversationMe = z.infer<typeof conversationMe>;

const bool = z.boolean({ error: "Must be true or false." }).optional();
const place = counter.nullable().optional();
export const conversationMeBody = z
  .object({
    archived: bool.meta({
      description: "True: in the archive until a message comes. While it is muted, messages do not bring it back.",
    }),
    archived_seq: place.meta({
      description:
        "With `archived`: the newest message that you know. Any later message brings the conversation back. Default: the newest.",
    }),
    muted_until: moment
      .nullable()
      .optional()
      .meta({ description: "Null or a time in the past: not muted. To mute for good, set `level` to `nothing`." }),
    level: level.optional(),
    unread: bool.meta({ description: "True: marked as unread, until you read further, send, or set false." }),
    unread_seq: place.meta({
      description:
        "With `unread`: your read position as you know it. Reading further ends the mark. Default: the present one.",
    }),
  })
  .meta({ id: "ConversationMeBody", examples: [{ archived: true }] });
export type ConversationMeBody = z.infer<typeof conversationMeBody>;

/**
 * The kinds of entries, each with the schema of its value. Null: the entry is gone. A new kind needs a line here and one
 * in `meFrame`. Clients move their cursor at a kind that they do not know.
 */
export const meKinds = {
  conversation: conversationState,
  saved: savedState.nullable(),
  reminder: reminderState.nullable(),
  draft: draftState.nullable(),
  scheduled: scheduledState.nullable(),
  notifications: notificationSettings,
  mention: mentionEntry,
  previews: previewSettings,
} as const;
export type MeKind = keyof typeof meKinds;

/** The key of an entry that is about the account, not about one thing. */
export const ACCOUNT_KEY = "account";

const key = z.string().meta({
  description: "The name of the entry, such as the id of the conversation or the message that it is about.",
  examples: ["019ab3c4-5d6e-7f80-8a1b-2c3d4e5f6071"],
});

const frameOf = <Kind extends MeKind>(kind: Kind) =>
  serverFrame(
    "me",
    {
      me_version: meVersion,
      from: count.meta({ description: "The frame stands for all numbers from here to `me_version`." }),
      kind: z.literal(kind),
      key,
      value: meKinds[kind],
    },
    `An entry of the kind \`${kind}\`.`,
  );

export const meFrame = z
  .discriminatedUnion("kind", [
    frameOf("conversation"),
    frameOf("saved"),
    frameOf("reminder"),
    frameOf("draft"),
    frameOf("scheduled"),
    frameOf("notifications"),
    frameOf("mention"),
    frameOf("previews"),
  ])
  .meta({
    description:
      "You have changed a personal setting, here or on another device: the entry as it is now. Null: it is gone. For a `kind` that you do not know, only move your cursor.",
    userSocketOnly: true,
  });
export type MeFrame = z.infer<typeof meFrame>;

export const ME_LIMIT = { default: 100, max: 500 };

/** `data` of a page of entries. */
export const meEntry = z
  .object({
    key,
    value: z.record(z.string(), z.unknown()).meta({
      description: "As in a `me` frame of this kind.",
      examples: [{ content: "Hello, B", updated_at: "2026-03-14T15:09:26.535Z" }],
    }),
    me_version: count.meta({ description: "The entry's last change. A `me` frame with a higher number is newer." }),
  })
  .meta({ id: "MeEntry" });
export type MeEntry = z.infer<typeof meEntry>;

export const meEntriesAt = z.object({
  me_version: meVersion,
  epoch,
  next: z
    .string()
    .nullable()
    .meta({ description: "Send it back with `after` for the next page. Null: there is none." }),
});

export const meResetFrame = serverFrame(
  "me_reset",
  { me_version: meVersion },
  "Your copies of personal settings may be of another history. Load your lists again, and go on from `me_version`.",
  { userSocketOnly: true },
);
