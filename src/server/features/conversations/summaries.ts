import type { ConversationKind } from "../../../protocol/conversations.ts";
import { PARTICIPANTS_SHOWN } from "../../../protocol/conversations.ts";
import type { User } from "../../../protocol/users.ts";
import { KIND, MEMBERS } from "../../log/head.ts";
import { IS_IN_PARENT } from "../../log/memberships.ts";
import { mentionsAfter } from "../../log/mention-count.ts";
import { EPOCH, hasMessage, MESSAGE_COLUMNS, type MessageRow, messageOf } from "../../log/rows.ts";
import { has } from "../../platform/postgres/search.ts";
import { iso, ms } from "../../platform/postgres/values.ts";
import type { StoredState } from "../me/state.ts";
import { ENTRY_OF_MEMBER, headOf, IS_ARCHIVED, IS_MARKED, IS_MUTED, meOf } from "../me/statements.ts";
import type { SummaryRecord } from "./records.ts";

/** A conversation. The columns of `MessageRow` hold its newest message, if it has one. */
export type SummaryRow = Partial<MessageRow> & {
  summary_id: string;
  kind: ConversationKind;
  /** Of a thread: the conversation that it belongs to, and the message that it answers there. */
  parent_id: string | null;
  root_seq: number | null;
  /** Null: the person has never followed the thread. */
  is_following: boolean | null;
  name: string | null;
  is_group: boolean;
  owner_id: number | null;
  picture: string | null;
  participant_count: number;
  begun_ms: number;
  updated_ms: number;
  last_seq: number;
  pruned_seq: number;
  read_seq: number;
  mention_count: number;
  is_hidden: boolean;
  /** The member's personal settings. Null: none. */
  own_state: StoredState | null;
  me_version: number;
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

/**
 * The columns of a `SummaryRow` as $1 sees it, from a `c` with the columns of a conversation and a member's `read_seq`,
 * `is_following`, `is_hidden` and `own_state`.
 */
const SUMMARY_COLUMNS = `c.id AS summary_id, ${KIND} AS kind, c.parent_id, c.root_seq, c.is_following, c.name, c.is_group,
  c.owner_id, c.picture, ${MEMBERS} AS participant_count, c.last_seq, c.pruned_seq, c.read_seq, c.mention_count, c.is_hidden, c.own_state, ${headOf("$1")} AS me_version, ${ms("c.created_at")} AS begun_ms, ${ms("c.updated_at")} AS updated_ms, shown.ids AS shown_ids,
  ${MESSAGE_COLUMNS}`;
const SUMMARY_PARTS = `LEFT JOIN LATERAL (
    SELECT * FROM messages WHERE conversation_id = c.id AND seq = c.last_seq OFFSET 0
  ) m ON true
  LEFT JOIN LATERAL (
    SELECT coalesce(array_agg(first.user_id ORDER BY first.ordinal), '{}')::text AS ids FROM (
      SELECT user_id, ordinal FROM participants WHERE conversation_id = c.id AND is_following
      ORDER BY ordinal LIMIT ${PARTICIPANTS_SHOWN}
    ) first
  ) shown ON true`;

/** How many unread messages of `c` mention its member `p`. Most conversations are read, and are not looked up. */
const counted = (isWanted: string) => `CASE WHEN ${isWanted} AND c.last_seq > greatest(p.read_seq, c.pruned_seq)
    THEN ${mentionsAfter("p.user_id", "p.conversation_id", "greatest(p.read_seq, c.pruned_seq)")} ELSE 0 END AS mention_count`;
const MENTIONS = counted("true");

/**
 * The part of each conversation in the counts: its unread messages and its mark, or nothing when it is muted or in the
 * archive.
 */
const COUNTED = `${IS_ARCHIVED} AS is_archived, NOT (${IS_ARCHIVED} OR ${IS_MUTED}) AS is_counted, ${IS_MARKED} AS is_marked,
    c.last_seq - greatest(p.read_seq, c.pruned_seq) AS unread, ${MENTIONS}`;

/**
 * Whether a row of `participants p` and its `c` stand in the list. The list has conversations, or in place of them the threads
 * that the person follows and that have a reply.
 */
const isListed = (threads: string) => `NOT ${IS_HIDDEN} AND CASE WHEN ${threads}
    THEN c.parent_id IS NOT NULL AND p.is_following AND c.last_seq > 0 AND ${IS_IN_PARENT}
    ELSE c.parent_id IS NULL
  END`;

/**
 * One page of the conversations of $1. An empty page has one row with the counts. $4 asks for those in the archive, or for
 * all others; null for all. $5 asks for threads.
 */
export const SUMMARIES = `WITH own AS MATERIALIZED (
    SELECT c.*, p.read_seq, p.is_following, false AS is_hidden, e.value AS own_state, ${COUNTED}
    FROM participants p CROSS JOIN LATERAL (SELECT * FROM conversations WHERE id = p.conversation_id OFFSET 0) c
    ${ENTRY_OF_MEMBER}
    WHERE p.user_id = $1 AND ${isListed("$5")}
  ), page AS (
    SELECT * FROM own WHERE is_archived = coalesce($4, is_archived) ORDER BY updated_at DESC, id DESC LIMIT $2 OFFSET $3
  )
  SELECT counted.*, ${EPOCH} AS epoch, ${SUMMARY_COLUMNS}
  FROM (
    SELECT count(*) FILTER (WHERE is_archived = coalesce($4, is_archived))::int AS total,
      count(*) FILTER (WHERE is_counted AND (unread > 0 OR is_marked))::int AS unread_conversations,
      count(*) FILTER (WHERE is_counted AND unread = 0 AND is_marked)::int AS unread_marked,
      coalesce(sum(unread) FILTER (WHERE is_counted), 0)::bigint AS unread_messages,
      coalesce(sum(mention_count) FILTER (WHERE is_counted), 0)::int AS unread_mentions
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
  unread_mentions: number;
  unread_marked: number;
  epoch: string;
}

/**
 * All conversations of $1 in the order of the list, with what they add to the counts, and whether $2 is in their name. $3
 * asks for threads.
 */
export const OWN = `SELECT c.id, c.participant_count AS members, (${has("confab_folded(c.name)", "$2")}) IS TRUE AS is_named,
    ${COUNTED}
  FROM (
    SELECT user_id, conversation_id, read_seq, hidden_seq, is_following FROM participants WHERE user_id = $1 OFFSET 0
  ) p
  CROSS JOIN LATERAL (SELECT * FROM conversations WHERE id = p.conversation_id OFFSET 0) c
  ${ENTRY_OF_MEMBER}
  WHERE ${isListed("$3")}
  ORDER BY c.updated_at DESC, c.id DESC`;

export interface OwnRow {
  id: string;
  members: number;
  is_named: boolean;
  is_archived: boolean;
  is_counted: boolean;
  is_marked: boolean;
  unread: number;
  mention_count: number;
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

/** The conversations $2 as $1 sees them. $3: mentions are counted. */
export const SUMMARIES_OF = `SELECT ${SUMMARY_COLUMNS}
  FROM unnest($2::uuid[]) WITH ORDINALITY AS asked (id, n)
  CROSS JOIN LATERAL (
    SELECT user_id, conversation_id, read_seq, is_following FROM participants
    WHERE conversation_id = asked.id AND user_id = $1 OFFSET 0
  ) p
  ${ENTRY_OF_MEMBER}
  CROSS JOIN LATERAL (
    SELECT c.*, p.read_seq, p.is_following, false AS is_hidden, e.value AS own_state, ${counted("$3")}
    FROM conversations c WHERE c.id = p.conversation_id OFFSET 0
  ) c ${SUMMARY_PARTS}
  ORDER BY asked.n`;

/**
 * Conversation $2 as $1 sees it. All members of its parent see a thread. Nothing in it is unread for those who have never
 * followed it.
 */
export const SUMMARY = `SELECT ${SUMMARY_COLUMNS}
  FROM (
    SELECT c.*, coalesce(p.read_seq, c.last_seq) AS read_seq, p.is_following, ${IS_HIDDEN} AS is_hidden,
      e.value AS own_state, ${MENTIONS}
    FROM conversations c
    CROSS JOIN LATERAL (
      SELECT FROM participants WHERE conversation_id = coalesce(c.parent_id, c.id) AND user_id = $1 OFFSET 0
    ) member
    LEFT JOIN LATERAL (
      SELECT * FROM participants WHERE conversation_id = c.id AND user_id = $1 OFFSET 0
    ) p ON true
    ${ENTRY_OF_MEMBER}
    WHERE c.id = $2
  ) c ${SUMMARY_PARTS}`;

/** The messages that the threads of conversations $1, at the seqs $2, answer. */
export const ROOTS = `SELECT ${MESSAGE_COLUMNS}
  FROM unnest($1::uuid[], $2::bigint[]) AS asked (conversation_id, seq)
  CROSS JOIN LATERAL (
    SELECT * FROM messages WHERE conversation_id = asked.conversation_id AND seq = asked.seq OFFSET 0
  ) m`;

/** @param participants the members in `shown_ids` */
export const summaryOf = (row: SummaryRow, participants: User[]): SummaryRecord => ({
  id: row.summary_id,
  kind: row.kind,
  name: row.name,
  isGroup: row.is_group,
  ownerId: row.owner_id,
  picture: row.picture,
  participants,
  participantCount: row.participant_count,
  createdAt: iso(row.begun_ms),
  updatedAt: iso(row.updated_ms),
  messageCount: row.last_seq - row.pruned_seq,
  prunedSeq: row.pruned_seq,
  unreadCount: row.last_seq - Math.max(row.read_seq, row.pruned_seq),
  mentionCount: row.mention_count,
  lastMessage: hasMessage(row) ? messageOf(row) : null,
  isHidden: row.is_hidden,
  me: meOf(row.own_state, { lastSeq: row.last_seq, readSeq: row.read_seq, updatedMs: row.updated_ms }, row.me_version),
});
