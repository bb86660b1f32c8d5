import { eq, sql } from "drizzle-orm";
import type { Admin, AdminConversationStore } from "../../../domain/admin-ports.ts";
import { Failure } from "../../../domain/errors.ts";
import type { AdminConversation, AdminUser } from "../../../protocol/admin.ts";
import { PARTICIPANTS_SHOWN } from "../../../protocol/conversations.ts";
import { parseUuid } from "../../../protocol/text.ts";
import { AMENDED, type AmendRow, amendedOf } from "../amend.ts";
import type { Database } from "../database.ts";
import { iso, ms } from "../rows.ts";
import { conversations, removedConversations } from "../schema.ts";
import { containing } from "../search.ts";
import { audited, rowsOf } from "./audited.ts";
import { ADMIN_USER_COLUMNS, type AdminUserRow, adminUserOfRow } from "./rows.ts";

/** People of a conversation that a list shows. */
const PARTICIPANTS_LISTED = 3;
/** Rows that one statement erases. */
const ERASED_AT_ONCE = 5_000;

export class PostgresAdminConversations implements AdminConversationStore {
  constructor(private readonly db: Database) {}

  async list({ search, participantId, limit, offset }: Parameters<AdminConversationStore["list"]>[0]) {
    const wanted = [search === "" ? null : containing(search), parseUuid(search) ?? null, participantId ?? null];
    const rows = await this.db.query<ConversationRow>(
      `SELECT ${COLUMNS} FROM conversations c WHERE ${WANTED} ORDER BY c.id DESC LIMIT $4 OFFSET $5`,
      [...wanted, limit, offset],
    );
    const [counted] = await this.db.query<{ total: number }>(
      `SELECT count(*)::int AS total FROM conversations c WHERE ${WANTED}`,
      wanted,
    );
    return { conversations: await this.withPeople(rows, PARTICIPANTS_LISTED), total: counted?.total ?? 0 };
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

  async erase(): Promise<void> {
    for (const { id, prunedSeq, lastSeq, prunedVersion, lastVersion } of await this.removed()) {
      await this.eraseRange("messages", "seq", id, prunedSeq, lastSeq);
      await this.eraseRange("changes", "version", id, prunedVersion, lastVersion);
      await this.db.query("DELETE FROM removed_conversations WHERE id = $1", [id]);
    }
  }

  private removed() {
    return this.db.read((orm) => orm.select().from(removedConversations));
  }

  private async eraseRange(table: string, column: string, id: string, after: number, last: number) {
    for (let from = after; from < last; from += ERASED_AT_ONCE)
      await this.db.query(`DELETE FROM ${table} WHERE conversation_id = $1 AND ${column} > $2 AND ${column} <= $3`, [
        id,
        from,
        from + ERASED_AT_ONCE,
      ]);
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

/** $1: a pattern, $2: an id, $3: a participant; null where they are not asked for. */
const WANTED = `($1::text IS NULL OR c.id = $2::uuid OR c.name ILIKE $1 OR c.id IN (
    SELECT p.conversation_id FROM users u JOIN participants p ON p.user_id = u.id
    WHERE (u.first_name || ' ' || u.last_name || ' ' || u.email) ILIKE $1
  )) AND ($3::integer IS NULL OR c.id IN (SELECT conversation_id FROM participants WHERE user_id = $3))`;

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

const isUser = (row: Partial<AdminUserRow>): row is AdminUserRow => row.user_id != null;

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
