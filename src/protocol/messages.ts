import { z } from "zod";
import { EMPTY_CONTENT } from "./content.ts";
import { sentFiles } from "./files.ts";
import { commonFields, echo, last_seq, last_version, serverFrame, version } from "./frame-parts.ts";
import { pageLines } from "./lines.ts";
import { messageChange } from "./message-changes.ts";
import { messageFields } from "./message-fields.ts";
import { pollBody } from "./polls.ts";
import { replyTo } from "./replies.ts";
import {
  changeTag,
  clientId,
  count,
  counter,
  epoch,
  headTag,
  id,
  optionalContent,
  prunedSeq,
  userId,
  uuid,
} from "./text.ts";
import { alsoInParent, threadOf } from "./threads.ts";
import { time } from "./users.ts";

export const message = z
  .object({
    id,
    conversation_id: id,
    sender_id: userId.meta({ examples: [1] }),
    sender_name: z.string().meta({
      description: "The sender's name of today. `Deleted user` when the account is gone.",
      examples: ["Ann Example"],
    }),
    sender_email: z.string().meta({
      description: "Their e-mail address of today. Empty when the account is gone.",
      examples: ["ann@example.com"],
    }),
    content: z.string().meta({ description: "Empty when the message was deleted.", examples: ["Hello, Bob!"] }),
    timestamp: z.number().meta({ description: "`created_at` in seconds since the epoch.", examples: [1773500966.535] }),
    created_at: time,
    seq: count.meta({ description: "Numbers the messages of its conversation: 1, 2, 3, …", examples: [7] }),
    version: count.meta({ description: "The change that created the message. It never changes." }),
    client_id: z
      .string()
      .optional()
      .meta({ description: "As the sender gave it.", examples: ["ann-1"] }),
    edited_at: time.optional(),
    deleted_at: time.optional(),
    ...messageFields,
  })
  .meta({ id: "Message", description: "A deleted message stays as a tombstone: `deleted_at` and empty content." });
/**
 * A message. `seq` numbers the messages of a conversation. `version` is the change that created the message. Both are
 * dense and never change. The sender's name and e-mail address are those of today. A deleted message stays as a tombstone with `deleted_at` and empty content.
 */
export type Message = z.infer<typeof message>;

/** How many messages a page has. */
export const HISTORY_LIMIT = { default: 50, max: 100 };

export const AROUND =
  "The page has this `seq` in its middle, or the nearest messages that exist. Wins over the other cursors.";

/** The text of a send, and its other parts. */
const sendParts = {
  content: optionalContent.default("").meta({
    description:
      "Trimmed, then kept exactly. Characters are counted as Unicode code points. Empty only beside `files`.",
    default: undefined,
    examples: ["Hello, Bob!"],
  }),
  files: sentFiles.optional(),
  client_id: clientId.optional(),
  reply_to: replyTo,
  poll: pollBody.optional(),
  if_seq: counter.optional().meta({
    description: "The newest `seq` that you know. The message is refused with `newer` when a later one is there.",
  }),
  also_in_parent: alsoInParent.optional(),
  thread_of: threadOf.optional(),
};

/** Whether a send shows something: a text or files. A value with a fault of its own has its own text. */
const showsSomething = ({ content, files }: { content: string; files?: string[] | undefined }) =>
  content !== "" || (Array.isArray(files) && files.length !== 0);
/** It is asked whatever else is wrong, so that every faulty field is named at once. */
const SHOWS_NOTHING = {
  path: ["content"],
  error: EMPTY_CONTENT,
  when: ({ value, issues }: z.core.ParsePayload) =>
    typeof value === "object" && value !== null && !issues.some(({ path }) => path?.[0] === "content"),
};

export const sendBody = z
  .object(sendParts)
  .refine(showsSomething, SHOWS_NOTHING)
  .meta({ id: "SendBody", examples: [{ content: "Hello, Bob!", client_id: "ann-1" }] });
const editedContent = optionalContent.meta({
  description: "Trimmed, then kept exactly. Only a message with files can have an empty text.",
});
export const editBody = z.object({ content: editedContent }).meta({ id: "EditBody" });

/** Where the conversation stood when the server read its messages. */
const pageAt = {
  last_version: count.meta({ description: "The newest change that this answer includes." }),
  tag: headTag,
  pruned_seq: prunedSeq,
  epoch,
};
type PageAt = z.infer<z.ZodObject<typeof pageAt>>;

/** `data` of a page of messages, oldest first. */
export const messagePage = z
  .object({
    conversation_id: id,
    messages: z.array(message).meta({ description: "Oldest first." }),
    count: count.meta({ description: "The number of messages in this page.", examples: [1] }),
    total: count.meta({ description: "The number of messages in the conversation." }),
    ...pageLines,
    ...pageAt,
  })
  .meta({ id: "MessagePage" });
export type MessagePage = z.infer<typeof messagePage>;

/** A page whose messages and lines are JSON already, written once for everybody who asks. */
export interface EncodedPage {
  messages: readonly string[];
  lines: readonly string[];
  linesCut: boolean;
  total: number;
  at: PageAt;
}

/** The members of `MessagePage` and of a `history` frame from `total` on. */
const encodePageEnd = ({ total, lines, linesCut, at }: EncodedPage): string =>
  `"total":${total},"lines":[${lines.join(",")}],${linesCut ? '"lines_cut":true,' : ""}"last_version":${at.last_version},"tag":${JSON.stringify(at.tag)},"pruned_seq":${at.pruned_seq},"epoch":"${at.epoch}"`;

/** A `MessagePage` as JSON. */
export const encodePage = (conversationId: string, page: EncodedPage): string =>
  `{"conversation_id":"${conversationId}","messages":[${page.messages.join(",")}],"count":${page.messages.length},${encodePageEnd(page)}}`;

// Frames

export const sendFrame = z
  .object({ ...commonFields, ...sendParts })
  .refine(showsSomething, SHOWS_NOTHING)
  .meta({
    description: "Sends a message. It is stored, then goes to every participant's sockets; `type` may be left out.",
    examples: [{ content: "Hello, Bob!", client_id: "ann-1" }],
  });

export const editFrame = z.object({ ...commonFields, message_id: uuid, content: editedContent }).meta({
  description: "Edits your own message. Answered by an `ack` when there is a `ref`.",
});

export const deleteFrame = z.object({ ...commonFields, message_id: uuid }).meta({
  description: "Deletes your own message. A tombstone stays. Answered by an `ack` when there is a `ref`.",
});

export const askHistoryFrame = z
  .object({
    ...commonFields,
    before_seq: counter.optional().meta({ description: "The page ends before this `seq`." }),
    after_seq: counter.optional().meta({ description: "The page starts after this `seq`. Wins over `before_seq`." }),
    around_seq: counter.optional().meta({ description: AROUND }),
    limit: z
      .int({ error: "A valid integer is required." })
      .min(1, { error: "Ensure this value is greater than or equal to 1." })
      .transform((limit) => Math.min(limit, HISTORY_LIMIT.max))
      .default(HISTORY_LIMIT.default)
      .meta({ description: `More than ${HISTORY_LIMIT.max} is ${HISTORY_LIMIT.max}.` }),
  })
  .meta({
    description: "Asks for one page of messages: the newest ones, or those before, after or around a `seq`.",
    examples: [{ before_seq: 51, limit: 50 }, { around_seq: 7 }],
  });

export const messageFrame = serverFrame(
  "message",
  { conversation_id: id, version, message },
  "A new message, in order and without gaps. Its tag is the message's id.",
);

export const messageChangedFrame = serverFrame(
  "message_changed",
  {
    conversation_id: id,
    version,
    from: version
      .optional()
      .meta({ description: "Only with `changes`: the frame stands for all changes from here to `version`." }),
    tag: changeTag,
    change: messageChange.optional(),
    changes: z
      .array(messageChange)
      .optional()
      .meta({ description: "In place of `change`, on sockets that accept `ranges`: what each of these changes was." }),
    excerpt: z
      .string()
      .optional()
      .meta({ description: "Of an edit or a deletion: the `excerpt` of quotes of this message from now on." }),
    message,
  },
  "A message was edited or deleted, or people reacted, voted or pinned it. This is how it is now.",
);

export const ackFrame = serverFrame(
  "ack",
  {
    conversation_id: id,
    ...echo,
    id,
    seq: last_seq.meta({ description: "The `seq` of the message." }),
    version: last_version,
  },
  "Tells the sender that a message, an edit or a deletion is stored. It answers messages with a `client_id` or a `ref`, and edits and deletions with a `ref`.",
);

export const historyFrame = serverFrame(
  "history",
  { conversation_id: id, ref: echo.ref, messages: z.array(message), total: count, ...pageLines, ...pageAt },
  "One page of messages, oldest first; `total` is how many there are. A page of more than 256 KiB is cut where the client can ask on.",
);

export const prunedFrame = serverFrame(
  "pruned",
  { conversation_id: id, pruned_seq: prunedSeq },
  "Retention has removed messages. This frame is no change and may be lost; the next answer says the same.",
);

/** A `history` frame as JSON. Its messages come as JSON already, written once for everybody who asks. */
export function encodeHistory(conversationId: string, ref: string | undefined, page: EncodedPage): string {
  const echoed = ref === undefined ? "" : `"ref":${JSON.stringify(ref)},`;
  return `{"type":"history","conversation_id":"${conversationId}",${echoed}"messages":[${page.messages.join(",")}],${encodePageEnd(page)}}`;
}
