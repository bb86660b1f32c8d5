import { z } from "zod";
import { isInvisible } from "./content.ts";
import { commonFields, echo, last_seq, last_version, serverFrame } from "./frame-parts.ts";
import { conversationMe } from "./me.ts";
import { message } from "./messages.ts";
import { count, counter, epoch, headTag, id, line, prunedSeq, userId, uuid } from "./text.ts";
import { time, user } from "./users.ts";

/** How many members the JSON of a conversation has, in the order of joining. Clients read the others in pages. */
export const PARTICIPANTS_SHOWN = 50;

export const conversationKind = z
  .enum(["direct", "group", "thread"])
  .meta({ description: "A thread belongs to another conversation, and has its members.", examples: ["direct"] });
export type ConversationKind = z.infer<typeof conversationKind>;

/** The parts that only threads have. */
const threadParts = {
  parent_id: id.optional().meta({ description: "Only on a thread: the conversation that it belongs to." }),
  root_message_id: id
    .nullable()
    .optional()
    .meta({ description: "Only on a thread: the message that it answers. Null when retention has removed it." }),
  root_seq: count.optional().meta({ description: "Only on a thread: the `seq` of that message in its conversation." }),
  is_following: z.boolean().optional().meta({ description: "Only on a thread: whether you follow it." }),
};

export const conversation = z
  .object({
    id,
    kind: conversationKind,
    name: z
      .string()
      .nullable()
      .meta({ description: "The name that its members gave it.", examples: [null] }),
    display_name: z
      .string()
      .meta({ description: "The name to show to the reader.", examples: ["Chat with Bob Example"] }),
    is_group: z.boolean().meta({ examples: [false] }),
    owner_id: userId.nullable().meta({ description: "The owner of a group, who may remove members." }),
    picture: id.optional().meta({
      description: "Only there for groups with a picture: its id. A thread has the picture of its group.",
    }),
    participants: z
      .array(user)
      .meta({ description: `The first ${PARTICIPANTS_SHOWN} members, in the order of joining.` }),
    participant_count: count.meta({ examples: [2] }),
    created_at: time,
    updated_at: time.meta({ description: "Moves with every message." }),
    me: conversationMe,
    ...threadParts,
  })
  .meta({
    id: "Conversation",
    description:
      "`participants` of a thread are the people who follow it. Its `display_name` is that of the conversation that it belongs to.",
  });
/** A conversation as one member sees it: `display_name` depends on the reader. */
export type Conversation = z.infer<typeof conversation>;

/** The unread messages that mention the reader. They are counted anew each time, so that the number cannot drift. */
const mentionCount = count.meta({
  description: "How many unread messages mention you. Deleted messages do not count.",
  examples: [1],
});

export const conversationSummary = conversation
  .extend({
    message_count: count,
    pruned_seq: prunedSeq,
    unread_count: count.meta({ description: "The number of messages after your read position.", examples: [3] }),
    mention_count: mentionCount,
    last_message: message.nullable(),
    root: message
      .nullable()
      .optional()
      .meta({ description: "Only on a thread: the message that it answers, as it is now." }),
  })
  .meta({ id: "ConversationSummary" });
/** A conversation as it stands in the list, with its counts and newest message. */
export type ConversationSummary = z.infer<typeof conversationSummary>;

export const unreadCounts = z
  .object({
    conversations: count.meta({
      description: "Conversations with unread messages, and those that you have marked as unread.",
      examples: [2],
    }),
    messages: count.meta({ description: "Unread messages in them.", examples: [5] }),
    mentions: count.meta({ description: "Unread messages in them that mention you.", examples: [1] }),
    marked: count.meta({ description: "How many of them have no unread messages and are only marked.", examples: [0] }),
  })
  .meta({
    id: "UnreadCounts",
    description: "Over all your conversations but muted and archived ones, whatever page or search you ask for.",
  });

export const conversationDetail = conversationSummary
  .extend({
    is_hidden: z.literal(true).optional().meta({
      description: "Only there for a 1-on-1 that you have hidden: your list leaves it out until a message comes.",
    }),
    read_positions: z
      .array(z.object({ user_id: userId, seq: count }))
      .meta({ description: "The read position of each of `participants`." }),
  })
  .meta({ id: "ConversationDetail" });
/** One conversation, with the read position of each member in `participants`. */
export type ConversationDetail = z.infer<typeof conversationDetail>;

/** A group's name. A name that is blank or invisible becomes null: the group has no name of its own. */
const name = line(0, 255)
  .transform((text) => (isInvisible(text) ? null : text))
  .meta({
    description: "The name of a group. Null or blank: the group has no name of its own.",
    examples: ["Friends"],
  });

/** A list of user ids, of any length. */
export const idList = z
  .array(z.unknown(), {
    error: (issue) => (issue.input === undefined ? "This field is required." : "Expected a list of user ids."),
  })
  .transform((ids, context) => {
    const parsed: number[] = [];
    for (const id of ids) {
      const result = userId.safeParse(id);
      if (result.success) parsed.push(result.data);
      else {
        context.addIssue(result.error.issues[0]?.message ?? "A valid user id is required.");
        return [];
      }
    }
    return parsed;
  })
  .meta({ items: { type: "integer", minimum: 1 }, minItems: 1, uniqueItems: true, examples: [[2]] });

/** `meta` beside a new conversation, or beside one that people were added to. */
export const requested = z
  .object({
    requested: z.array(userId).meta({
      description: "People who must agree first: they got a request. Left out when there are none.",
      examples: [[3]],
    }),
  })
  .optional();

export const createConversationBody = z
  .object({
    participant_ids: idList.meta({
      description: "You are added if you are missing. More than two people make a group.",
    }),
    name: name.nullish(),
  })
  .meta({ id: "CreateConversationBody" });
/** A group that begins with its maker as the only member. */
export const createEmptyGroupBody = z
  .object({ name: name.pipe(z.string({ error: "This field may not be blank." })) })
  .meta({ id: "CreateEmptyGroupBody", examples: [{ name: "Everybody" }] });
export const renameBody = z.object({ name: name.nullable() }).meta({ id: "RenameBody" });
export const addParticipantsBody = z.object({ user_ids: idList }).meta({ id: "AddParticipantsBody" });

// Frames

/** The tag beside `after_version`, in a `subscribe` frame and in the query of `/ws/chat/{id}/`. */
export const resumeTag = uuid.meta({
  description: "The tag of the change at `after_version`. Where the server has another one there, it answers `reset`.",
});

export const subscribeFrame = z
  .object({ ...commonFields, after_version: counter.optional(), tag: resumeTag.nullish() })
  .meta({
    userSocketOnly: true,
    description:
      "Subscribes to a conversation. With `after_version` the changes after it are replayed first, or a `reset` says that this is not possible.",
    examples: [{ conversation_id: "019ab3c4-5d6e-7f80-8a1b-2c3d4e5f6071", after_version: 12 }],
  });

export const unsubscribeFrame = z.object(commonFields).meta({
  userSocketOnly: true,
  description: "Ends the subscription to a conversation. Its `activity` frames come again.",
  examples: [{ conversation_id: "019ab3c4-5d6e-7f80-8a1b-2c3d4e5f6071" }],
});

/**
 * Where a conversation stands: its newest change, the tag of that change, and the last `seq` that retention removed.
 */
const standing = { last_version, tag: headTag, pruned_seq: prunedSeq };

export const subscribedFrame = serverFrame(
  "subscribed",
  {
    conversation_id: id,
    ref: echo.ref,
    last_seq,
    ...standing,
    epoch,
    read_seq: count.meta({ description: "Your read position." }),
    mention_count: mentionCount,
    counted_seq: count.meta({
      description: "`mention_count` counts messages up to this `seq`. Frames of newer messages say whom they mention.",
    }),
  },
  "Answers `subscribe`. The missed changes follow, or a `reset`.",
  { userSocketOnly: true },
);

export const unsubscribedFrame = serverFrame(
  "unsubscribed",
  { conversation_id: id, ref: echo.ref, code: z.enum(["unsubscribed", "removed"]) },
  "No more frames of this conversation come: you have unsubscribed, or you are no longer a member.",
  { userSocketOnly: true },
);

export const resetFrame = serverFrame(
  "reset",
  { conversation_id: id, ...standing, epoch },
  "The missed changes are too many, not kept, or of another history. Load the conversation again, and go on from `last_version`.",
);

export const conversationFrame = serverFrame(
  "conversation",
  { conversation_id: id, conversation },
  "A conversation that is new to you.",
  { userSocketOnly: true },
);

export const activityFrame = serverFrame(
  "activity",
  {
    conversation_id: id,
    last_seq,
    last_version,
    last_scope_seq: count.optional().meta({
      description: "The newest message that mentions everybody, where this frame knows of one.",
    }),
  },
  "Something happened in one of your conversations that you are not subscribed to.",
  { userSocketOnly: true },
);

export const hiddenFrame = serverFrame(
  "hidden",
  { conversation_id: id, last_seq },
  "You have hidden this 1-on-1, here or on another device. Your list leaves it out until a message comes after `last_seq`.",
  { userSocketOnly: true },
);
