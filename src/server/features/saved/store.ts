import {
  type ReminderState,
  SAVED_MAX,
  type SavedBody,
  type SavedMessage,
  type SavedState,
  savedState,
} from "../../../protocol/saved.ts";
import { NOT_IN_FUTURE } from "../../../protocol/times.ts";
import { Failure, invalidField } from "../../base/failure.ts";
import { removeJob, scheduleJob } from "../../jobs/store.ts";
import type { Filling } from "../../log/filling.ts";
import { hasMessage, MESSAGE_COLUMNS, type MessageRow, messageOf } from "../../log/rows.ts";
import type { Database } from "../../platform/postgres/database.ts";
import { iso } from "../../platform/postgres/values.ts";
import { OwnStream } from "../me/own-stream.ts";
import { databaseNow, MEMBERS_OF, readableMessage } from "../me/places.ts";

export const REMIND = "remind";

/** The job that reminds a user of a message. There is one for each, and each new time moves it. */
const jobOf = (userId: number, messageId: string) => ({
  kind: REMIND,
  key: `${userId} ${messageId}`,
  payload: { user_id: userId, message_id: messageId },
});

type SavedRow = Partial<MessageRow> & { key: string; value: unknown; total: number; is_due: boolean };

/** The messages that people have saved: entries of their own streams, and the jobs that remind them. */
export class SavedStore {
  constructor(
    private readonly db: Database,
    private readonly filling: Filling,
  ) {}

  /** Saves a message, or changes its note or its reminder. Fields that are left out stay as they are. */
  save(
    userId: number,
    messageId: string,
    { note, remind_at }: SavedBody,
  ): Promise<{ saved: SavedState & { message_id: string }; isChanged: boolean }> {
    return this.db.transaction(async (tx) => {
      const stream = await OwnStream.lock(tx, userId);
      const entry = await stream.entry("saved", messageId);
      const before = savedState.safeParse(entry?.value).data;
      const place = await readableMessage(tx, userId, messageId);
      if (!place && !before) throw new Failure("message_not_found");
      const now = await databaseNow(tx);
      const saved: SavedState = {
        conversation_id: place?.conversationId ?? before?.conversation_id ?? "",
        seq: place?.seq ?? before?.seq ?? 0,
        note: note === undefined ? (before?.note ?? null) : note,
        remind_at: remind_at === undefined ? (before?.remind_at ?? null) : remind_at,
        saved_at: before?.saved_at ?? iso(now),
        saved_version: before?.saved_version ?? stream.head + 1,
      };
      const isNewTime = saved.remind_at !== (before?.remind_at ?? null);
      if (before && !isNewTime && saved.note === before.note)
        return { saved: { ...saved, message_id: messageId }, isChanged: false };
      if (isNewTime && saved.remind_at !== null && Date.parse(saved.remind_at) <= now)
        throw invalidField("remind_at", NOT_IN_FUTURE);
      if (!before && (await stream.count("saved")) >= SAVED_MAX) throw new Failure("too_many_saved");
      // Retention may have removed the message of an entry.
      const memberOf = place?.memberOf ?? entry?.memberOf ?? null;
      await stream.put("saved", messageId, saved, memberOf);
      if (isNewTime) {
        await stream.remove("reminder", messageId);
        const job = jobOf(userId, messageId);
        if (saved.remind_at === null) await removeJob(tx, job);
        else await scheduleJob(tx, { ...job, runAt: new Date(saved.remind_at) });
      }
      return { saved: { ...saved, message_id: messageId }, isChanged: true };
    });
  }

  /** Returns whether the message was saved. */
  remove(userId: number, messageId: string): Promise<{ isChanged: boolean }> {
    return this.db.transaction(async (tx) => {
      const stream = await OwnStream.lock(tx, userId);
      const isChanged = await stream.remove("saved", messageId);
      if (!isChanged) return { isChanged };
      await stream.remove("reminder", messageId);
      await removeJob(tx, jobOf(userId, messageId));
      return { isChanged };
    });
  }

  /**
   * Makes the reminder of a message, if its time has come and it was not made before. Nothing else can be lost or doubled:
   * the entry and its version are written in one transaction.
   * @returns in how many ms the time comes; 0 when nothing is left to do
   */
  remind(userId: number, messageId: string): Promise<number> {
    return this.db.transaction(async (tx) => {
      const stream = await OwnStream.lock(tx, userId);
      const entry = await stream.entry("saved", messageId);
      const saved = savedState.safeParse(entry?.value).data;
      // The reminder was taken back, or the membership has ended.
      if (!entry || !saved || saved.remind_at === null) return 0;
      const left = Date.parse(saved.remind_at) - (await databaseNow(tx));
      if (left > 0) return Math.ceil(left);
      const made = await stream.entry("reminder", messageId);
      if (made?.value["remind_at"] === saved.remind_at) return 0;
      const { conversation_id, seq, note, remind_at } = saved;
      const reminder: ReminderState = { conversation_id, seq, note, remind_at };
      await stream.put("reminder", messageId, reminder, entry.memberOf);
      return 0;
    });
  }

  /** The user's saved messages before this version, the newest first, and how many there are in all. */
  async list(
    userId: number,
    { before, limit }: { before: number; limit: number },
  ): Promise<{ items: SavedMessage[]; total: number }> {
    const rows = await this.db.query<SavedRow>(LIST, [userId, before, limit]);
    const items = rows.flatMap((row) => {
      const saved = savedState.safeParse(row.value).data;
      if (row.key === null || !saved) return [];
      return { message_id: row.key, ...saved, message: hasMessage(row) ? messageOf(row) : null, is_due: row.is_due };
    });
    await this.filling.fill(items.flatMap(({ message }) => message ?? []));
    return { items, total: rows[0]?.total ?? 0 };
  }
}

/** Each message is read only where the user may read its conversation now. An empty page has one row with the total. */
const LIST = `WITH own AS MATERIALIZED (
    SELECT key, value, (value->>'saved_version')::bigint AS place FROM me_entries
    WHERE user_id = $1 AND kind = 'saved' AND value <> '{}'::jsonb
  )
  SELECT counted.total, e.key, e.value, EXISTS (
      SELECT FROM me_entries r WHERE r.user_id = $1 AND r.kind = 'reminder' AND r.key = e.key AND r.value <> '{}'::jsonb
    ) AS is_due, ${MESSAGE_COLUMNS}
  FROM (SELECT count(*)::integer AS total FROM own) counted
  LEFT JOIN (SELECT * FROM own WHERE place < $2 ORDER BY place DESC LIMIT $3) e ON true
  LEFT JOIN LATERAL (SELECT * FROM messages WHERE id = e.key::uuid OFFSET 0) n ON true
  LEFT JOIN LATERAL (
    SELECT c.id FROM conversations c JOIN participants p ON p.conversation_id = ${MEMBERS_OF} AND p.user_id = $1
    WHERE c.id = n.conversation_id OFFSET 0
  ) readable ON true
  LEFT JOIN LATERAL (
    SELECT * FROM messages WHERE id = n.id AND conversation_id = readable.id OFFSET 0
  ) m ON true
  ORDER BY e.place DESC`;
