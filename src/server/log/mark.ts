import type { FailureName } from "../../protocol/failures.ts";
import type { MessageChange } from "../../protocol/message-changes.ts";
import type { Message } from "../../protocol/messages.ts";
import type { Preview } from "../../protocol/previews.ts";
import { Failure } from "../base/failure.ts";
import type { Change } from "./changes.ts";
import type { Entry, Writing, WrittenBatch } from "./entry.ts";
import { hasMessage, MESSAGE_COLUMNS, type MessageRow, messageOf } from "./rows.ts";

/**
 * A mark to be set on a message: its new state, never a difference. The server checks the value before. Each kind is a
 * branch of `confab_mark` (sql/mark.sql). A user of null is the server itself.
 */
export type Mark = { conversationId: string; userId: number | null; messageId: string } & (
  | { kind: "reaction"; value: { emoji: string; on: boolean } }
  | { kind: "pin"; value: { on: boolean } }
  | { kind: "vote"; value: { options: number[] } }
  | { kind: "preview"; value: { previews: Preview[] | null; digest?: string } }
  | { kind: "thread"; value: Record<string, unknown> }
);

/** `change` is undefined when the message was in that state already. Then the conversation was at `lastVersion`. */
export interface Marked {
  message: Message;
  change: Change | undefined;
  lastVersion: number;
  lastSeq: number;
}

export interface MarkEntry extends Entry {
  kind: "mark";
  mark: Mark;
  resolve(marked: Marked): void;
}

/** The answer of `confab_mark` for one mark: the row of the mark, or that of a message. */
type MarkRow = Partial<MessageRow> & {
  ord: number | null;
  outcome: "marked" | "unchanged" | "busy" | FailureName;
  at_version: number;
  at_tag: string;
  at_seq: number;
  change: MessageChange | null;
};

/** Calls `confab_mark` for a batch. */
export async function markMessages(
  { query, wait, until }: Writing,
  batch: MarkEntry[],
): Promise<WrittenBatch<MarkEntry>> {
  const marks = batch.map(({ mark }) => mark);
  const conversations = [...new Set(marks.map((mark) => mark.conversationId))].sort();
  const places = new Map(conversations.map((id, i) => [id, i + 1]));
  const rows = await query<MarkRow>(
    MARK,
    [
      conversations,
      marks.map((mark) => places.get(mark.conversationId) ?? null),
      marks.map((mark) => mark.userId),
      marks.map((mark) => mark.messageId),
      marks.map((mark) => mark.kind),
      marks.map((mark) => JSON.stringify(mark.value)),
      wait,
    ],
    until - performance.now(),
  );
  return writtenOf(batch, rows);
}

const MARK = `SELECT a.ord, a.outcome, a.at_version, a.at_tag, a.at_seq, a.change, ${MESSAGE_COLUMNS}
  FROM confab_mark($1::uuid[], $2::integer[], $3::integer[], $4::uuid[], $5::text[], $6::text[]::jsonb[], $7) a
  LEFT JOIN LATERAL (SELECT (a.message).*) m ON true`;

function writtenOf(batch: MarkEntry[], rows: MarkRow[]): WrittenBatch<MarkEntry> {
  const messages = rows.filter(hasMessage).map(messageOf);
  const byId = new Map(messages.map((message) => [message.id, message]));
  const outcomes = rows.flatMap((row) => {
    const entry = row.ord === null ? undefined : batch[row.ord - 1];
    return entry ? { ...row, entry, ord: row.ord ?? 0 } : [];
  });
  outcomes.sort((a, b) => a.ord - b.ord);
  return {
    busy: outcomes.flatMap(({ outcome, entry }) => (outcome === "busy" ? entry : [])),
    unfilled: { read: messages, appended: [] },
    answer() {
      for (const { entry, ...row } of outcomes) answer(entry, row, byId.get(entry.mark.messageId));
    },
  };
}

/** Answers one mark. Callers get their answers in the order of versions. */
function answer(entry: MarkEntry, row: MarkRow, message: Message | undefined) {
  const { outcome, at_version: version, at_tag: tag, at_seq: lastSeq, change: about } = row;
  if (outcome === "busy") return;
  if (outcome !== "marked" && outcome !== "unchanged") return entry.reject(new Failure(outcome));
  if (!message) return entry.reject(new Error("confab_mark gave no message"));
  const step = { conversationId: entry.conversationId, version, tag, lastSeq };
  const change: Change | undefined =
    outcome === "marked" && about ? { kind: "message_edited", ...step, message, change: about } : undefined;
  entry.resolve({ message, change, lastVersion: version, lastSeq });
}
