import { z } from "zod";
import { messageFields } from "./message-fields.ts";
import { clientId, content, count, epoch, headTag, id, prunedSeq, userId } from "./text.ts";
import { time } from "./users.ts";

export const message = z
  .object({
    id,
    conversation_id: id,
    sender_id: userId.meta({ examples: [1] }),
    sender_name: z.string().meta({ description: "As it was at the sending.", examples: ["Ann Example"] }),
    sender_email: z.string().meta({ description: "As it was at the sending.", examples: ["ann@example.com"] }),
    content: z.string().meta({ description: "Empty when the message was deleted.", examples: ["Hello, Bob!"] }),
    timestamp: z.number().meta({ description: "`created_at` in seconds since the epoch.", examples: [1773500966.535] }),
    created_at: time,
    seq: count.meta({ description: "Numbers the messages of its conversation: 1, 2, 3, …", examples: [7] }),
    version: count.meta({ description: "The change of its conversation that created it; never changes." }),
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
 * A message. `seq` numbers the messages of a conversation, `version` is the change that created it; both are dense
 * and never change. The sender's name and e-mail are those of the moment of sending. A deleted message stays as a
 * tombstone with `deleted_at` and empty content.
 */
export type Message = z.infer<typeof message>;

export const sendBody = z.object({ content, client_id: clientId.optional() }).meta({ id: "SendBody" });
export const editBody = z.object({ content }).meta({ id: "EditBody" });

/** Where a conversation stood when its messages were read. */
export const pageAt = {
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
    count: count.meta({ description: "How many are in this page.", examples: [1] }),
    total: count.meta({ description: "How many the conversation has." }),
    ...pageAt,
  })
  .meta({ id: "MessagePage" });
export type MessagePage = z.infer<typeof messagePage>;

/** A page's messages as JSON, written once for all who ask, and where the conversation stood. */
export interface EncodedPage {
  messages: readonly string[];
  total: number;
  at: PageAt;
}

/** The members of `MessagePage` and of a `history` frame from `total` on. */
export const encodePageEnd = ({ total, at }: EncodedPage): string =>
  `"total":${total},"last_version":${at.last_version},"tag":${JSON.stringify(at.tag)},"pruned_seq":${at.pruned_seq},"epoch":"${at.epoch}"`;

/** A `MessagePage` as JSON. */
export const encodePage = (conversationId: string, page: EncodedPage): string =>
  `{"conversation_id":"${conversationId}","messages":[${page.messages.join(",")}],"count":${page.messages.length},${encodePageEnd(page)}}`;
