import type { SummaryRecord } from "../../domain/ports.ts";
import { PARTICIPANTS_SHOWN } from "../../protocol/conversations.ts";
import type { User } from "../../protocol/users.ts";
import { EPOCH, hasMessage, iso, MESSAGE_COLUMNS, type MessageRow, messageOf, ms } from "./rows.ts";

/** A conversation, and in `MessageRow`'s columns its newest message, if it has one. */
export type SummaryRow = Partial<MessageRow> & {
  summary_id: string;
  name: string | null;
  is_group: boolean;
  owner_id: number | null;
  participant_count: number;
  begun_ms: number;
  updated_ms: number;
  last_seq: number;
  pruned_seq: number;
  read_seq: number;
  /** An array as text, which both drivers read alike. */
  shown_ids: string;
};

export const isSummary = (row: Partial<SummaryRow>): row is SummaryRow => row.summary_id != null;

/*
 * What is looked up row by row stands in a LATERAL with OFFSET 0: the planner must not make a join of it. One that it
 * chose while the tables were small, and keeps while they grow, would read the whole of them.
 */

/** The columns of a `SummaryRow`, by index from `c`, which has a participant's `read_seq` beside a conversation's columns. */
const SUMMARY_COLUMNS = `c.id AS summary_id, c.name, c.is_group, c.owner_id, c.participant_count, c.last_seq, c.pruned_seq,
  c.read_seq, ${ms("c.created_at")} AS begun_ms, ${ms("c.updated_at")} AS updated_ms, shown.ids AS shown_ids,
  ${MESSAGE_COLUMNS}`;
const SUMMARY_PARTS = `LEFT JOIN LATERAL (
    SELECT * FROM messages WHERE conversation_id = c.id AND seq = c.last_seq OFFSET 0
  ) m ON true
  LEFT JOIN LATERAL (
    SELECT coalesce(array_agg(first.user_id ORDER BY first.ordinal), '{}')::text AS ids FROM (
      SELECT user_id, ordinal FROM participants WHERE conversation_id = c.id
      ORDER BY ordinal LIMIT ${PARTICIPANTS_SHOWN}
    ) first
  ) shown ON true`;

/** All conversations of $1, with what is unread there. Each is looked up once, for order, name and counts. */
const OWN = `own AS MATERIALIZED (
    SELECT c.*, p.read_seq, c.last_seq - greatest(p.read_seq, c.pruned_seq) AS unread
    FROM participants p CROSS JOIN LATERAL (SELECT * FROM conversations WHERE id = p.conversation_id OFFSET 0) c
    WHERE p.user_id = $1
  )`;

/** Those of them that have $4 in their own name or in that of somebody else. */
const FOUND = `found AS MATERIALIZED (
    SELECT * FROM own WHERE name ILIKE $4 OR EXISTS (
      SELECT FROM participants other
      CROSS JOIN LATERAL (SELECT * FROM users WHERE id = other.user_id OFFSET 0) u
      WHERE other.conversation_id = own.id AND other.user_id <> $1
        AND (u.first_name || ' ' || u.last_name || ' ' || u.email) ILIKE $4
      OFFSET 0
    )
  )`;

/** @param chosen what is paged through, and how many that are */
const pageOf = (chosen: string, total: string, ...parts: string[]) => `WITH ${[OWN, ...parts].join(", ")}, page AS (
    SELECT * FROM ${chosen} ORDER BY updated_at DESC, id DESC LIMIT $2 OFFSET $3
  )
  SELECT counted.*, ${EPOCH} AS epoch, ${SUMMARY_COLUMNS}
  FROM (
    SELECT ${total}::int AS total, count(*) FILTER (WHERE unread > 0)::int AS unread_conversations,
      coalesce(sum(unread), 0)::bigint AS unread_messages
    FROM own
  ) counted LEFT JOIN page c ON true ${SUMMARY_PARTS}
  ORDER BY c.updated_at DESC, c.id DESC`;

/** What each row of a page has beside its conversation. */
export interface Counted {
  /** How many there are to page through. */
  total: number;
  /** Of all conversations, found or not. */
  unread_conversations: number;
  unread_messages: number;
  epoch: string;
}

/** One page of the conversations of $1. Where the page is empty, one row has the counts. */
export const SUMMARIES = pageOf("own", "count(*)");
export const FOUND_SUMMARIES = pageOf("found", "(SELECT count(*) FROM found)", FOUND);

/** The one conversation $2 as $1 sees it. */
export const SUMMARY = `SELECT ${SUMMARY_COLUMNS}
  FROM (
    SELECT conversations.*, p.read_seq FROM participants p JOIN conversations ON conversations.id = p.conversation_id
    WHERE p.user_id = $1 AND p.conversation_id = $2
  ) c ${SUMMARY_PARTS}`;

/** @param participants those of `shown_ids` */
export const summaryOf = (row: SummaryRow, participants: User[]): SummaryRecord => ({
  id: row.summary_id,
  name: row.name,
  isGroup: row.is_group,
  ownerId: row.owner_id,
  participants,
  participantCount: row.participant_count,
  createdAt: iso(row.begun_ms),
  updatedAt: iso(row.updated_ms),
  messageCount: row.last_seq - row.pruned_seq,
  prunedSeq: row.pruned_seq,
  unreadCount: row.last_seq - Math.max(row.read_seq, row.pruned_seq),
  lastMessage: hasMessage(row) ? messageOf(row) : null,
});
