import { eq, sql } from "drizzle-orm";
import type { Admin, AdminConversationStore } from "../../../domain/admin-ports.ts";
import { Failure } from "../../../domain/errors.ts";
import { type AdminConversation, type AdminUser, LISTED_MOST } from "../../../protocol/admin.ts";
import { PARTICIPANTS_SHOWN } from "../../../protocol/conversations.ts";
import { parseUuid } from "../../../protocol/text.ts";
import { AMENDED, type AmendRow, amendedOf } from "../amend.ts";
import type { Database } from "../database.ts";
import { iso, ms } from "../rows.ts";
import { conversations, removedConversations } from "../schema.ts";
import { audited, rowsOf } from "./audited.ts";
import { totalOf } from "./listed.ts";
import { ADMIN_USER_COLUMNS, type AdminUserRow, adminUserOfRow, isUser } from "./rows.ts";

/** People of a conversation that a list shows. */
const PARTICIPANTS_LISTED = 3;
/** People whom a search finds, and whose conversations it looks up. */
const PEOPLE_FOUND_MOST = 1_000;
/** Messages, and changes, that one statement erases. */
const ERASED_AT_ONCE = 1_000;
/** A node that has erased nothing for so long has ended, or can't go on: another one does. */
const CLAIMED_MS = 10_000;
/** So long after a removal what was read before it may still come to be kept somewhere. */
const LATE_MS = 60_000;

export class PostgresAdminConversations implements AdminConversationStore {
  private readonly self = crypto.randomUUID();

  constructor(private readonly db: Database) {}

  async list({ search, participantId, limit, offset }: Parameters<AdminConversationStore["list"]>[0]) {
    const asked = search === "" ? [] : [search, parseUuid(search) ?? null];
    const isOwn = participantId !== undefined;
    const list = search === "" ? (isOwn ? OWN_LIST : ALL_LIST) : isOwn ? FOUND_OWN_LIST : FOUND_LIST;
    const rows = await this.db.query<Partial<ConversationRow> & { found: number; is_cut: boolean }>(list, [
      limit,
      offset,
      ...asked,
      ...(isOwn ? [participantId] : []),
    ]);
    const shown = rows.flatMap((row) => (isConversation(row) ? row : []));
    return {
      conversations: await this.withPeople(shown, PARTICIPANTS_LISTED),
      ...totalOf(rows[0]?.found ?? 0, rows[0]?.is_cut),
    };
  }

  async detail(id: string) {
    const rows = await this.db.query<ConversationRow>(`SELECT ${COLUMNS} FROM conversations c WHERE c.id = $1`, [id]);
    return (await this.withPeople(rows, PARTICIPANTS_SHOWN))[0];
  }

  private async withPeople(rows: ConversationRow[], shown: number): Promise<AdminConversation[]> {
    const found = await this.db.query<AdminUserRow & { conversation_id: string }>(FIRST_PEOPLE, [
      rows.map((row) => row.id),
      shown,
    ]);
    const people = Map.groupBy(found, (row) => row.conversation_id);
    return rows.map((row) => conversationOf(row, (people.get(row.id) ?? []).map(adminUserOfRow)));
  }

  async participants(id: string, page: { after: number; limit: number }) {
    const rows = await this.db.query<Partial<AdminUserRow> & { total: number; ordinal: number }>(PEOPLE, [
      id,
      page.after,
      page.limit + 1,
    ]);
    const shown = rows.slice(0, page.limit);
    if (!rows[0]) throw new Failure("conversation_not_found");
    return {
      users: shown.flatMap((row) => (isUser(row) ? adminUserOfRow(row) : [])),
      next: rows.length > page.limit ? (shown.at(-1)?.ordinal ?? null) : null,
      total: rows[0].total,
    };
  }

  noteReading(by: Admin, id: string, read: { count: number; first_seq: number; last_seq: number }) {
    return audited<void>(this.db, by, async (tx) => {
      const [row] = await tx.select().from(conversations).where(eq(conversations.id, id));
      if (!row) throw new Failure("conversation_not_found");
      return {
        outcome: undefined,
        entries: [
          { action: "messages_read", target: { type: "conversation", id }, details: { name: row.name, ...read } },
        ],
      };
    });
  }

  removeMessage(by: Admin, conversationId: string, messageId: string) {
    return audited(this.db, by, async (tx) => {
      const [row] = await rowsOf<AmendRow>(
        tx,
        sql`${sql.raw(AMENDED)} FROM confab_amend(${conversationId}, NULL, ${messageId}, NULL) a
          CROSS JOIN LATERAL (SELECT (a.message).*) m`,
      );
      const amended = amendedOf(row, conversationId);
      const { message, change } = amended;
      const details = { conversation: conversationId, seq: message.seq, sender: message.sender_email };
      return {
        outcome: amended,
        entries: change ? [{ action: "message_removed", target: { type: "message", id: messageId }, details }] : [],
      };
    });
  }

  remove(by: Admin, id: string) {
    return audited<void>(this.db, by, async (tx) => {
      const [row] = await tx.select().from(conversations).where(eq(conversations.id, id)).for("update");
      if (!row) throw new Failure("conversation_not_found");
      const { prunedSeq, lastSeq, prunedVersion, lastVersion } = row;
      await tx.insert(removedConversations).values({ id, prunedSeq, lastSeq, prunedVersion, lastVersion });
      // Who takes part goes with it.
      await tx.delete(conversations).where(eq(conversations.id, id));
      const details = { name: row.name, participants: row.participantCount, messages: lastSeq - prunedSeq };
      return {
        outcome: undefined,
        entries: [{ action: "conversation_removed", target: { type: "conversation", id }, details }],
      };
    });
  }

  async removed() {
    const rows = await this.db.query<{ id: string }>(
      "SELECT id FROM removed_conversations ORDER BY removed_at, id",
      [],
    );
    return rows.map(({ id }) => id);
  }

  async erasePiece(id: string) {
    const [row] = await this.db.query<{ more: boolean }>(ERASE, [id, this.self, CLAIMED_MS, ERASED_AT_ONCE]);
    return row ? (row.more ? "more" : "done") : "elsewhere";
  }

  async forget(id: string): Promise<void> {
    await this.db.query(
      "DELETE FROM removed_conversations WHERE id = $1 AND removed_at < now() - $2 * interval '1 millisecond'",
      [id, LATE_MS],
    );
  }
}

interface ConversationRow {
  id: string;
  name: string | null;
  is_group: boolean;
  owner_id: number | null;
  participant_count: number;
  last_seq: number;
  last_version: number;
  pruned_seq: number;
  begun_ms: number;
  updated_ms: number;
}

const COLUMNS = `c.id, c.name, c.is_group, c.owner_id, c.participant_count, c.last_seq, c.last_version, c.pruned_seq,
  ${ms("c.created_at")} AS begun_ms, ${ms("c.updated_at")} AS updated_ms`;

const atMost = (most: number) => `LIMIT ${most + 1}`;
const isMoreThan = (most: number, name: string) => `(SELECT count(*) > ${most} FROM ${name})`;

const NEWEST = `listed AS MATERIALIZED (SELECT id FROM conversations ORDER BY id DESC ${atMost(LISTED_MOST)})`;

/** $3: in the name, or in that of somebody who takes part; $4: the id itself. */
const FOUND = `people AS MATERIALIZED (
    SELECT id FROM confab_found_users($3, ${PEOPLE_FOUND_MOST + 1}) AS id
  ), theirs AS MATERIALIZED (
    SELECT p.id FROM people CROSS JOIN LATERAL (
      SELECT conversation_id AS id FROM participants WHERE user_id = people.id OFFSET 0
    ) p ${atMost(LISTED_MOST)}
  ), named AS MATERIALIZED (
    SELECT id FROM confab_found_conversations($3, ${LISTED_MOST + 1}) AS id
  ), found AS MATERIALIZED (
    SELECT id FROM theirs UNION SELECT id FROM named UNION SELECT id FROM conversations WHERE id = $4
  )`;
const FOUND_IS_CUT = [
  isMoreThan(PEOPLE_FOUND_MOST, "people"),
  isMoreThan(LISTED_MOST, "theirs"),
  isMoreThan(LISTED_MOST, "named"),
].join(" OR ");

const ofOne = (parameter: string) => `own AS MATERIALIZED (
    SELECT conversation_id AS id FROM participants WHERE user_id = ${parameter} ${atMost(LISTED_MOST)}
  )`;

/** A page, newest first, of $1 from the $2th on, of what is `listed`. Where it is empty, one row has the total. */
const pageOf = (parts: string, isCut: string) => `WITH ${parts},
  page AS MATERIALIZED (SELECT id FROM listed ORDER BY id DESC LIMIT $1 OFFSET $2)
  SELECT counted.found, counted.is_cut, shown.*
  FROM (SELECT count(*)::int AS found, ${isCut} AS is_cut FROM listed) counted
  LEFT JOIN LATERAL (
    SELECT ${COLUMNS} FROM page CROSS JOIN LATERAL (SELECT * FROM conversations WHERE id = page.id OFFSET 0) c
  ) shown ON true
  ORDER BY shown.id DESC`;

const ALL_LIST = pageOf(NEWEST, "false");
const OWN_LIST = pageOf(`${ofOne("$3")}, listed AS (SELECT id FROM own)`, "false");
const FOUND_LIST = pageOf(`${FOUND}, listed AS (SELECT id FROM found)`, FOUND_IS_CUT);
const FOUND_OWN_LIST = pageOf(
  `${FOUND}, ${ofOne("$5")}, listed AS MATERIALIZED (SELECT id FROM own INTERSECT SELECT id FROM found)`,
  `${FOUND_IS_CUT} OR ${isMoreThan(LISTED_MOST, "own")}`,
);

/** How far it is gone moves with what goes: nobody looks for it twice. */
const ERASE = `WITH due AS (
    SELECT * FROM removed_conversations
    WHERE id = $1 AND (eraser = $2 OR eraser IS NULL OR claimed_until < clock_timestamp()) FOR UPDATE SKIP LOCKED
  ), said AS (
    DELETE FROM messages m USING due
    WHERE m.conversation_id = due.id AND m.seq > due.pruned_seq AND m.seq <= due.pruned_seq + $4
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

/** The first people of each conversation of $1, by joining, looked up row by row as in summaries.ts. */
const FIRST_PEOPLE = `SELECT asked.id AS conversation_id, ${ADMIN_USER_COLUMNS}
  FROM unnest($1::uuid[]) AS asked (id)
  CROSS JOIN LATERAL (
    SELECT user_id, ordinal FROM participants WHERE conversation_id = asked.id ORDER BY ordinal LIMIT $2
  ) p
  CROSS JOIN LATERAL (SELECT * FROM users WHERE id = p.user_id OFFSET 0) u
  ORDER BY p.ordinal`;

/** The people after $2. Where there are none, one row has the total. */
const PEOPLE = `SELECT c.participant_count AS total, p.ordinal, ${ADMIN_USER_COLUMNS}
  FROM conversations c
  LEFT JOIN LATERAL (
    SELECT user_id, ordinal FROM participants WHERE conversation_id = c.id AND ordinal > $2 ORDER BY ordinal LIMIT $3
  ) p ON true
  LEFT JOIN LATERAL (SELECT * FROM users WHERE id = p.user_id OFFSET 0) u ON true
  WHERE c.id = $1 ORDER BY p.ordinal`;

const isConversation = (row: Partial<ConversationRow>): row is ConversationRow => row.id != null;

const conversationOf = (row: ConversationRow, participants: AdminUser[]): AdminConversation => ({
  id: row.id,
  name: row.name,
  is_group: row.is_group,
  owner_id: row.owner_id,
  participants,
  participant_count: row.participant_count,
  message_count: row.last_seq - row.pruned_seq,
  last_seq: row.last_seq,
  last_version: row.last_version,
  created_at: iso(row.begun_ms),
  updated_at: iso(row.updated_ms),
});
