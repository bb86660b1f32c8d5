import type { MessageFields } from "../../protocol/message-fields.ts";
import type { Message } from "../../protocol/messages.ts";
import type { Written } from "./append-plain.ts";
import type { Entry } from "./entry.ts";
import { encodeFields } from "./fields.ts";
import { messageOf } from "./rows.ts";

/** One send on its way into the log. Its id is made beforehand: it shows whether a commit without an answer went through. */
export interface Draft {
  id: string;
  conversationId: string;
  senderId: number;
  content: string;
  clientId: string | undefined;
  /** The optional fields, by the keys of `src/protocol/message-fields.ts`. */
  fields?: MessageFields | undefined;
  /** The send is refused when the conversation has a message after this `seq`. */
  ifSeq?: number | undefined;
  /** The people whom the message mentions, as `confab_write_mentions` takes them. */
  mentions?: { user_ids: number[]; scope?: "here" | "all" | undefined; here?: number[] } | undefined;
  /** The ids of the files that the message takes. Its field `files` shows them. */
  files?: readonly string[] | undefined;
  /** A reply to a thread also goes to the thread's parent: both or neither. */
  alsoInParent?: boolean | undefined;
}

/** `first` is false when the message was there before, sent with the same `client_id`. */
export interface Appended {
  message: Message;
  first: boolean;
  /** The copy of a reply in the thread's parent. */
  copy?: Message;
  /** Of a new message in a thread: the conversation of the thread, and the people who follow it since this message. */
  thread?: { parentId: string; followed: number[] };
}

export interface Send extends Entry {
  kind: "send";
  draft: Draft;
  /** The draft's fields as JSON. */
  fields: string | null;
  /** The things that `confab_append_messages` has to know beside the message, as JSON. */
  options: string | null;
  resolve(appended: Appended): void;
}

/** The fields as they are stored. */
const fieldsOf = ({ fields, alsoInParent }: Draft): MessageFields | undefined =>
  alsoInParent ? { ...fields, also_in_parent: true } : fields;

/** @throws Failure `unstorable` when the draft's fields are too large */
export function sendOf(draft: Draft, { resolve, reject }: Pick<Send, "resolve" | "reject">): Send {
  const { conversationId, senderId, clientId, ifSeq, mentions, files, alsoInParent = false } = draft;
  const hasOptions = ifSeq !== undefined || mentions !== undefined || files !== undefined;
  return {
    kind: "send",
    conversationId,
    key: clientId === undefined ? undefined : `${conversationId} ${senderId} ${clientId}`,
    isAlone: alsoInParent,
    draft,
    fields: encodeFields(fieldsOf(draft)),
    options: hasOptions ? JSON.stringify({ if_seq: ifSeq, mentions, files }) : null,
    doubtful: false,
    resolve,
    reject,
  };
}

/** The id of the copy that a reply has in the parent of its thread. It follows from the reply's, so that an edit finds it. */
export const copyIdOf = (replyId: string) => Bun.randomUUIDv5("in_parent", replyId);

/** Whether a new message shows something that its draft does not have: the message that it answers, or names of others. */
export const isUnfilled = ({ reply_to, mentions }: Message) => reply_to !== undefined || mentions !== undefined;

export const writtenMessage = (draft: Draft, { seq, version, sender_name, sender_email, created_ms }: Written) =>
  messageOf({
    id: draft.id,
    conversation_id: draft.conversationId,
    seq,
    version,
    sender_id: draft.senderId,
    sender_name,
    sender_email,
    client_id: draft.clientId ?? null,
    content: draft.content,
    created_ms,
    edited_ms: null,
    deleted_ms: null,
    fields: fieldsOf(draft) ?? null,
  });
