import { z } from "zod";
import type { FollowerStore } from "../../followers/store.ts";
import { jobKind } from "../../jobs/jobs.ts";
import { removedAtOnce } from "../../log/prune.ts";
import type { MessageWindow } from "../../log/window.ts";
import type { Database } from "../../platform/postgres/database.ts";

/** The pause between two pieces of a conversation, in ms. Other writers and readers have the database to themselves meanwhile. */
const PAUSE_MS = 50;
/** How soon a job checks again a conversation that a node of an older release erases, in ms. */
const ELSEWHERE_MS = 5_000;
/** How soon a job tries Redis again, in ms. */
const REDIS_RETRY_MS = 2_000;
/** For this long after a removal, a node that read the conversation before it may still write it to Redis, in ms. */
const LATE_MS = 60_000;
/**
 * Nodes of the release before have no jobs and erase by claims on the row itself. The job does the same, as long as
 * such nodes may run beside it. A claim ends after this time, in ms.
 */
const CLAIMED_MS = 10_000;

export const ERASE_CONVERSATION = "erase_conversation";

/** The payload of the job, and its key: there is one job for each removed conversation. */
export const eraseJobOf = (conversationId: string) => ({
  kind: ERASE_CONVERSATION,
  key: conversationId,
  payload: { conversation_id: conversationId },
});

/**
 * Erases what a removed conversation held: messages and changes piece by piece, then its window in Redis and the cursors
 * of the followers. The job stays until no node can write the conversation to Redis.
 */
export function eraseConversation(parts: {
  erasing: Pick<ErasingStore, "erasePiece" | "unfind" | "isForgotten" | "forget">;
  /** `undefined`: there is no Redis. */
  window: Pick<MessageWindow, "drop"> | undefined;
  cursors: Pick<FollowerStore, "forget">;
}) {
  const { erasing, window, cursors } = parts;
  return jobKind(z.object({ conversation_id: z.uuid() }), async ({ conversation_id: id }) => {
    const left = await erasing.erasePiece(id);
    if (left === "more") return { againAfterMs: PAUSE_MS };
    // A node of an older release may have erased all of it.
    if (left === "elsewhere" && !(await erasing.isForgotten(id))) return { againAfterMs: ELSEWHERE_MS };
    if (await erasing.unfind(id)) return { againAfterMs: PAUSE_MS };
    if (left === "elsewhere") return "done";
    if (window && !(await window.drop(id))) return { againAfterMs: REDIS_RETRY_MS };
    await cursors.forget(id);
    await erasing.forget(id, LATE_MS);
    return (await erasing.isForgotten(id)) ? "done" : { againAfterMs: LATE_MS };
  });
}

/** The messages and changes that removed conversations left behind. */
export class ErasingStore {
  private readonly self = crypto.randomUUID();

  constructor(private readonly db: Database) {}

  /** Adds the jobs of removed conversations that have none: a node of an older release removed them. */
  async addMissingJobs(): Promise<void> {
    await this.db.query(ADD_MISSING_JOBS, [ERASE_CONVERSATION]);
  }

  /** Erases a piece of one conversation, and says whether there is more. `elsewhere`: another node erases it. */
  async erasePiece(id: string): Promise<"more" | "done" | "elsewhere"> {
    const [row] = await this.db.bulk<{ more: boolean }>(ERASE, [id, this.self, CLAIMED_MS, removedAtOnce(this.db)]);
    return row ? (row.more ? "more" : "done") : "elsewhere";
  }

  /**
   * Removes a piece of the rows of the search that are left, and says whether there may be more. A follower may write some
   * after the messages are gone, and a node of an older release leaves all.
   */
  async unfind(id: string): Promise<boolean> {
    const most = removedAtOnce(this.db);
    return (await this.db.bulk(UNFIND, [id, most])).length === most;
  }

  /** Forgets a conversation of which nothing is left. Within `minAgeMs` of its removal it stays among the removed. */
  async forget(id: string, minAgeMs: number): Promise<void> {
    await this.db.query(
      "DELETE FROM removed_conversations WHERE id = $1 AND removed_at < now() - $2 * interval '1 millisecond'",
      [id, minAgeMs],
    );
  }

  async isForgotten(id: string): Promise<boolean> {
    return (await this.db.query("SELECT FROM removed_conversations WHERE id = $1", [id])).length === 0;
  }
}

const UNFIND = `DELETE FROM found WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM found WHERE conversation_id = $1 LIMIT $2
  )) RETURNING seq`;

const ADD_MISSING_JOBS = `INSERT INTO jobs (kind, key, payload)
  SELECT $1::text, id::text, jsonb_build_object('conversation_id', id) FROM removed_conversations
  ON CONFLICT (kind, key) DO NOTHING`;

/** The pruned positions move as rows are deleted, so no statement searches for deleted rows again. */
const ERASE = `WITH due AS (
    SELECT * FROM removed_conversations
    WHERE id = $1 AND (eraser = $2 OR eraser IS NULL OR claimed_until < clock_timestamp()) FOR UPDATE SKIP LOCKED
  ), said AS (
    DELETE FROM messages m USING due
    WHERE m.conversation_id = due.id AND m.seq > due.pruned_seq AND m.seq <= due.pruned_seq + $4
  ), unmarked AS (
    DELETE FROM reactions r USING due
    WHERE r.conversation_id = due.id AND r.message_seq > due.pruned_seq AND r.message_seq <= due.pruned_seq + $4
  ), unpinned AS (
    DELETE FROM pins p USING due
    WHERE p.conversation_id = due.id AND p.message_seq > due.pruned_seq AND p.message_seq <= due.pruned_seq + $4
  ), unvoted AS (
    DELETE FROM votes v USING due
    WHERE v.conversation_id = due.id AND v.message_seq > due.pruned_seq AND v.message_seq <= due.pruned_seq + $4
  ), unmentioned AS (
    DELETE FROM mentions n USING due
    WHERE n.conversation_id = due.id AND n.seq > due.pruned_seq AND n.seq <= due.pruned_seq + $4
  ), unmentioned_all AS (
    DELETE FROM mentions_of_all n USING due
    WHERE n.conversation_id = due.id AND n.seq > due.pruned_seq AND n.seq <= due.pruned_seq + $4
  ), unfound AS (
    DELETE FROM found f USING due
    WHERE f.conversation_id = due.id AND f.seq > due.pruned_seq - 16 AND f.seq <= due.pruned_seq + $4
  ), unfiled AS (
    DELETE FROM message_files f USING due
    WHERE f.conversation_id = due.id AND f.seq > due.pruned_seq AND f.seq <= due.pruned_seq + $4
  ), changed AS (
    DELETE FROM changes c USING due
    WHERE c.conversation_id = due.id AND c.version > due.pruned_version AND c.version <= due.pruned_version + $4
  ), moved AS (
    UPDATE removed_conversations r SET
      pruned_seq = least(due.pruned_seq + $4, due.last_seq),
      pruned_version = least(due.pruned_version + $4, due.last_version),
      eraser = $2, claimed_until = clock_timestamp() + $3 * interval '1 millisecond'
    FROM due WHERE r.id = due.id
    RETURNING r.pruned_seq < r.last_seq OR r.pruned_version < r.last_version AS more
  )
  SELECT more FROM moved`;
