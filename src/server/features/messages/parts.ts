import type { MessageFields } from "../../../protocol/message-fields.ts";
import type { Poll, PollBody } from "../../../protocol/polls.ts";
import { invalidField } from "../../base/failure.ts";
import type { Draft } from "../../log/append.ts";
import type { Attaching } from "../files/attaching.ts";
import type { Mentions } from "../mentions/service.ts";
import type { Replies } from "../replies/service.ts";

/** The services that parts of a send need. */
export interface PartServices {
  replies: Pick<Replies, "fieldsOf">;
  threads: { startFor(send: Addressed, threadOf: ThreadOf): Promise<void> };
  mentions: Pick<Mentions, "of">;
  attaching: Pick<Attaching, "fieldOf">;
}

/** The parts of a send beside its text, as a client gives them. */
interface SendParts {
  files?: string[] | undefined;
  poll?: PollBody | undefined;
  reply_to?: string | undefined;
  if_seq?: number | undefined;
  also_in_parent?: boolean | undefined;
  thread_of?: ThreadOf | undefined;
}

interface ThreadOf {
  conversation_id: string;
  message_id: string;
}

export type Addressed = Pick<Draft, "conversationId" | "senderId" | "clientId" | "content">;
export type DraftParts = Pick<Draft, "fields" | "mentions" | "files" | "ifSeq" | "alsoInParent">;

/**
 * The parts of a draft that the parts of its send make. Most sends have none. It is a promise only when the database must be
 * asked, so that a plain send enters the queue of the log at once.
 */
export function partsOf(services: PartServices, send: Addressed, parts: SendParts): DraftParts | Promise<DraftParts> {
  const { poll, also_in_parent: alsoInParent, if_seq: ifSeq, reply_to, thread_of } = parts;
  const files = parts.files?.length ? parts.files : undefined;
  // People would vote on two polls with one question.
  if (poll && alsoInParent) throw invalidField("also_in_parent", "A poll is in one place only.");
  if (poll && files) throw invalidField("files", "A poll has no files.");
  const options = { ifSeq, alsoInParent, files };
  const fields = poll && { poll: newPoll(poll) };
  const mentions = thread_of ? undefined : services.mentions.of(send.conversationId, send.senderId, send.content);
  if (!thread_of && !files && reply_to === undefined && !mentions) return fields ? { ...options, fields } : options;
  return lookUp(services, send, { fields, mentions, files, reply_to, thread_of }).then((found) => ({
    ...options,
    ...found,
  }));
}

async function lookUp(
  services: PartServices,
  send: Addressed,
  found: {
    fields: MessageFields | undefined;
    mentions: Looking | undefined;
    files: string[] | undefined;
    reply_to: string | undefined;
    thread_of: ThreadOf | undefined;
  },
): Promise<Pick<DraftParts, "fields" | "mentions">> {
  const files = found.files && (await services.attaching.fieldOf(send, found.files));
  // A send with a fault starts no thread.
  if (found.thread_of) await services.threads.startFor(send, found.thread_of);
  const [mentions, reply] = await Promise.all([
    found.thread_of ? services.mentions.of(send.conversationId, send.senderId, send.content) : found.mentions,
    found.reply_to === undefined ? undefined : services.replies.fieldsOf(send, found.reply_to),
  ]);
  const fields = { ...found.fields, ...(files && { files }), ...reply };
  if (!mentions) return { fields };
  const { user_ids, scope } = mentions;
  return { fields: { ...fields, mentions: { user_ids, scope } }, mentions };
}

type Looking = ReturnType<Mentions["of"]>;

/** A poll before its first vote. */
const newPoll = (body: PollBody): Poll => ({
  ...body,
  votes: body.options.map(() => 0),
  voters: 0,
  ...(body.anonymous ? {} : { user_ids: body.options.map(() => []) }),
});
