import { z } from "zod";
import { codePoints, strip, unstorable } from "./content.ts";
import { ALT_MAX, FILES_MAX } from "./file-limits.ts";
import { count, id, userId, uuid } from "./text.ts";
import { time } from "./users.ts";

export { FILES_MAX } from "./file-limits.ts";

/** How long a file's name is at most, in bytes of UTF-8: the limit of the common file systems. */
export const FILE_NAME_BYTES_MAX = 255;
/** The bars of a voice message's waveform. */
const WAVEFORM_MAX = 64;
/** The widths of the smaller forms of a picture, in pixels. The longer side has that many. */
export const PICTURE_SIZES = [320, 1280] as const;
/** The sides of avatars and group pictures, in pixels. */
export const AVATAR_SIZES = [64, 256] as const;

/** The properties of a file beside its bytes. */
const fileDetails = {
  width: count.optional().meta({ description: "In pixels, upright. Only of pictures and videos.", examples: [1600] }),
  height: count.optional().meta({ description: "In pixels, upright. Only of pictures and videos.", examples: [1200] }),
  placeholder: z
    .string()
    .optional()
    .meta({ description: "A ThumbHash in base64, to show while the picture loads. Only of pictures." }),
  duration: z
    .number()
    .nonnegative()
    .optional()
    .meta({
      description: "In seconds. Only of audio and video: as the file says, else as the sender's client said.",
      examples: [12.4],
    }),
  waveform: z
    .string()
    .optional()
    .meta({ description: `Only of voice messages: up to ${WAVEFORM_MAX} loudnesses from 0 to 255, in base64.` }),
  alt: z
    .string()
    .optional()
    .meta({ description: "What the picture shows, for people who do not see it.", examples: ["A red bicycle"] }),
};

/** The files of a send, as a client names them. */
export const sentFiles = z
  .array(uuid, { error: "Must be a list of ids of files." })
  .max(FILES_MAX, { error: `A message can have at most ${FILES_MAX} files.` })
  .refine((ids) => new Set(ids).size === ids.length, { error: "Two files are the same." })
  .meta({ description: "The ids of your own files that are `ready`, in the order in which the message shows them." });

/** A file as messages show it. */
export const messageFile = z
  .object({
    id,
    name: z.string().meta({ examples: ["holiday.jpg"] }),
    type: z
      .string()
      .meta({ description: "The media type, by its first bytes and not by its name.", examples: ["image/jpeg"] }),
    bytes: count.meta({ examples: [482133] }),
    ...fileDetails,
  })
  .meta({ id: "MessageFile", description: "A file of a message. Its bytes are at `/api/files/{id}/{name}`." });
export type MessageFile = z.infer<typeof messageFile>;

/** The kinds of files that the list of a conversation can be asked for. */
export const fileKind = z.enum(["image", "video", "audio", "voice", "other"]);
export type FileKind = z.infer<typeof fileKind>;

/** A file in the list of a conversation's files. */
export const conversationFile = z
  .object({
    message_id: id,
    seq: count.meta({ description: "The `seq` of the message.", examples: [7] }),
    sender_id: userId.meta({ examples: [1] }),
    sender_name: z.string().meta({ description: "The name of today.", examples: ["Ann Example"] }),
    created_at: time,
    file: messageFile,
  })
  .meta({ id: "ConversationFile" });
export type ConversationFile = z.infer<typeof conversationFile>;

export const fileState = z.enum(["uploading", "checking", "ready", "refused"]).meta({
  description: "A message takes files that are `ready`. A file is `checking` while it is scanned.",
});
export type FileState = z.infer<typeof fileState>;

/** A file as its uploader sees it. */
export const file = messageFile
  .extend({
    state: fileState,
    offset: count.meta({ description: "How many bytes the server has.", examples: [482133] }),
    refusal: z.string().optional().meta({ description: "Why the file was refused." }),
  })
  .meta({ id: "File" });
export type File = z.infer<typeof file>;

/** The description of a picture. Empty: it has none. */
const alt = z
  .string({ error: "Must be a text." })
  .transform(strip)
  .refine((text) => !unstorable(text) && codePoints(text) <= ALT_MAX, {
    error: `Must be a text of at most ${ALT_MAX} characters.`,
  })
  .meta({ maxLength: ALT_MAX, examples: ["A red bicycle"] });

export const altBody = z.object({ alt: alt.meta({ description: "Empty: the file has no description." }) });

const NAME_LETTERS_MAX = 4 * FILE_NAME_BYTES_MAX;
const WAVEFORM_LETTERS = Math.ceil(WAVEFORM_MAX / 3) * 4;

/** The fields that a client gives with a file: in the query string, or as `Upload-Metadata` with tus. */
export const uploadFields = z.object({
  name: z
    .string({ error: "Must be one text." })
    .max(NAME_LETTERS_MAX, { error: "This name is too long." })
    .refine((text) => text.isWellFormed(), { error: "Must be a text." })
    .default("")
    .meta({ description: "The server removes folders and what can't be part of a name.", default: "" }),
  alt: alt.optional(),
  duration: z
    .string({ error: "Must be one text." })
    .regex(/^\d{1,7}(\.\d{1,9})?$/, { error: "Must be a number of seconds." })
    .transform(Number)
    .optional()
    .meta({ description: "In seconds. Of audio and video.", examples: ["12.4"] }),
  waveform: z
    .string({ error: "Must be one text." })
    .max(WAVEFORM_LETTERS, { error: "This waveform is too long." })
    .regex(/^[A-Za-z0-9+/]+={0,2}$/, { error: "Must be base64." })
    .optional()
    .meta({ description: `Of voice messages: up to ${WAVEFORM_MAX} loudnesses from 0 to 255, in base64.` }),
});

/** An address that opens a file without a login, for a short time. */
export const fileAddress = z.object({
  url: z
    .string()
    .meta({ examples: ["https://files.example.com/api/files/0198e4a2-7c11-7c3e-9e0a-3f1c9a7d2b10/holiday.jpg?for=5"] }),
  expires_at: z.iso.datetime().meta({ examples: ["2026-11-28T09:15:00.000Z"] }),
});
