import { eq } from "drizzle-orm";
import {
  clientIdOf,
  LATE_AFTER_MS,
  type RescheduleBody,
  SCHEDULED_MAX,
  type ScheduleBody,
  type ScheduledMessage,
} from "../../../protocol/scheduled.ts";
import { NOT_IN_FUTURE } from "../../../protocol/times.ts";
import { Failure, invalidField } from "../../base/failure.ts";
import { removeJob, scheduleJob } from "../../jobs/store.ts";
import type { Database, Transaction } from "../../platform/postgres/database.ts";
import { scheduled } from "../../platform/postgres/schema.ts";
import { OwnStream } from "../me/own-stream.ts";
import { databaseNow, readableConversation } from "../me/places.ts";
import { nextAfter, repetitionFrom } from "./repetition.ts";
import { COLUMNS, lockRow, messageOf, repetitionOf, type ScheduledRow, SENDING, stateOf } from "./rows.ts";

export const SEND_SCHEDULED = "send_scheduled";

const jobOf = (id: string) => ({ kind: SEND_SCHEDULED, key: id, payload: { id } });

type Written = { message: ScheduledMessage; isChanged: boolean };

/** The next step of a message whose job runs. */
export type Due =
  /** It is to be sent now: nobody can change it until `settle`. */
  | { kind: "send"; row: ScheduledRow }
  /** It is too late, unless an earlier step has sent it already. */
  | { kind: "late"; row: ScheduledRow }
  | { kind: "wait"; ms: number }
  | { kind: "nothing" };

/**
 * Messages that are sent later. The row has the truth, an entry of the author's own stream shows it to their devices, and a
 * job sends it. All three change in one transaction.
 */
export class ScheduledStore {
  constructor(private readonly db: Database) {}

  create(userId: number, conversationId: string, body: ScheduleBody): Promise<Written | undefined> {
    return this.db.transaction(async (tx) => {
      const stream = await OwnStream.lock(tx, userId);
      if (!(await readableConversation(tx, userId, conversationId))) return undefined;
      const id = body.id ?? Bun.randomUUIDv7();
      const there = await lockRow(tx, id);
      if (there && there.userId === userId && there.conversationId === conversationId)
        return { message: messageOf(there), isChanged: false };
      if (there) throw invalidField("id", "This id is taken.");
      const now = await databaseNow(tx);
      const sendAt = new Date(body.send_at);
      if (sendAt.getTime() <= now) throw invalidField("send_at", NOT_IN_FUTURE);
      if ((await tx.$count(scheduled, eq(scheduled.userId, userId))) >= SCHEDULED_MAX)
        throw new Failure("too_many_scheduled");
      const { content } = body;
      const zone = body.repeat ? (body.zone ?? "UTC") : null;
      const repeat = body.repeat && zone ? JSON.stringify(repetitionFrom(body.repeat, zone, sendAt, 0)) : null;
      await tx.insert(scheduled).values({ id, conversationId, userId, content, sendAt, repeat, zone });
      return this.written(tx, stream, id);
    });
  }

  /** Changes a message. A new time makes one that was late or refused wait again. */
  change(userId: number, conversationId: string, id: string, body: RescheduleBody): Promise<Written> {
    return this.db.transaction(async (tx) => {
      const stream = await OwnStream.lock(tx, userId);
      const row = await ownRow(tx, userId, conversationId, id);
      const sendAt = new Date(body.send_at ?? row.sendAtMs);
      const before = repetitionOf(row);
      const every = body.repeat === undefined ? before?.every : (body.repeat ?? undefined);
      const zone = every ? (body.zone ?? row.zone ?? "UTC") : null;
      const content = body.content ?? row.content;
      const isMoved = sendAt.getTime() !== row.sendAtMs || every !== before?.every || zone !== row.zone;
      if (!isMoved && content === row.content) return { message: messageOf(row), isChanged: false };
      if (isMoved && sendAt.getTime() <= row.nowMs) throw invalidField("send_at", NOT_IN_FUTURE);
      const repeat = every && zone ? JSON.stringify(repetitionFrom(every, zone, sendAt, row.occurrence)) : null;
      const moved = isMoved ? { sendAt, zone, repeat, isWaiting: true, error: null } : {};
      await tx
        .update(scheduled)
        .set({ content, ...moved })
        .where(eq(scheduled.id, id));
      return this.written(tx, stream, id);
    });
  }

  remove(userId: number, conversationId: string, id: string): Promise<{ isChanged: true }> {
    return this.db.transaction(async (tx) => {
      const stream = await OwnStream.lock(tx, userId);
      await ownRow(tx, userId, conversationId, id);
      await this.forget(tx, stream, id);
      return { isChanged: true };
    });
  }

  /** Makes a message due now, and marks it as being sent. Its job sends it too, should this node die. */
  hurry(userId: number, conversationId: string, id: string): Promise<{ row: ScheduledRow; isChanged: false }> {
    return this.db.transaction(async (tx) => {
      const row = await ownRow(tx, userId, conversationId, id);
      const sendAt = new Date(row.nowMs);
      await tx.update(scheduled).set({ isWaiting: true, error: SENDING, sendAt }).where(eq(scheduled.id, id));
      await scheduleJob(tx, { ...jobOf(id), runAt: sendAt });
      return { row: { ...row, sendAtMs: row.nowMs, isWaiting: true, error: SENDING }, isChanged: false };
    });
  }

  /** Leaves out the occurrence that is late or refused. The message goes on with the next one; without one it goes. */
  skip(
    userId: number,
    conversationId: string,
    id: string,
  ): Promise<{ next: ScheduledMessage | undefined; isChanged: true }> {
    return this.db.transaction(async (tx) => {
      const stream = await OwnStream.lock(tx, userId);
      const row = await ownRow(tx, userId, conversationId, id);
      const next = await this.advance(tx, stream, row);
      return { next: next && messageOf(next), isChanged: true };
    });
  }

  /** Finds the next step of a job. */
  async due(id: string): Promise<Due> {
    const [claimed] = await this.db.query<ScheduledRow>(CLAIM, [id, SENDING, LATE_AFTER_MS]);
    if (claimed) return { kind: "send", row: claimed };
    const [row] = await this.db.query<ScheduledRow>(`SELECT ${COLUMNS} FROM scheduled WHERE id = $1`, [id]);
    if (!row?.isWaiting) return { kind: "nothing" };
    const left = row.sendAtMs - row.nowMs;
    return left > 0 ? { kind: "wait", ms: Math.ceil(left) } : { kind: "late", row };
  }

  /** Whether an occurrence is in the log. */
  async isSent({ id, conversationId, userId, occurrence }: ScheduledRow): Promise<boolean> {
    const found = await this.db.query(
      "SELECT FROM messages WHERE conversation_id = $1 AND sender_id = $2 AND client_id = $3",
      [conversationId, userId, clientIdOf(id, occurrence)],
    );
    return found.length > 0;
  }

  /**
   * The occurrence is sent: goes on with the next one, or removes the message. A repeat changes nothing.
   * @returns in how many ms the next one is due; `undefined`: there is none
   */
  settle({ id, userId, occurrence }: ScheduledRow): Promise<number | undefined> {
    return this.db.transaction(async (tx) => {
      const stream = await OwnStream.lock(tx, userId);
      const row = await lockRow(tx, id);
      if (!row) return undefined;
      const next = row.occurrence === occurrence ? await this.advance(tx, stream, row) : row;
      return next?.isWaiting ? Math.max(0, Math.ceil(next.sendAtMs - next.nowMs)) : undefined;
    });
  }

  /** The occurrence can't be sent: it waits for its author's decision. */
  async giveUp({ id, userId, occurrence }: ScheduledRow, error: string): Promise<void> {
    await this.db.transaction(async (tx) => {
      const stream = await OwnStream.lock(tx, userId);
      const row = await lockRow(tx, id);
      if (row?.occurrence !== occurrence || !row.isWaiting) return;
      await tx.update(scheduled).set({ isWaiting: false, error }).where(eq(scheduled.id, id));
      await stream.put("scheduled", id, stateOf({ ...row, isWaiting: false, error }), null);
    });
  }

  /** The user's messages, the next one first. */
  async list(
    userId: number,
    conversationId: string | null,
    { limit, offset }: { limit: number; offset: number },
  ): Promise<{ items: ScheduledMessage[]; total: number }> {
    const rows = await this.db.query<ScheduledRow>(
      `SELECT ${COLUMNS} FROM scheduled WHERE user_id = $1 AND conversation_id = coalesce($2, conversation_id)
       ORDER BY send_at, id LIMIT ${SCHEDULED_MAX}`,
      [userId, conversationId],
    );
    return { items: rows.slice(offset, offset + limit).map(messageOf), total: rows.length };
  }

  private async written(tx: Transaction, stream: OwnStream, id: string): Promise<Written> {
    const row = await lockRow(tx, id);
    if (!row) throw new Failure("scheduled_not_found");
    await stream.put("scheduled", id, stateOf(row), null);
    if (row.isWaiting) await scheduleJob(tx, { ...jobOf(id), runAt: new Date(row.sendAtMs) });
    return { message: messageOf(row), isChanged: true };
  }

  private async advance(tx: Transaction, stream: OwnStream, row: ScheduledRow): Promise<ScheduledRow | undefined> {
    const { id, zone, occurrence, nowMs } = row;
    const one = repetitionOf(row);
    const next = one && zone ? nextAfter(one, zone, occurrence, nowMs) : undefined;
    if (!next) {
      await this.forget(tx, stream, id);
      return undefined;
    }
    const moved = { occurrence: next.n, sendAt: next.at, isWaiting: true, error: null };
    await tx.update(scheduled).set(moved).where(eq(scheduled.id, id));
    const now = { ...row, ...moved, sendAtMs: next.at.getTime() };
    await stream.put("scheduled", id, stateOf(now), null);
    await scheduleJob(tx, { ...jobOf(id), runAt: next.at });
    return now;
  }

  private async forget(tx: Transaction, stream: OwnStream, id: string) {
    await tx.delete(scheduled).where(eq(scheduled.id, id));
    await stream.remove("scheduled", id);
    await removeJob(tx, jobOf(id));
  }
}

/** The author's own message, locked. @throws Failure `scheduled_not_found` or `being_sent` */
async function ownRow(tx: Transaction, userId: number, conversationId: string, id: string): Promise<ScheduledRow> {
  const row = await lockRow(tx, id);
  if (!row || row.userId !== userId || row.conversationId !== conversationId) throw new Failure("scheduled_not_found");
  if (row.isWaiting && row.error === SENDING) throw new Failure("being_sent", { retryAfter: 1 });
  return row;
}

/** Marks a message as being sent, if it is due and not too late. A step that died while it sent is repeated. */
const CLAIM = `UPDATE scheduled SET error = $2
  WHERE id = $1 AND is_waiting AND send_at <= clock_timestamp()
    AND send_at > clock_timestamp() - $3 * interval '1 millisecond'
  RETURNING ${COLUMNS}`;
