import type { MessageFields } from "../../protocol/message-fields.ts";
import type { Message } from "../../protocol/messages.ts";
import { Failure } from "../base/failure.ts";
import { Texts } from "../platform/postgres/database.ts";
import { appendPlain, type Written } from "./append-plain.ts";
import type { Entry, Writing, WrittenBatch } from "./entry.ts";
import { encodeFields } from "./fields.ts";
import { isDigestOf, type MessageRow, messageOf } from "./rows.ts";

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

const COLUMNS = `ord, outcome, id, seq, version, sender_name, sender_email, client_id, content, first_content,
    created_ms, edited_ms, deleted_ms, fields`;

const APPEND = `SELECT ${COLUMNS}
  FROM confab_append_messages(
    $1::uuid[], $2::integer[], $3::uuid[], $4::integer[], $5::text[], $6::text[], $7::text[]::jsonb[], $8::text[]::jsonb[],
    $9, $10
  )`;

const APPEND_IN_BOTH = `SELECT ${COLUMNS}, parent_id
  FROM confab_append_in_both($1, $2, $3, $4, $5, $6, $7::text::jsonb, $8::text::jsonb, $9, $10)`;

/** The most batches that skip the short way after it was taken in vain again and again. */
const SKIPPED_MAX = 63;
/** The most threads to remember. */
const THREADS_MAX = 10_000;

/**
 * Appends batches of sends. Most batches go the short way, `appendPlain`. A batch in which something stands in the way goes
 * to `confab_append_messages`, which says what it is.
 */
export class Appending {
  /** Batches that skip the short way from now on, and how many did after it was last taken in vain. */
  private left = 0;
  private skipped = 0;
  /** Conversations that are known as threads. */
  private readonly threads = new Set<string>();

  append = async (writing: Writing, batch: Send[]): Promise<WrittenBatch<Send>> => {
    const [first] = batch;
    if (first?.isAlone) return appendInBoth(writing, first);
    if (!writing.wait && this.isPlain(batch)) {
      const written = await appendPlain(writing.query, batch, writing.timeoutMs);
      this.skipped = written ? 0 : Math.min(2 * this.skipped + 1, SKIPPED_MAX);
      this.left = this.skipped;
      if (written) return plainlyWritten(batch, written);
    }
    const rows = await appendInGeneral(writing, batch);
    for (const row of rows) if (row.outcome === "in_thread") this.noteThread(batch[row.ord - 1]);
    return writtenOf(batch, rows);
  };

  private isPlain(batch: readonly Send[]): boolean {
    if (batch.some(({ options, doubtful }) => options !== null || doubtful)) return false;
    if (this.threads.size > 0 && batch.some((send) => this.threads.has(send.conversationId))) return false;
    if (this.left === 0) return true;
    this.left--;
    return false;
  }

  private noteThread(send: Send | undefined) {
    if (this.threads.size >= THREADS_MAX) this.threads.clear();
    if (send) this.threads.add(send.conversationId);
  }
}

/** Calls `confab_append_messages` for a batch. */
async function appendInGeneral({ query, wait, timeoutMs }: Writing, batch: Send[]): Promise<AppendRow[]> {
  const drafts = batch.map((send) => send.draft);
  const conversations = [...new Set(drafts.map((draft) => draft.conversationId))].sort();
  const places = new Map(conversations.map((id, i) => [id, i + 1]));
  const parameters = [
    conversations,
    drafts.map((draft) => places.get(draft.conversationId) ?? null),
    drafts.map((draft) => draft.id),
    drafts.map((draft) => draft.senderId),
    drafts.map((draft) => draft.clientId ?? null),
    new Texts(drafts.map((draft) => draft.content)),
    // Most batches have no fields and no options, and null for the whole batch costs nothing.
    batch.some(({ fields }) => fields !== null) ? batch.map(({ fields }) => fields) : null,
    batch.some(({ options }) => options !== null) ? batch.map(({ options }) => options) : null,
    wait,
    batch.some((send) => send.doubtful),
  ];
  return query<AppendRow>(APPEND, parameters, timeoutMs);
}

/** Calls `confab_append_in_both` for a reply that also goes to the parent of its thread. */
async function appendInBoth({ query, wait, timeoutMs }: Writing, send: Send): Promise<WrittenBatch<Send>> {
  const { draft, fields, options, doubtful } = send;
  const { id, conversationId, senderId, clientId, content } = draft;
  const ids = [conversationId, id, copyIdOf(id)];
  const parameters = [...ids, senderId, clientId ?? null, content, fields, options, wait, doubtful];
  return writtenOf([send], await query<AppendRow>(APPEND_IN_BOTH, parameters, timeoutMs));
}

/** The answer of `confab_append_messages` or `confab_append_in_both` (sql/) for one send. */
type AppendRow = { ord: number } & (
  | ({ outcome: "appended" } & Written)
  | ({ outcome: "existing"; first_content: string | null } & Omit<MessageRow, "conversation_id" | "sender_id">)
  | ({ outcome: "copied"; id: string; parent_id: string; fields: MessageFields } & Written)
  | { outcome: "in_thread"; fields: { parent_id: string; followed: number[] } }
  | { outcome: "newer"; seq: number }
  | { outcome: "file_not_found" | "file_not_ready" }
  | { outcome: "busy" | "no_conversation" | "no_participant" | "not_a_thread" }
);

type RowOf<Outcome extends AppendRow["outcome"]> = Extract<AppendRow, { outcome: Outcome }>;

/** The answer to one send, and the message that is in the log now. */
interface Outcome {
  send: Send;
  row: AppendRow;
  message?: Message;
  extras?: Extras | undefined;
}

/** The outcomes in the order of the sends. */
function outcomesOf(batch: Send[], rows: AppendRow[]): Outcome[] {
  const found = extrasOf(batch, rows);
  rows.sort((a, b) => a.ord - b.ord);
  const outcomes: Outcome[] = [];
  for (const row of rows) {
    const send = batch[row.ord - 1];
    if (send) outcomes.push(outcomeOf(send, row, found?.get(row.ord)));
  }
  return outcomes;
}

function outcomeOf(send: Send, row: AppendRow, extras: Extras | undefined): Outcome {
  const { draft } = send;
  if (row.outcome === "appended") return { send, row, message: writtenMessage(draft, row), extras };
  if (row.outcome !== "existing") return { send, row };
  const message = messageOf({ ...row, conversation_id: draft.conversationId, sender_id: draft.senderId });
  return { send, row, message, extras };
}

/** The result of a batch that went the short way. Its messages have no more than their drafts and fields. */
function plainlyWritten(batch: readonly Send[], written: readonly Written[]): WrittenBatch<Send> {
  const messages = batch.map(({ draft }, i) => {
    const row = written[i];
    if (!row) throw new Error("confab_append_plain has no answer for a send");
    return writtenMessage(draft, row);
  });
  return {
    busy: [],
    unfilled: { read: [], appended: messages.filter(isUnfilled) },
    answer() {
      for (const [i, message] of messages.entries()) batch[i]?.resolve({ message, first: true });
    },
  };
}

/** Whether a new message shows something that its draft does not have: the message that it answers, or names of others. */
const isUnfilled = ({ reply_to, mentions }: Message) => reply_to !== undefined || mentions !== undefined;

function writtenOf(batch: Send[], rows: AppendRow[]): WrittenBatch<Send> {
  const outcomes = outcomesOf(batch, rows);
  const busy: Send[] = [];
  const read: Message[] = [];
  const appended: Message[] = [];
  for (const { send, row, message, extras } of outcomes) {
    if (row.outcome === "busy") busy.push(send);
    if (!message) continue;
    if (row.outcome === "existing") read.push(message);
    else if (isUnfilled(message)) {
      appended.push(message);
      if (extras?.copy) appended.push(extras.copy);
    }
  }
  return {
    busy,
    unfilled: { read, appended },
    answer() {
      for (const outcome of outcomes) answer(outcome);
    },
  };
}

/** Answers one send. Callers get their answers in the order of `seq`. */
function answer({ send, row, message, extras }: Outcome) {
  switch (row.outcome) {
    case "appended":
      if (message) send.resolve(extras ? { message, first: true, ...extras } : { message, first: true });
      break;
    case "existing":
      if (message) answerExisting(send, row, message, extras);
      break;
    case "newer":
      send.reject(new Failure("newer", { lastSeq: row.seq }));
      break;
    case "file_not_found":
    case "file_not_ready":
      send.reject(new Failure(row.outcome));
      break;
    case "no_conversation":
      send.reject(new Failure("conversation_not_found"));
      break;
    case "no_participant":
      send.reject(new Failure("not_a_participant"));
      break;
    case "not_a_thread":
      send.reject(new Failure("not_a_thread"));
      break;
  }
}

type Extras = Pick<Appended, "copy" | "thread">;

/** The copies and followers that came with some of the sends, by their places in the batch. `undefined`: there are none. */
function extrasOf(batch: readonly Send[], rows: readonly AppendRow[]): Map<number, Extras> | undefined {
  let found: Map<number, Extras> | undefined;
  const add = (ord: number, extras: Extras) => {
    found ??= new Map();
    found.set(ord, { ...found.get(ord), ...extras });
  };
  for (const row of rows) {
    if (row.outcome === "in_thread") {
      const { parent_id: parentId, followed } = row.fields;
      add(row.ord, { thread: { parentId, followed } });
    } else if (row.outcome === "copied") {
      const send = batch[row.ord - 1];
      if (send) add(row.ord, { copy: copyOf(send.draft, row) });
    }
  }
  return found;
}

const writtenMessage = (draft: Draft, { seq, version, sender_name, sender_email, created_ms }: Written) =>
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

const copyOf = ({ senderId, content }: Draft, row: RowOf<"copied">): Message =>
  messageOf({
    ...row,
    conversation_id: row.parent_id,
    sender_id: senderId,
    client_id: null,
    content,
    edited_ms: null,
    deleted_ms: null,
  });

/** A deletion takes the files, and leaves nothing to compare with. */
const hasFiles = ({ files = [], deleted_at }: Message, draft: Draft) =>
  deleted_at !== undefined ||
  Bun.deepEquals(
    files.map(({ id }) => id),
    draft.files ?? [],
  );

function answerExisting(
  { draft, resolve, reject }: Send,
  row: RowOf<"existing">,
  message: Message,
  extras: Extras | undefined,
) {
  const same =
    row.first_content === null ? row.content === draft.content : isDigestOf(row.first_content, draft.content);
  // The id shows whether this very send wrote the message and lost its answer, or an earlier send with its client_id.
  const first = row.id === draft.id;
  if (first || (same && hasFiles(message, draft))) resolve({ message, first, ...extras });
  else reject(new Failure("client_id_conflict"));
}
