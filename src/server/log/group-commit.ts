import type { MessageFields } from "../../protocol/message-fields.ts";
import type { Message } from "../../protocol/messages.ts";
import { Failure } from "../base/failure.ts";
import {
  type Driver,
  isConnectionLost,
  isRolledBack,
  isUnavailable,
  refusalOf,
  WAITING_AT_ONCE,
} from "../platform/postgres/database.ts";
import { encodeFields } from "./fields.ts";
import { isDigestOf, type MessageRow, messageOf } from "./rows.ts";

/** The most sends in one transaction. */
const BATCH_MAX = 256;
/** The most sends that wait at once. More are refused, because their senders would give up before their turn. */
export const SENDS_WAITING_MAX = 20_000;
/** How long a batch may take, including a lost answer, in ms (docs/contract.md §8: 503 within 2 s). */
const BATCH_DEADLINE_MS = 1_800;
const RETRY_PAUSE_MS = 100;

/** One send on its way into the log. Its id is made beforehand: it shows whether a commit without an answer went through. */
export interface Draft {
  id: string;
  conversationId: string;
  senderId: number;
  content: string;
  clientId: string | undefined;
  /** The optional fields, by the keys of `src/protocol/message-fields.ts`. */
  fields?: MessageFields;
}

/** `first` is false when the message was there before, sent with the same `client_id`. */
export interface Appended {
  message: Message;
  first: boolean;
}

interface Send {
  draft: Draft;
  /** The draft's fields as JSON. */
  fields: string | null;
  /** The answer of an earlier attempt was lost, so the message may be in the log already. */
  doubtful: boolean;
  resolve(appended: Appended): void;
  reject(error: unknown): void;
}

/**
 * Group commit: sends that arrive while a batch is written form the next batch. There is no artificial wait: a single send
 * goes out at once.
 *
 * MUST keep the order of sends within a conversation. A conversation whose row somebody else has locked is parked: its
 * sends wait in a queue of their own, and all other sends go on.
 */
export class GroupCommit {
  private queue: Send[] = [];
  private readonly parked = new Map<string, Send[]>();
  private writing = false;
  private open = 0;
  private readonly idle: (() => void)[] = [];
  private waitingAtOnce = 0;
  private readonly waitingTurns: (() => void)[] = [];

  constructor(private readonly driver: Pick<Driver, "logQuery" | "waitingLogQuery">) {}

  append(draft: Draft): Promise<Appended> {
    if (this.open >= SENDS_WAITING_MAX) return Promise.reject(new Failure("unavailable", { retryAfter: 1 }));
    let fields: string | null;
    try {
      fields = encodeFields(draft.fields);
    } catch (error) {
      return Promise.reject(error);
    }
    this.open++;
    return new Promise<Appended>((resolve, reject) => {
      this.queue.push({
        draft,
        fields,
        doubtful: false,
        // The answer goes first, because a drain must end after every caller has its answer.
        resolve: (appended) => {
          resolve(appended);
          this.settled();
        },
        reject: (error) => {
          reject(error);
          this.settled();
        },
      });
      if (!this.writing) void this.write();
    });
  }

  /** Resolves when every send so far has its answer. */
  async drain(): Promise<void> {
    if (this.open > 0) await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  private settled() {
    this.open--;
    if (this.open === 0) for (const resolve of this.idle.splice(0)) resolve();
  }

  private async write() {
    this.writing = true;
    // Sends of the same tick share the batch.
    await Promise.resolve();
    while (this.queue.length > 0) {
      const batch = this.takeBatch();
      if (batch.length === 0) break;
      const busy = await this.commit(batch, false);
      for (const send of busy) this.park(send);
    }
    this.writing = false;
  }

  /**
   * The next sends, in order. A second send with the same client_id waits for the next batch, which finds the first one in
   * the log. So do the sends of its conversation behind it.
   */
  private takeBatch(): Send[] {
    const batch: Send[] = [];
    const rest: Send[] = [];
    const keys = new Set<string>();
    const held = new Set<string>();
    for (const send of this.queue) {
      const { conversationId, senderId, clientId } = send.draft;
      if (this.parked.has(conversationId)) {
        this.park(send);
        continue;
      }
      const key = clientId === undefined ? undefined : `${conversationId} ${senderId} ${clientId}`;
      if (key !== undefined && keys.has(key)) held.add(conversationId);
      if (batch.length === BATCH_MAX || held.has(conversationId)) {
        rest.push(send);
        continue;
      }
      if (key !== undefined) keys.add(key);
      batch.push(send);
    }
    this.queue = rest;
    return batch;
  }

  private park(send: Send) {
    const { conversationId } = send.draft;
    const waiting = this.parked.get(conversationId);
    if (waiting) {
      waiting.push(send);
      return;
    }
    this.parked.set(conversationId, [send]);
    void this.writeParked(conversationId);
  }

  /** Waits for the row's lock, up to the connection's lock_timeout, and goes on until no send is left. */
  private async writeParked(conversationId: string) {
    if (this.waitingAtOnce >= WAITING_AT_ONCE) await new Promise<void>((resolve) => this.waitingTurns.push(resolve));
    else this.waitingAtOnce++;
    // Other sends that the same batch found busy are parked in the same tick.
    await Promise.resolve();
    for (;;) {
      const waiting = this.parked.get(conversationId) ?? [];
      const batch = takeWithoutDoubles(waiting);
      if (batch.length === 0) break;
      // A row that is still busy can't be seen yet, so there is no lock to wait for.
      for (const send of await this.commit(batch, true)) send.reject(new Failure("unavailable", { retryAfter: 1 }));
    }
    this.parked.delete(conversationId);
    const next = this.waitingTurns.shift();
    if (next) next();
    else this.waitingAtOnce--;
  }

  /** Writes a batch and answers its sends. Returns the sends whose conversation was busy. */
  private async commit(batch: Send[], wait: boolean): Promise<Send[]> {
    try {
      const rows = await this.appendRows(batch, wait);
      return answer(batch, rows);
    } catch (error) {
      if (isUnavailable(error)) {
        // One clear answer for all, because nobody should wait for a database that is away.
        const refusal = new Failure("unavailable", { retryAfter: 1 });
        for (const send of batch) send.reject(refusal);
        if (!wait && isConnectionLost(error)) for (const send of this.queue.splice(0)) send.reject(refusal);
        return [];
      }
      if (batch.length === 1) {
        batch[0]?.reject(refusalOf(error));
        return [];
      }
      return this.commitOneByOne(batch, wait);
    }
  }

  /** A send that PostgreSQL refuses must not fail the others. A busy send holds back its conversation's later sends. */
  private async commitOneByOne(batch: Send[], wait: boolean): Promise<Send[]> {
    const busy: Send[] = [];
    const held = new Set<string>();
    for (const send of batch) {
      const { conversationId } = send.draft;
      const left = held.has(conversationId) ? [send] : await this.commit([send], wait);
      if (left.length > 0) held.add(conversationId);
      busy.push(...left);
    }
    return busy;
  }

  /** Calls `confab_append_messages`. After a lost answer it calls again, and the ids show which messages are there. */
  private async appendRows(batch: Send[], wait: boolean): Promise<AppendRow[]> {
    const until = performance.now() + BATCH_DEADLINE_MS;
    const drafts = batch.map((send) => send.draft);
    const conversations = [...new Set(drafts.map((draft) => draft.conversationId))].sort();
    const places = new Map(conversations.map((id, i) => [id, i + 1]));
    const query = wait ? this.driver.waitingLogQuery : this.driver.logQuery;
    for (;;) {
      const parameters = [
        conversations,
        drafts.map((draft) => places.get(draft.conversationId) ?? null),
        drafts.map((draft) => draft.id),
        drafts.map((draft) => draft.senderId),
        drafts.map((draft) => draft.clientId ?? null),
        drafts.map((draft) => draft.content),
        // Most batches have no fields, and null for the whole batch costs nothing.
        batch.some(({ fields }) => fields !== null) ? batch.map(({ fields }) => fields) : null,
        wait,
        batch.some((send) => send.doubtful),
      ];
      const left = until - performance.now();
      try {
        return await query<AppendRow>(APPEND, parameters, left);
      } catch (error) {
        if (isConnectionLost(error)) for (const send of batch) send.doubtful = true;
        const passes = isConnectionLost(error) || isRolledBack(error);
        if (!passes || performance.now() + RETRY_PAUSE_MS >= until) throw error;
        await Bun.sleep(RETRY_PAUSE_MS);
      }
    }
  }
}

const APPEND = `SELECT ord, outcome, id, seq, version, sender_name, sender_email, client_id, content, first_content,
    created_ms, edited_ms, deleted_ms, fields
  FROM confab_append_messages(
    $1::uuid[], $2::integer[], $3::uuid[], $4::integer[], $5::text[], $6::text[], $7::text[]::jsonb[], $8, $9
  )`;

/** The answer of `confab_append_messages` (sql/append.sql) for one send. */
type AppendRow = { ord: number } & (
  | {
      outcome: "appended";
      seq: number;
      version: number;
      sender_name: string;
      sender_email: string;
      created_ms: number;
    }
  | ({ outcome: "existing"; first_content: string | null } & Omit<MessageRow, "conversation_id" | "sender_id">)
  | { outcome: "busy" | "no_conversation" | "no_participant" }
);

/** Answers the sends in the order of their `seq`. Callers get their answers in this order. */
function answer(batch: Send[], rows: AppendRow[]): Send[] {
  const busy: Send[] = [];
  rows.sort((a, b) => a.ord - b.ord);
  for (const row of rows) {
    const send = batch[row.ord - 1];
    if (!send) continue;
    const { draft } = send;
    switch (row.outcome) {
      case "appended":
        send.resolve({ message: appendedMessage(draft, row), first: true });
        break;
      case "existing":
        answerExisting(send, row);
        break;
      case "busy":
        busy.push(send);
        break;
      case "no_conversation":
        send.reject(new Failure("conversation_not_found"));
        break;
      case "no_participant":
        send.reject(new Failure("not_a_participant"));
        break;
    }
  }
  return busy;
}

const appendedMessage = (draft: Draft, row: Extract<AppendRow, { outcome: "appended" }>) =>
  messageOf({
    ...row,
    id: draft.id,
    conversation_id: draft.conversationId,
    sender_id: draft.senderId,
    client_id: draft.clientId ?? null,
    content: draft.content,
    edited_ms: null,
    deleted_ms: null,
    fields: draft.fields ?? null,
  });

function answerExisting({ draft, resolve, reject }: Send, row: Extract<AppendRow, { outcome: "existing" }>) {
  const same =
    row.first_content === null ? row.content === draft.content : isDigestOf(row.first_content, draft.content);
  const message = messageOf({ ...row, conversation_id: draft.conversationId, sender_id: draft.senderId });
  // The id shows whether this very send wrote the message and lost its answer, or an earlier send with its client_id.
  const first = row.id === draft.id;
  if (first || same) resolve({ message, first });
  else reject(new Failure("client_id_conflict"));
}

/** Takes sends off the front, up to one whose client_id is already taken. */
function takeWithoutDoubles(waiting: Send[]): Send[] {
  const keys = new Set<string>();
  let n = 0;
  for (const { draft } of waiting) {
    const key = `${draft.senderId} ${draft.clientId}`;
    if (n === BATCH_MAX || (draft.clientId !== undefined && keys.has(key))) break;
    keys.add(key);
    n++;
  }
  return waiting.splice(0, n);
}
