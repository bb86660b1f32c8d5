import { eq, sql } from "drizzle-orm";
import type { AdminConversation } from "../../../protocol/admin.ts";
import { PARTICIPANTS_SHOWN } from "../../../protocol/conversations.ts";
import { parseUuid } from "../../../protocol/text.ts";
import { Failure } from "../../base/failure.ts";
import { addJob } from "../../jobs/store.ts";
import { AMENDED, type AmendRow, amendedOf } from "../../log/amend.ts";
import { removedAtOnce } from "../../log/prune.ts";
import type { Database } from "../../platform/postgres/database.ts";
import { conversations, removedConversations } from "../../platform/postgres/schema.ts";
import { passOn } from "../members/alter.ts";
import { participantsPage } from "../members/page.ts";
import { audited, rowsOf } from "./audited.ts";
import { conversationListOf } from "./conversation-lists.ts";
import { ERASE_CONVERSATION, eraseJobOf } from "./erase-job.ts";
import { type Counted, totalOf } from "./listed.ts";
import type { Admin, AdminConversationStore } from "./ports.ts";
import {
  ADMIN_USER_COLUMNS,
  type AdminUserRow,
  adminUserOfRow,
  CONVERSATION_COLUMNS,
  type ConversationRow,
  conversationOf,
  isConversation,
} from "./rows.ts";

/** People of a conversation that a list shows. */
const PARTICIPANTS_LISTED = 3;
/**
 * Nodes of the release before have no jobs and erase by claims on the row itself. So does the job, for as long as they may
 * run beside it. A claim ends after so long, in ms.
 */
const CLAIMED_MS = 10_000;

export class PostgresAdminConversations implements AdminConversationStore {
  private readonly self = crypto.randomUUID();

  constructor(private readonly db: Database) {}

  async list({ search, participantId, limit, offset }: Parameters<AdminConversationStore["list"]>[0]) {
    const asked = search === "" ? [] : [search, parseUuid(search) ?? null];
    const isOwn = participantId !== undefined;
    const list = conversationListOf({ isSearched: search !== "", isOwn });
    const rows = await this.db.query<Partial<ConversationRow> & Counted>(list, [
      limit,
      offset,
      ...asked,
      ...(isOwn ? [participantId] : []),
    ]);
    const shown = rows.flatMap((row) => (isConversation(row) ? row : []));
    return {
      conversations: await this.withPeople(shown, PARTICIPANTS_LISTED),
      ...totalOf(rows[0]),
    };
  }

  async detail(id: string) {
    const rows = await this.db.query<ConversationRow>(
      `SELECT ${CONVERSATION_COLUMNS} FROM conversations c WHERE c.id = $1`,
      [id],
    );
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
    const found = await participantsPage<AdminUserRow>(this.db, ADMIN_USER_COLUMNS, id, page);
    if (!found) throw new Failure("conversation_not_found");
    return { users: found.rows.map(adminUserOfRow), next: found.next, total: found.total };
  }

  async ownedGroups(userId: number) {
    // By the memberships, which have an index: an owner takes part.
    const rows = await this.db.query<{ id: string }>(
      `SELECT c.id FROM participants p JOIN conversations c ON c.id = p.conversation_id
       WHERE p.user_id = $1 AND c.owner_id = $1 AND c.is_group`,
      [userId],
    );
    return rows.map(({ id }) => id);
  }

  passOn(id: string) {
    return this.db.transaction((tx) => passOn(tx, id));
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
        sql`${sql.raw(AMENDED)} FROM confab_edit(${conversationId}, NULL, ${messageId}, NULL) a
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
      await addJob(tx, eraseJobOf(id));
      // Who takes part goes with it.
      await tx.delete(conversations).where(eq(conversations.id, id));
      const details = { name: row.name, participants: row.participantCount, messages: lastSeq - prunedSeq };
      return {
        outcome: undefined,
        entries: [{ action: "conversation_removed", target: { type: "conversation", id }, details }],
      };
    });
  }

  async addMissingEraseJobs() {
    await this.db.query(ADD_MISSING_JOBS, [ERASE_CONVERSATION]);
  }

  async erasePiece(id: string) {
    const [row] = await this.db.bulk<{ more: boolean }>(ERASE, [id, this.self, CLAIMED_MS, removedAtOnce(this.db)]);
    return row ? (row.more ? "more" : "done") : "elsewhere";
  }

  async forget(id: string, minAgeMs: number): Promise<void> {
    await this.db.query(
      "DELETE FROM removed_conversations WHERE id = $1 AND removed_at < now() - $2 * interval '1 millisecond'",
      [id, minAgeMs],
    );
  }

  async isForgotten(id: string) {
    return (await this.db.query("SELECT FROM removed_conversations WHERE id = $1", [id])).length === 0;
  }
}

const ADD_MISSING_JOBS = `INSERT INTO jobs (kind, key, payload)
  SELECT $1::text, id::text, jsonb_build_object('conversation_id', id) FROM removed_conversations
  ON CONFLICT (kind, key) DO NOTHING`;

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
