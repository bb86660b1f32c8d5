import { eq, sql } from "drizzle-orm";
import type { AdminConversation } from "../../../protocol/admin.ts";
import { PARTICIPANTS_SHOWN } from "../../../protocol/conversations.ts";
import { parseUuid } from "../../../protocol/text.ts";
import { Failure } from "../../base/failure.ts";
import { addJob } from "../../jobs/store.ts";
import { AMENDED, type AmendRow, amendedOf } from "../../log/amend.ts";
import { copyIdOf } from "../../log/append.ts";
import type { Database } from "../../platform/postgres/database.ts";
import { rowsOf } from "../../platform/postgres/rows-of.ts";
import { conversations, removedConversations } from "../../platform/postgres/schema.ts";
import { type Counted, type Total, totalOf } from "../../platform/postgres/totals.ts";
import { audited } from "../audit/audited.ts";
import type { Admin } from "../audit/entry.ts";
import { passOn } from "../members/alter.ts";
import { participantsPage } from "../members/page.ts";
import { conversationListOf } from "./conversations-sql.ts";
import { ERASE_CONVERSATION, eraseJobOf } from "./erasing.ts";
import {
  ADMIN_USER_COLUMNS,
  type AdminUserRow,
  adminUserOfRow,
  CONVERSATION_COLUMNS,
  type ConversationRow,
  conversationOf,
  isConversation,
} from "./rows.ts";

/** The most members of a conversation that a list shows. */
const PARTICIPANTS_LISTED = 3;
/** Selects the conversations of a list. */
export interface ConversationsQuery {
  /** The text to find in the name and in the members' names and e-mails. It may also be the conversation's id. */
  search: string;
  participantId: number | undefined;
  limit: number;
  offset: number;
}

/**
 * Conversations as superusers see them. Each call that takes an `Admin` is written to the audit log in the transaction
 * of the act itself. It rejects with Failure("path_not_found") when the admin is no active superuser at that moment.
 */
export class AdminConversationsStore {
  constructor(private readonly db: Database) {}

  /** Newest first. */
  async list({
    search,
    participantId,
    limit,
    offset,
  }: ConversationsQuery): Promise<{ conversations: AdminConversation[] } & Total> {
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

  async detail(id: string): Promise<AdminConversation | undefined> {
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

  /** The groups that a user owns. */
  async ownedGroups(userId: number): Promise<string[]> {
    // Found by the memberships, which have an index: an owner is a member.
    const rows = await this.db.query<{ id: string }>(
      `SELECT c.id FROM participants p JOIN conversations c ON c.id = p.conversation_id
       WHERE p.user_id = $1 AND c.owner_id = $1 AND c.is_group`,
      [userId],
    );
    return rows.map(({ id }) => id);
  }

  /** Gives a group whose owner is deactivated to its longest-standing active member. No `change` when there is nothing to do. */
  passOn(id: string) {
    return this.db.transaction((tx) => passOn(tx, id));
  }

  /** Writes down that messages were read. Rejects when there is no such conversation. */
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

  /** Deletes a message and leaves a tombstone. `change` is undefined when the message was deleted already. */
  removeMessage(by: Admin, conversationId: string, messageId: string) {
    return audited(this.db, by, async (tx) => {
      const rows = await rowsOf<AmendRow>(
        tx,
        sql`${sql.raw(AMENDED)}
          FROM confab_edit_in_both(${conversationId}, NULL, ${messageId}, NULL, ${copyIdOf(messageId)}, NULL) a
          CROSS JOIN LATERAL (SELECT (a.message).*) m`,
      );
      const amended = amendedOf(rows);
      const { message, change } = amended;
      const details = { conversation: conversationId, seq: message.seq, sender: message.sender_email };
      return {
        outcome: amended,
        entries: change ? [{ action: "message_removed", target: { type: "message", id: messageId }, details }] : [],
      };
    });
  }

  /** From now on there is no such conversation. `ErasingStore` deletes what it held. */
  remove(by: Admin, id: string) {
    return audited<void>(this.db, by, async (tx) => {
      const [row] = await tx.select().from(conversations).where(eq(conversations.id, id)).for("update");
      if (!row) throw new Failure("conversation_not_found");
      // A thread ends with its conversation alone: the message that it answers shows it.
      if (row.parentId !== null) throw new Failure("is_a_thread");
      const { prunedSeq, lastSeq, prunedVersion, lastVersion } = row;
      await tx.insert(removedConversations).values({ id, prunedSeq, lastSeq, prunedVersion, lastVersion });
      await addJob(tx, eraseJobOf(id));
      // The memberships are deleted with it. Nobody starts a thread meanwhile, because that locks the conversation too.
      await tx.delete(conversations).where(eq(conversations.id, id));
      await tx.execute(removeThreadsOf(id));
      const details = { name: row.name, participants: row.participantCount, messages: lastSeq - prunedSeq };
      return {
        outcome: undefined,
        entries: [{ action: "conversation_removed", target: { type: "conversation", id }, details }],
      };
    });
  }
}

/** The threads of a conversation go with it, each with a job of its own. */
const removeThreadsOf = (id: string) => sql`WITH gone AS (
    DELETE FROM conversations WHERE parent_id = ${id}
    RETURNING id, pruned_seq, last_seq, pruned_version, last_version
  ), removed AS (
    INSERT INTO removed_conversations (id, pruned_seq, last_seq, pruned_version, last_version)
    SELECT id, pruned_seq, last_seq, pruned_version, last_version FROM gone
  )
  INSERT INTO jobs (kind, key, payload)
  SELECT ${ERASE_CONVERSATION}::text, id::text, jsonb_build_object('conversation_id', id) FROM gone
  ON CONFLICT (kind, key) DO NOTHING`;

/** The first members of each conversation of $1, in the order of joining. LATERAL with OFFSET 0 as in summaries.ts. */
const FIRST_PEOPLE = `SELECT asked.id AS conversation_id, ${ADMIN_USER_COLUMNS}
  FROM unnest($1::uuid[]) AS asked (id)
  CROSS JOIN LATERAL (
    SELECT user_id, ordinal FROM participants WHERE conversation_id = asked.id AND is_following ORDER BY ordinal LIMIT $2
  ) p
  CROSS JOIN LATERAL (SELECT * FROM users WHERE id = p.user_id OFFSET 0) u
  ORDER BY p.ordinal`;
