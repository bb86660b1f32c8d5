import { z } from "zod";
import { codePoints } from "./content.ts";
import { conversation, idList } from "./conversations.ts";
import { errorCode } from "./envelope.ts";
import { type EncodedPage, encodePageEnd, message, pageAt } from "./messages.ts";
import { request } from "./requests.ts";
import { changeTag, clientId, content, count, counter, epoch, headTag, id, prunedSeq, userId, uuid } from "./text.ts";
import { time, user } from "./users.ts";

/** Frames above this many bytes close the socket with 1009. */
export const FRAME_BYTES_MAX = 64 * 1024;

export const HISTORY_LIMIT = { default: 50, max: 100 };

/** Echoed by the frame that answers: an ack, a history page, a pong or an error. */
const ref = z
  .string({ error: "ref must be a string of at most 64 characters" })
  .refine((text) => codePoints(text) <= 64, { error: "ref must be a string of at most 64 characters" })
  .optional()
  .meta({ description: "Chosen by the client, echoed by what answers.", maxLength: 64 });

/** On `/ws/` it says which conversation is meant; on `/ws/chat/{id}/` the path does, and this is ignored. */
const conversation_id = uuid.optional().meta({ description: "On /ws/: which conversation is meant." });

const envelope = { ref, conversation_id };

/** Whose presence one socket may ask for, at once and in all. */
export const WATCHED_MAX = 1_000;
/** And the same of all sockets that a user has on one node. */
export const USER_WATCHED_MAX = 2_000;

/** Who is meant by `watch` and `unwatch`; who is named twice counts once. */
const user_ids = idList
  .refine((ids) => ids.length > 0, { error: "This list may not be empty." })
  .refine((ids) => ids.length <= WATCHED_MAX, { error: `Ensure this list has no more than ${WATCHED_MAX} user ids.` })
  .transform((ids) => [...new Set(ids)])
  .meta({
    description: "Ids of users; who is named twice counts once.",
    type: "array",
    items: { type: "integer", minimum: 1 },
    minItems: 1,
    maxItems: WATCHED_MAX,
    examples: [[2]],
  });

/** Beside `after_version`, here and on `/ws/chat/{id}/`. */
export const resumeTag = uuid.meta({
  description: "The tag of the change at `after_version`. Where the server has another one there, it answers `reset`.",
});

/** What a client may send, by `type`. A frame without a `type` is a message. Unknown fields are ignored. */
export const clientFrames = {
  message: z.object({ ...envelope, content, client_id: clientId.optional() }).meta({
    description: "Sends a message. It is stored, then goes to every participant's sockets; `type` may be left out.",
    examples: [{ content: "Hello, Bob!", client_id: "ann-1" }],
  }),
  typing: z
    .object({
      ...envelope,
      // The seed took any value and judged it by its truth.
      is_typing: z.unknown().optional().transform(Boolean).meta({ type: "boolean", default: false }),
    })
    .meta({
      description: "Tells the others; not again within 3 s, and not in groups over 100.",
      examples: [{ is_typing: true }],
    }),
  read: z.object({ ...envelope, seq: counter.optional() }).meta({
    description: "Moves one's read position forward, to `seq` or else to the newest message.",
    examples: [{ seq: 7 }],
  }),
  edit: z.object({ ...envelope, message_id: uuid, content }).meta({
    description: "Edits a message of one's own. Answered by an `ack` when there is a `ref`.",
  }),
  delete: z.object({ ...envelope, message_id: uuid }).meta({
    description: "Deletes a message of one's own: a tombstone stays. Answered by an `ack` when there is a `ref`.",
  }),
  history: z
    .object({
      ...envelope,
      before_seq: counter.optional(),
      limit: z
        .int({ error: "A valid integer is required." })
        .min(1, { error: "Ensure this value is greater than or equal to 1." })
        .transform((limit) => Math.min(limit, HISTORY_LIMIT.max))
        .default(HISTORY_LIMIT.default)
        .meta({ description: `More than ${HISTORY_LIMIT.max} is ${HISTORY_LIMIT.max}.` }),
    })
    .meta({ description: "Asks for one page of older messages.", examples: [{ before_seq: 51, limit: 50 }] }),
  ping: z.object(envelope).meta({ description: "Asks for a `pong`.", examples: [{ ref: "1" }] }),
  subscribe: z.object({ ...envelope, after_version: counter.optional(), tag: resumeTag.nullish() }).meta({
    description:
      "Takes part in a conversation; with `after_version` all that came after it is replayed first, or a `reset` says that this can't be.",
    examples: [{ conversation_id: "019ab3c4-5d6e-7f80-8a1b-2c3d4e5f6071", after_version: 12 }],
  }),
  unsubscribe: z.object(envelope).meta({
    description: "Takes no more part in a conversation; its `activity` is told again.",
    examples: [{ conversation_id: "019ab3c4-5d6e-7f80-8a1b-2c3d4e5f6071" }],
  }),
  watch: z.object({ ...envelope, user_ids }).meta({
    description: "Asks who of these people is there, now and from now on. Answered by a `presence` for each.",
  }),
  unwatch: z.object({ ...envelope, user_ids }).meta({ description: "Asks no more about these people." }),
} as const;

export type ClientFrameType = keyof typeof clientFrames;
export type ClientFrame<T extends ClientFrameType = ClientFrameType> = z.infer<(typeof clientFrames)[T]>;

const echo = {
  client_id: z.string().optional().meta({ description: "That of the frame this answers." }),
  ref: z.string().optional().meta({ description: "That of the frame this answers." }),
};
const last_seq = count.meta({ description: "The newest message's `seq`.", examples: [7] });
const last_version = count.meta({ description: "The newest change." });
const version = count.meta({ description: "The change's number: dense, in order.", examples: [13] });
/** Where a conversation stands, with what names its history there. */
const standing = { last_version, tag: headTag, pruned_seq: prunedSeq };
const who = { user_id: userId, user_name: z.string().meta({ examples: ["Bob Example"] }) };

const frame = <T extends string, Fields extends z.ZodRawShape>(type: T, fields: Fields, description: string) =>
  z.object({ type: z.literal(type), ...fields }).meta({ description });

/**
 * What the server sends, by `type`. Every frame about a conversation carries its id, on both kinds of socket. The types
 * and the documents are made of these; nothing is checked while sending.
 *
 * The first rule: a frame with `conversation_id` and a `version` of its own, other than `ack`, is a change, and moves the
 * client's cursor to that version, whether or not the client knows its type. No other frame may have a `version`.
 */
export const serverFrames = {
  connection_established: frame(
    "connection_established",
    {
      message: z.literal("Connected to chat"),
      conversation_id: id.optional(),
      last_seq: last_seq.optional(),
      last_version: last_version.optional(),
      tag: headTag.optional(),
      pruned_seq: prunedSeq.optional(),
      epoch,
      read_seq: count.optional().meta({ description: "One's own read position." }),
      reconnect_after_ms: count.meta({ description: "How long to wait after a lost connection.", examples: [1500] }),
      user_id: userId.meta({ description: "Oneself." }),
    },
    "The first frame. On /ws/ it names no conversation.",
  ),
  message: frame(
    "message",
    { conversation_id: id, version, message },
    "A message, in order and without holes. Its tag is the message's id.",
  ),
  message_changed: frame(
    "message_changed",
    { conversation_id: id, version, tag: changeTag, message },
    "A message was edited or deleted; this is how it is now.",
  ),
  participants: frame(
    "participants",
    {
      conversation_id: id,
      version,
      tag: changeTag,
      added: z.array(user),
      removed: z.array(userId).meta({ examples: [[]] }),
      name: z
        .string()
        .nullable()
        .meta({ description: "The group's name from now on.", examples: ["Friends"] }),
      owner_id: userId
        .nullable()
        .optional()
        .meta({ description: "The group's owner from now on, when that has changed. A replay leaves it out." }),
    },
    "Somebody joined or left, the group was renamed, or it has another owner.",
  ),
  ack: frame(
    "ack",
    { conversation_id: id, ...echo, id, seq: last_seq.meta({ description: "The message's." }), version: last_version },
    "To the sender: it is durable. Only for a message with a `client_id` or a `ref`, an edit or a deletion with a `ref`.",
  ),
  typing: frame(
    "typing",
    { conversation_id: id, ...who, is_typing: z.boolean().meta({ examples: [true] }) },
    "Another participant types, or has stopped. It expires by itself after 6 s.",
  ),
  read: frame("read", { conversation_id: id, ...who, seq: last_seq }, "Another participant has read up to `seq`."),
  read_position: frame(
    "read_position",
    { conversation_id: id, seq: last_seq },
    "Oneself has read up to `seq`, on this device or another, whether one is subscribed or not.",
  ),
  history: frame(
    "history",
    { conversation_id: id, ref: echo.ref, messages: z.array(message), total: count, ...pageAt },
    "One page of older messages, oldest first; `total` is how many there are.",
  ),
  pong: frame("pong", { conversation_id: id.optional(), ref: echo.ref }, "Answers a `ping`."),
  reset: frame(
    "reset",
    { conversation_id: id, ...standing, epoch },
    "The missed changes are too many, not kept, or of another history: fetch the conversation anew, and go on from `last_version`.",
  ),
  pruned: frame(
    "pruned",
    { conversation_id: id, pruned_seq: prunedSeq },
    "Retention has removed messages. It is no change and may be lost; the next answer says the same.",
  ),
  epoch: frame(
    "epoch",
    { epoch },
    "The database may have gone back: load lists anew. Each open conversation that differs gets a `reset`.",
  ),
  subscribed: frame(
    "subscribed",
    {
      conversation_id: id,
      ref: echo.ref,
      last_seq,
      ...standing,
      epoch,
      read_seq: count.meta({ description: "One's own read position." }),
    },
    "Answers `subscribe`; what was missed follows, or a `reset`.",
  ),
  unsubscribed: frame(
    "unsubscribed",
    { conversation_id: id, ref: echo.ref, code: z.enum(["unsubscribed", "removed"]) },
    "Nothing more comes of this conversation: one has asked for that, or is no participant any more.",
  ),
  conversation: frame("conversation", { conversation_id: id, conversation }, "A conversation that is new to oneself."),
  activity: frame(
    "activity",
    { conversation_id: id, last_seq, last_version },
    "Something happened in a conversation that one is in, but not subscribed to.",
  ),
  presence: frame(
    "presence",
    {
      user_id: userId,
      online: z.boolean().meta({ examples: [true] }),
      last_seen: time.nullable().meta({
        description: "When the last socket closed, or the last login where that is later; null of strangers.",
      }),
      ref: echo.ref,
    },
    "Somebody who is watched is there, or is not.",
  ),
  user: frame(
    "user",
    { user },
    "A name or an account has changed: that of somebody who shares a conversation with this user, or the user's own.",
  ),
  request: frame(
    "request",
    { request },
    "Somebody wants to write to you, or to add you to a group. Accept or decline it over HTTP.",
  ),
  request_ended: frame(
    "request_ended",
    { request_id: id },
    "A request to you was accepted or declined, here or on another device, or there is no need for it any more.",
  ),
  hidden: frame(
    "hidden",
    { conversation_id: id, last_seq },
    "You have hidden this 1-on-1, here or on another device. Your list leaves it out until a message comes after `last_seq`.",
  ),
  error: frame(
    "error",
    {
      message: z.string().meta({ description: "For people.", examples: ["Message content cannot be empty"] }),
      code: errorCode,
      conversation_id: id.optional(),
      ...echo,
      retry_after: count.optional().meta({ description: "Seconds." }),
    },
    "Nothing was done; only `unavailable` and `internal_error` leave that open: send again with the same `client_id`.",
  ),
} as const;

type ServerFrameType = keyof typeof serverFrames;
export type ServerFrame = z.infer<(typeof serverFrames)[ServerFrameType]>;

/** Frames that are only on `/ws/`, which chooses its conversations itself. All others are on both kinds of socket. */
export const userSocketOnly: ReadonlySet<string> = new Set<ClientFrameType | ServerFrameType>([
  "subscribe",
  "unsubscribe",
  "subscribed",
  "unsubscribed",
  "conversation",
  "activity",
  "read_position",
  "watch",
  "unwatch",
  "presence",
  "epoch",
  "user",
  "request",
  "request_ended",
  "hidden",
]);

/** The one place where a frame becomes bytes: what is encoded here is what every socket gets. */
export const encode = (frame: ServerFrame): string => JSON.stringify(frame);

/** A `history` frame. Its messages come as JSON, written once for all who ask. */
export function encodeHistory(conversationId: string, ref: string | undefined, page: EncodedPage): string {
  const echo = ref === undefined ? "" : `"ref":${JSON.stringify(ref)},`;
  return `{"type":"history","conversation_id":"${conversationId}",${echo}"messages":[${page.messages.join(",")}],${encodePageEnd(page)}}`;
}
