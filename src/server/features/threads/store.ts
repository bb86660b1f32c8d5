import { and, eq, sql } from "drizzle-orm";
import { RECENT_SHOWN, type ThreadSummary } from "../../../protocol/threads.ts";
import { Failure } from "../../base/failure.ts";
import type { Database, Transaction } from "../../platform/postgres/database.ts";
import { rowsOf } from "../../platform/postgres/rows-of.ts";
import { conversations, messages, participants } from "../../platform/postgres/schema.ts";
import { iso, ms, numbersOf } from "../../platform/postgres/values.ts";
import { threadIdOf } from "./id.ts";

/** The newest replies among which the people of a summary are looked for. */
const RECENT_AMONG = 50;

/** The answer of `start`. */
export interface Started {
  threadId: string;
  isNew: boolean;
  /** The author of the message, if the thread is new and they follow it. */
  author: number | undefined;
}

/** Threads, and the people who follow them. */
export class ThreadsStore {
  constructor(private readonly db: Database) {}

  /**
   * Makes the thread that answers a message, or returns the one that is there. The author of the message follows a new
   * one.
   */
  start(userId: number, parentId: string, messageId: string): Promise<Started> {
    return this.db.transaction(async (tx) => {
      // Held, so that the conversation is not removed before its new thread is in it.
      const [parent] = await tx.select().from(conversations).where(eq(conversations.id, parentId)).for("key share");
      if (!parent) throw new Failure("conversation_not_found");
      await holdMembership(tx, parent.parentId ?? parentId, userId);
      if (parent.parentId !== null) throw new Failure("is_a_thread");
      const [root] = await tx.select().from(messages).where(eq(messages.id, messageId));
      if (root?.conversationId !== parentId) throw new Failure("message_not_found");
      const threadId = threadIdOf(parentId, messageId);
      const isThere = and(eq(conversations.parentId, parentId), eq(conversations.rootSeq, root.seq));
      const [existing] = await tx.select({ id: conversations.id }).from(conversations).where(isThere);
      if (existing) return { threadId: existing.id, isNew: false, author: undefined };
      if (root.deletedAt) throw new Failure("message_deleted");
      const made = await tx
        .insert(conversations)
        // Nodes of the release before take it for a group. The people who follow it are counted, so its column has none.
        .values({ id: threadId, isGroup: true, parentId, rootSeq: root.seq, participantCount: 0 })
        .onConflictDoNothing()
        .returning({ id: conversations.id });
      const isNew = made.length > 0;
      const followed = isNew ? await this.follow(tx, threadId, root.senderId) : [];
      return { threadId, isNew, author: followed[0] };
    });
  }

  private async follow(tx: Transaction, threadId: string, userId: number): Promise<number[]> {
    const [row] = await rowsOf<{ followed: string }>(
      tx,
      sql`SELECT confab_follow(${threadId}, ARRAY[${userId}::integer], 0)::text AS followed`,
    );
    return numbersOf(row?.followed ?? "{}");
  }

  /** The person follows the thread from now on, or no longer, by their own decision. Returns whether that is new. */
  setFollowing(userId: number, threadId: string, isFollowing: boolean): Promise<boolean> {
    return this.db.transaction(async (tx) => {
      const [thread] = await tx.select().from(conversations).where(eq(conversations.id, threadId)).for("no key update");
      if (!thread) throw new Failure("conversation_not_found");
      await holdMembership(tx, thread.parentId ?? threadId, userId);
      if (thread.parentId === null) throw new Failure("not_a_thread");
      const isTheirs = and(eq(participants.conversationId, threadId), eq(participants.userId, userId));
      const [row] = await tx.select().from(participants).where(isTheirs);
      if ((row?.isFollowing ?? false) === isFollowing && (row || isFollowing)) return false;
      // Nothing is unread for a person who begins to follow. A row that says no keeps them from following by themselves.
      const position = { isFollowing, readSeq: thread.lastSeq };
      if (row)
        await tx
          .update(participants)
          .set(isFollowing ? position : { isFollowing })
          .where(isTheirs);
      else await tx.insert(participants).values({ conversationId: threadId, userId, ...position });
      return true;
    });
  }

  /** The summary that the message of a thread shows. `undefined`: there is no such thread or message, or no reply. */
  async summary(
    threadId: string,
  ): Promise<{ conversationId: string; messageId: string; summary: ThreadSummary } | undefined> {
    const [row] = await this.db.query<{
      parent_id: string;
      root_id: string;
      last_seq: number;
      last_ms: number;
      senders: string;
    }>(SUMMARY, [threadId, RECENT_AMONG]);
    if (!row) return undefined;
    const recent = [...new Set(numbersOf(row.senders))].slice(0, RECENT_SHOWN);
    return {
      conversationId: row.parent_id,
      messageId: row.root_id,
      summary: { id: threadId, replies: row.last_seq, last_reply_at: iso(row.last_ms), recent },
    };
  }
}

/** Holds the person's membership until the end of the transaction. */
async function holdMembership(tx: Transaction, conversationId: string, userId: number) {
  const [place] = await tx
    .select({ userId: participants.userId })
    .from(participants)
    .where(and(eq(participants.conversationId, conversationId), eq(participants.userId, userId)))
    .for("key share");
  if (!place) throw new Failure("not_a_participant");
}

const SUMMARY = `SELECT c.parent_id, root.id AS root_id, c.last_seq, ${ms("last.created_at")} AS last_ms,
    ARRAY(
      SELECT sender_id FROM messages WHERE conversation_id = c.id AND seq > c.last_seq - $2 ORDER BY seq DESC
    )::text AS senders
  FROM conversations c
  CROSS JOIN LATERAL (
    SELECT id FROM messages WHERE conversation_id = c.parent_id AND seq = c.root_seq OFFSET 0
  ) root
  CROSS JOIN LATERAL (
    SELECT created_at FROM messages WHERE conversation_id = c.id AND seq = c.last_seq OFFSET 0
  ) last
  WHERE c.id = $1`;
