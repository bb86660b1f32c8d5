import { PARTICIPANTS_SHOWN } from "../../../protocol/conversations.ts";
import type { User } from "../../../protocol/users.ts";
import { EPOCH, hasMessage, MESSAGE_COLUMNS, type MessageRow, messageOf } from "../../log/rows.ts";
import { has } from "../../platform/postgres/search.ts";
import { iso, ms } from "../../platform/postgres/values.ts";
import type { SummaryRecord } from "./records.ts";

/** A conversation. The columns of `MessageRow` hold its newest message, if it has one. */
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
  is_hidden: boolean;
  /** An array as text, which both drivers read alike. */
  shown_ids: string;
};

export const isSummary = (row: Partial<SummaryRow>): row is SummaryRow => row.summary_id != null;

/*
 * Each LATERAL with OFFSET 0 is a lookup row by row that the planner must not turn into a join. The planner would reuse
 * a join that it chose while the tables were small, and read them from end to end once they have grown.
 */

/** Whether a member `p` has hidden their 1-on-1 `c`, and no message has come since. */
const IS_HIDDEN = "(p.hidden_seq >= c.last_seq) IS TRUE";

/** The columns of a `SummaryRow`, from a `c` with the columns of a conversation and a member's `read_seq` and `is_hidden`. */
const SUMMARY_COLUMNS = `c.id AS summary_id, c.name, c.is_group, c.owner_id, c.participant_count, c.last_seq, c.pruned_seq,
  c.read_seq, c.is_hidden, ${ms("c.created_at")} AS begun_ms, ${ms("c.updated_at")} AS updated_ms, shown.ids AS shown_ids,
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

/** One page of the conversations of $1. An empty page has one row with the counts. */
export const SUMMARIES = `WITH own AS MATERIALIZED (
    SELECT c.*, p.read_seq, false AS is_hidden, c.last_seq - greatest(p.read_seq, c.pruned_seq) AS unread
    FROM participants p CROSS JOIN LATERAL (SELECT * FROM conversations WHERE id = p.conversation_id OFFSET 0) c
    WHERE p.user_id = $1 AND NOT ${IS_HIDDEN}
  ), page AS (
    SELECT * FROM own ORDER BY updated_at DESC, id DESC LIMIT $2 OFFSET $3
  )
  SELECT counted.*, ${EPOCH} AS epoch, ${SUMMARY_COLUMNS}
  FROM (
    SELECT count(*)::int AS total, count(*) FILTER (WHERE unread > 0)::int AS unread_conversations,
      coalesce(sum(unread), 0)::bigint AS unread_messages
    FROM own
  ) counted LEFT JOIN page c ON true ${SUMMARY_PARTS}
  ORDER BY c.updated_at DESC, c.id DESC`;

/** The columns of each row of a page besides its conversation. */
export interface Counted {
  /** The length of the whole list. */
  total: number;
  /** Counts over all conversations, found or not. */
  unread_conversations: number;
  unread_messages: number;
  epoch: string;
}

/** All conversations of $1 in the order of the list, with their unread messages, and whether $2 is in their name. */
export const OWN = `SELECT c.id, c.participant_count AS members, (${has("confab_folded(c.name)", "$2")}) IS TRUE AS is_named,
    c.last_seq - greatest(p.read_seq, c.pruned_seq) AS unread
  FROM (SELECT conversation_id, read_seq, hidden_seq FROM participants WHERE user_id = $1 OFFSET 0) p
  CROSS JOIN LATERAL (SELECT * FROM conversations WHERE id = p.conversation_id OFFSET 0) c
  WHERE NOT ${IS_HIDDEN}
  ORDER BY c.updated_at DESC, c.id DESC`;

export interface OwnRow {
  id: string;
  members: number;
  is_named: boolean;
  unread: number;
}

const USER_OF = (place: string) => `(SELECT * FROM users WHERE id = ${place}.user_id OFFSET 0) u`;
const HAS_TEXT = has("u.folded", "$3");

/** The conversations among $1 in which a member other than $2 has $3 in their name or e-mail. */
export const WITH_SOMEBODY = `SELECT asked.id FROM unnest($1::uuid[]) AS asked (id) WHERE EXISTS (
    SELECT FROM participants other CROSS JOIN LATERAL ${USER_OF("other")}
    WHERE other.conversation_id = asked.id AND other.user_id <> $2 AND ${HAS_TEXT} OFFSET 0
  )`;

/** A piece of one large conversation $1: whether one of $5 members after $4 has the text, and the last of these members. */
export const WITH_SOMEBODY_AFTER = `SELECT max(place.ordinal) AS last, count(*)::int AS looked,
    bool_or(place.user_id <> $2 AND ${HAS_TEXT}) AS is_found
  FROM (SELECT user_id, ordinal FROM participants WHERE conversation_id = $1 AND ordinal > $4 ORDER BY ordinal LIMIT $5) place
  CROSS JOIN LATERAL ${USER_OF("place")}`;

/** The conversations among $1 that have one of the people $2 as a member. */
export const WITH_ONE_OF = `SELECT asked.id FROM unnest($1::uuid[]) AS asked (id) WHERE EXISTS (
    SELECT FROM unnest($2::integer[]) AS wanted (id) CROSS JOIN LATERAL (
      SELECT FROM participants WHERE conversation_id = asked.id AND user_id = wanted.id OFFSET 0
    ) place OFFSET 0
  )`;

/** The conversations $2 as $1 sees them. */
export const SUMMARIES_OF = `SELECT ${SUMMARY_COLUMNS}
  FROM unnest($2::uuid[]) WITH ORDINALITY AS asked (id, n)
  CROSS JOIN LATERAL (
    SELECT conversation_id, read_seq FROM participants WHERE conversation_id = asked.id AND user_id = $1 OFFSET 0
  ) p
  CROSS JOIN LATERAL (
    SELECT conversations.*, p.read_seq, false AS is_hidden FROM conversations WHERE id = p.conversation_id OFFSET 0
  ) c ${SUMMARY_PARTS}
  ORDER BY asked.n`;

/** Conversation $2 as $1 sees it. */
export const SUMMARY = `SELECT ${SUMMARY_COLUMNS}
  FROM (
    SELECT c.*, p.read_seq, ${IS_HIDDEN} AS is_hidden FROM participants p JOIN conversations c ON c.id = p.conversation_id
    WHERE p.user_id = $1 AND p.conversation_id = $2
  ) c ${SUMMARY_PARTS}`;

/** @param participants the members in `shown_ids` */
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
  isHidden: row.is_hidden,
});
