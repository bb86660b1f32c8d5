import type { Ask, Cluster } from "./cluster.ts";
import type { TrueLater } from "./history.ts";
import { jsonOf } from "./true-marks.ts";

const LOOK_EVERY_MS = 500;

/** Waits until everything that is due has happened. The checks find things that have not happened in time. */
export async function untilSent(cluster: Cluster, isLate: () => boolean): Promise<void> {
  for (;;) {
    const { saved, reminders, scheduled } = await cluster.ask(readLater);
    const due = saved.filter(({ remindAt }) => remindAt !== null);
    const behind = await cluster.ask(threadsBehind);
    const isDone = behind === 0 && scheduled.every(({ isWaiting }) => !isWaiting) && due.length <= reminders.length;
    if (isDone || isLate()) return;
    await Bun.sleep(LOOK_EVERY_MS);
  }
}

/** The number of messages that do not show all replies of their threads yet. */
async function threadsBehind(query: Ask): Promise<number> {
  const rows = await query(
    `SELECT FROM conversations t JOIN messages m ON m.conversation_id = t.parent_id AND m.seq = t.root_seq
     WHERE t.last_seq > 0 AND coalesce((m.fields -> 'thread' ->> 'replies')::bigint, 0) < t.last_seq`,
    [],
  );
  return rows.length;
}

/** Everything that was to happen later, as the database has it. */
export async function readLater(query: Ask): Promise<TrueLater> {
  const entries = async (kind: string) => {
    const rows = await query("SELECT * FROM me_entries WHERE kind = $1 AND value <> '{}'::jsonb", [kind]);
    return rows.map(({ user_id, key, value }) => {
      const remindAt: string | null = jsonOf(value).remind_at;
      return { person: Number(user_id), messageId: String(key), remindAt };
    });
  };
  const rows = await query("SELECT * FROM scheduled", []);
  return {
    saved: await entries("saved"),
    reminders: (await entries("reminder")).flatMap(({ remindAt, ...entry }) =>
      remindAt === null ? [] : { ...entry, remindAt },
    ),
    scheduled: rows.map(({ id, is_waiting, error }) => ({
      id: String(id),
      isWaiting: Boolean(is_waiting),
      error: typeof error === "string" ? error : null,
    })),
  };
}
