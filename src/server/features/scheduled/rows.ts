import { sql } from "drizzle-orm";
import type { ScheduledMessage, ScheduledState } from "../../../protocol/scheduled.ts";
import type { Transaction } from "../../platform/postgres/database.ts";
import { rowsOf } from "../../platform/postgres/rows-of.ts";
import { iso, ms } from "../../platform/postgres/values.ts";
import { type Repetition, repetition } from "./repetition.ts";

/** `error` of a message while it is sent. Until that has ended, nobody can change it. */
export const SENDING = "sending";
export const LATE = "late";

/** A message that is sent later, with the clock of the database at that moment. */
export interface ScheduledRow {
  id: string;
  conversationId: string;
  userId: number;
  content: string;
  sendAtMs: number;
  repeat: string | null;
  zone: string | null;
  occurrence: number;
  isWaiting: boolean;
  error: string | null;
  createdMs: number;
  nowMs: number;
}

export const COLUMNS = `id, conversation_id AS "conversationId", user_id AS "userId", content,
  ${ms("send_at")} AS "sendAtMs", repeat, zone, occurrence, is_waiting AS "isWaiting", error,
  ${ms("created_at")} AS "createdMs", ${ms("clock_timestamp()")} AS "nowMs"`;

export function repetitionOf({ repeat }: Pick<ScheduledRow, "repeat">): Repetition | undefined {
  return repeat === null ? undefined : repetition.parse(JSON.parse(repeat));
}

export function stateOf(row: ScheduledRow): ScheduledState {
  const { conversationId: conversation_id, content, zone, error, isWaiting } = row;
  return {
    conversation_id,
    content,
    send_at: iso(row.sendAtMs),
    repeat: repetitionOf(row)?.every ?? null,
    zone,
    state: isWaiting ? "waiting" : error === LATE ? "late" : "failed",
    error: isWaiting || error === LATE ? null : error,
    created_at: iso(row.createdMs),
  };
}

export const messageOf = (row: ScheduledRow): ScheduledMessage => ({ id: row.id, ...stateOf(row) });

/** Reads a message, and locks it until the transaction ends. */
export async function lockRow(tx: Transaction, id: string): Promise<ScheduledRow | undefined> {
  const rows = await rowsOf<ScheduledRow>(
    tx,
    sql`SELECT ${sql.raw(COLUMNS)} FROM scheduled WHERE id = ${id}::uuid FOR UPDATE`,
  );
  return rows[0];
}
