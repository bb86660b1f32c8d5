import type { MessageFields } from "../../protocol/message-fields.ts";
import type { Message } from "../../protocol/messages.ts";
import { Failure } from "../base/failure.ts";
import { Texts } from "../platform/postgres/database.ts";
import { type Appended, copyIdOf, type Draft, isUnfilled, type Send, writtenMessage } from "./append.ts";
import type { Written } from "./append-plain.ts";
import type { Writing, WrittenBatch } from "./entry.ts";
import { isDigestOf, type MessageRow, messageOf } from "./rows.ts";

const COLUMNS = `ord, outcome, id, seq, version, sender_name, sender_email, client_id, content, first_content,
    created_ms, edited_ms, deleted_ms, fields`;

const APPEND = `SELECT ${COLUMNS}
  FROM confab_append_messages(
    $1::uuid[], $2::integer[], $3::uuid[], $4::integer[], $5::text[], $6::text[], $7::text[]::jsonb[], $8::text[]::jsonb[],
    $9, $10
  )`;

const APPEND_IN_BOTH = `SELECT ${COLUMNS}, parent_id
  FROM confab_append_in_both($1, $2, $3, $4, $5, $6, $7::text::jsonb, $8::text::jsonb, $9, $10)`;

/**
 * Calls `confab_append_messages` for a batch, which says for each send what stands in its way.
 * @param onThread is told the conversations that turn out to be threads
 */
export async function appendInGeneral(
  { query, wait, until }: Writing,
  batch: Send[],
  onThread: (conversationId: string) => void,
): Promise<WrittenBatch<Send>> {
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
  const timeoutMs = until - performance.now();
  const rows = await query<AppendRow>(APPEND, parameters, timeoutMs);
  for (const { outcome, ord } of rows) if (outcome === "in_thread") onThread(batch[ord - 1]?.conversationId ?? "");
  return writtenOf(batch, rows);
}

/** Calls `confab_append_in_both` for a reply that also goes to the parent of its thread. */
export async function appendInBoth({ query, wait, until }: Writing, send: Send): Promise<WrittenBatch<Send>> {
  const { draft, fields, options, doubtful } = send;
  const { id, conversationId, senderId, clientId, content } = draft;
  const ids = [conversationId, id, copyIdOf(id)];
  const parameters = [...ids, senderId, clientId ?? null, content, fields, options, wait, doubtful];
  return writtenOf([send], await query<AppendRow>(APPEND_IN_BOTH, parameters, until - performance.now()));
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
