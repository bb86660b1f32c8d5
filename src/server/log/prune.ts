import type { Database } from "../platform/postgres/database.ts";

const CONVERSATIONS_A_ROUND = 100;
const MESSAGES_A_ROUND = 1_000;
/** The cost of removing a message, in rows that a search could read instead. */
const REMOVAL_ROWS = 5;

/** The most messages, and the most changes, that one statement removes. */
export const removedAtOnce = ({ pieceRows }: Database) =>
  Math.min(MESSAGES_A_ROUND, Math.ceil(pieceRows / REMOVAL_ROWS));

/**
 * Removes messages older than a time, a bounded piece of one conversation at a time, under the conversation's lock.
 * Counts stay exact because `pruned_seq` moves in the same statement. A busy conversation is left for the next run.
 */
export async function prune(
  db: Database,
  olderThanMs: number,
  onPruned: (conversationId: string, prunedSeq: number) => void,
): Promise<number> {
  let pruned = 0;
  for (;;) {
    const due = await db.query<{ id: string }>(
      `SELECT id FROM conversations WHERE oldest_at < now() - $1 * interval '1 millisecond'
       ORDER BY oldest_at LIMIT $2`,
      [olderThanMs, CONVERSATIONS_A_ROUND],
    );
    let round = 0;
    for (const { id } of due) {
      const [row] = await db.bulk<{ pruned: number; seq: number | null }>(PRUNE, [id, olderThanMs, removedAtOnce(db)]);
      round += row?.pruned ?? 0;
      if (row?.seq != null) onPruned(id, row.seq);
    }
    pruned += round;
    if (round === 0) return pruned;
  }
}

/**
 * Messages are sent in the order of `seq`, so the old ones come first, and the cut goes after the newest of them. The search
 * begins after the last cut, because index entries of removed messages stay until a vacuum.
 */
const PRUNE = `WITH locked AS (
    SELECT id, pruned_seq, pruned_version FROM conversations WHERE id = $1 FOR NO KEY UPDATE SKIP LOCKED
  ), cut AS (
    SELECT l.id, l.pruned_seq, l.pruned_version, max(old.seq) AS seq, max(old.version) AS version
    FROM locked l CROSS JOIN LATERAL (
      SELECT m.seq, m.version, m.created_at FROM messages m
      WHERE m.conversation_id = l.id AND m.seq > l.pruned_seq ORDER BY m.seq LIMIT $3
    ) old
    WHERE old.created_at < now() - $2 * interval '1 millisecond'
    GROUP BY l.id, l.pruned_seq, l.pruned_version
  ), gone AS (
    DELETE FROM messages m USING cut
    WHERE m.conversation_id = cut.id AND m.seq > cut.pruned_seq AND m.seq <= cut.seq RETURNING m.seq
  ), forgotten AS (
    DELETE FROM changes c USING cut
    WHERE c.conversation_id = cut.id AND c.version > cut.pruned_version AND c.version <= cut.version
  ), unmarked AS (
    DELETE FROM reactions r USING cut
    WHERE r.conversation_id = cut.id AND r.message_seq > cut.pruned_seq AND r.message_seq <= cut.seq
  ), unpinned AS (
    DELETE FROM pins p USING cut
    WHERE p.conversation_id = cut.id AND p.message_seq > cut.pruned_seq AND p.message_seq <= cut.seq
  ), unvoted AS (
    DELETE FROM votes v USING cut
    WHERE v.conversation_id = cut.id AND v.message_seq > cut.pruned_seq AND v.message_seq <= cut.seq
  ), unfiled AS (
    -- A node of release 1 prunes messages and leaves these.
    DELETE FROM message_files f USING cut WHERE f.conversation_id = cut.id AND f.seq <= cut.seq
  ), unmentioned AS (
    DELETE FROM mentions n USING cut
    WHERE n.conversation_id = cut.id AND n.seq > cut.pruned_seq AND n.seq <= cut.seq
  ), unmentioned_all AS (
    DELETE FROM mentions_of_all n USING cut
    WHERE n.conversation_id = cut.id AND n.seq > cut.pruned_seq AND n.seq <= cut.seq
  ), unfound AS (
    -- A row of the index goes with its last message. Its first one may have been removed before.
    DELETE FROM found f USING cut
    WHERE f.conversation_id = cut.id AND f.seq > cut.pruned_seq - 16 AND f.seq <= cut.seq AND f.last_seq <= cut.seq
  ), moved AS (
    -- This statement's snapshot can be older than the oldest message that is left. Then the current time is early enough.
    UPDATE conversations c SET pruned_seq = cut.seq, pruned_version = cut.version, oldest_at = CASE
      WHEN c.last_seq > cut.seq THEN coalesce((
        SELECT m.created_at FROM messages m WHERE m.conversation_id = cut.id AND m.seq > cut.seq ORDER BY m.seq LIMIT 1
      ), now())
    END
    FROM cut WHERE c.id = cut.id
  )
  SELECT count(*)::int AS pruned, (SELECT max(seq) FROM cut) AS seq FROM gone`;
