import { and, eq } from "drizzle-orm";
import { PARTICIPANTS_SHOWN } from "../../../protocol/conversations.ts";
import type { User } from "../../../protocol/users.ts";
import { chunks, pieces } from "../../base/pieces.ts";
import { EPOCH, USER_COLUMNS, type UserRow, userOfRow } from "../../log/rows.ts";
import type { Database } from "../../platform/postgres/database.ts";
import { conversations, users } from "../../platform/postgres/schema.ts";
import { foundUsers } from "../../platform/postgres/search.ts";
import { isOneOf, numbersOf } from "../../platform/postgres/values.ts";
import { alter } from "../members/alter.ts";
import type { Alteration, AlterOutcome } from "../members/alteration.ts";
import { participantsPage } from "../members/page.ts";
import { acquaintances } from "./acquaintances.ts";
import { create, recordOf } from "./create.ts";
import type { CreateOutcome, NewConversation, SummaryRecord } from "./records.ts";
import {
  type Counted,
  isSummary,
  OWN,
  type OwnRow,
  SUMMARIES,
  SUMMARIES_OF,
  SUMMARY,
  type SummaryRow,
  summaryOf,
  WITH_ONE_OF,
  WITH_SOMEBODY,
  WITH_SOMEBODY_AFTER,
} from "./summaries.ts";

export class ConversationsStore {
  constructor(private readonly db: Database) {}

  /** The active users among `ids`. */
  async known(ids: number[]) {
    if (ids.length === 0) return [];
    const rows = await this.db.read((orm) =>
      orm
        .select({ id: users.id, mayAddMe: users.mayAddMe })
        .from(users)
        .where(and(isOneOf(users.id, ids), eq(users.isActive, true))),
    );
    return rows;
  }

  /**
   * The users among `ids` who share a conversation with the user. The time that it takes does not reveal which ids
   * exist.
   */
  sharing(userId: number, ids: number[]) {
    return acquaintances(this.db, userId, ids);
  }

  /** Makes a conversation. When the two people have a 1-on-1 already, returns that one. */
  create(conversation: NewConversation): Promise<CreateOutcome> {
    return this.db.transaction((tx) => create(tx, conversation));
  }

  /**
   * Hides a 1-on-1 until a message comes after the `seq` that is returned.
   * @returns `undefined` when it is no 1-on-1, or the user is not in it
   */
  async hide(conversationId: string, userId: number): Promise<number | undefined> {
    const rows = await this.db.query<{ last_seq: number }>(
      // A message that commits meanwhile is not in the snapshot, and so it shows the conversation again.
      `UPDATE participants p SET hidden_seq = c.last_seq FROM conversations c
       WHERE c.id = $1 AND NOT c.is_group AND p.conversation_id = c.id AND p.user_id = $2 RETURNING c.last_seq`,
      [conversationId, userId],
    );
    return rows[0]?.last_seq;
  }

  record(conversationId: string) {
    return this.db.read(async (orm) => {
      const [row] = await orm.select().from(conversations).where(eq(conversations.id, conversationId));
      return row && recordOf(orm, row);
    });
  }

  /** Whether the person left the group or was removed from it. */
  async wasRemoved(conversationId: string, userId: number) {
    const rows = await this.db.query<{ at: number }>(
      "SELECT 1 AS at FROM removals WHERE conversation_id = $1 AND user_id = $2",
      [conversationId, userId],
    );
    return rows.length > 0;
  }

  /**
   * A page of the user's conversations. With a `search`: those whose name contains it, or in which another member has it in
   * their name or e-mail. `unread` counts over all the user's conversations, whatever the page and the search.
   */
  async summaries(userId: number, page: { limit: number; offset: number; search?: string }) {
    const { limit, offset, search = "" } = page;
    const fitting = Math.ceil(this.db.pieceRows / PARTICIPANTS_SHOWN);
    if (search === "" && limit <= fitting) {
      const rows = await this.db.query<Partial<SummaryRow> & Counted>(SUMMARIES, [userId, limit, offset]);
      const summaries = rows.flatMap((row) => (isSummary(row) ? row : []));
      const { total = 0, unread_conversations = 0, unread_messages = 0, epoch = "" } = rows[0] ?? {};
      const unread = { conversations: unread_conversations, messages: unread_messages };
      return { rows: await this.withPeople(summaries), total, unread, epoch };
    }
    // The epoch is read before the pieces: a caller that then sees another epoch reads the list again.
    const [history] = await this.db.query<{ epoch: string }>(`SELECT ${EPOCH} AS epoch`, []);
    const own = await this.db.bulk<OwnRow>(OWN, [userId, search]);
    const ids = (search === "" ? own : await this.foundAmong(userId, own, search)).map(({ id }) => id);
    const summaries: SummaryRow[] = [];
    for (const some of chunks(ids.slice(offset, offset + limit), fitting))
      summaries.push(...(await this.db.bulk<SummaryRow>(SUMMARIES_OF, [userId, some])));
    const unread = {
      conversations: own.filter((row) => row.unread > 0).length,
      messages: own.reduce((sum, row) => sum + row.unread, 0),
    };
    return { rows: await this.withPeople(summaries), total: ids.length, unread, epoch: history?.epoch ?? "" };
  }

  /** The conversations with the text in their name, or in the name or e-mail of another member. */
  private async foundAmong(userId: number, own: OwnRow[], search: string): Promise<OwnRow[]> {
    const { pieceRows } = this.db;
    const unnamed = own.filter(({ is_named }) => !is_named);
    const members = unnamed.reduce((sum, row) => sum + row.members, 0);
    const people = await foundUsers(this.db, search);
    const found = new Set<string>();
    const note = (rows: { id: string }[]) => {
      for (const { id } of rows) found.add(id);
    };
    if (people && people.length * unnamed.length < members) {
      const others = people.filter((id) => id !== userId);
      const atOnce = Math.max(1, Math.floor(pieceRows / Math.max(1, others.length)));
      if (others.length > 0)
        for (const some of chunks(unnamed, atOnce))
          note(await this.db.bulk(WITH_ONE_OF, [some.map(({ id }) => id), others]));
    } else {
      for (const some of pieces(unnamed, pieceRows)) {
        const [first] = some;
        if (first && first.members > pieceRows) note((await this.hasSomebody(first.id, userId, search)) ? some : []);
        else note(await this.db.bulk(WITH_SOMEBODY, [some.map(({ id }) => id), userId, search]));
      }
    }
    return own.filter(({ id, is_named }) => is_named || found.has(id));
  }

  private async hasSomebody(conversationId: string, userId: number, text: string): Promise<boolean> {
    for (let after = 0; ; ) {
      const [row] = await this.db.bulk<{ last: number | null; looked: number; is_found: boolean | null }>(
        WITH_SOMEBODY_AFTER,
        [conversationId, userId, text, after, this.db.pieceRows],
      );
      if (row?.is_found) return true;
      if (!row || row.last === null || row.looked < this.db.pieceRows) return false;
      after = row.last;
    }
  }

  async summary(userId: number, conversationId: string) {
    const rows = await this.db.query<SummaryRow>(SUMMARY, [userId, conversationId]);
    return (await this.withPeople(rows))[0];
  }

  /** Reads people who are in several of the conversations once. */
  private async withPeople(rows: SummaryRow[]): Promise<SummaryRecord[]> {
    const shown = rows.map((row) => numbersOf(row.shown_ids));
    const ids = [...new Set(shown.flat())];
    const people = new Map<number, User>();
    for (const some of chunks(ids, this.db.pieceRows)) {
      const found = await this.db.query<UserRow>(
        `SELECT ${USER_COLUMNS} FROM unnest($1::integer[]) AS asked (id)
         CROSS JOIN LATERAL (SELECT * FROM users WHERE id = asked.id OFFSET 0) u`,
        [some],
      );
      for (const row of found) people.set(row.user_id, userOfRow(row));
    }
    return rows.map((row, i) =>
      summaryOf(
        row,
        (shown[i] ?? []).flatMap((id) => people.get(id) ?? []),
      ),
    );
  }

  /** How far the first 50 members have read. */
  readPositions(conversationId: string) {
    return this.db.query<{ user_id: number; seq: number }>(
      `SELECT user_id, read_seq AS seq FROM participants WHERE conversation_id = $1 ORDER BY ordinal LIMIT $2`,
      [conversationId, PARTICIPANTS_SHOWN],
    );
  }

  /** A page of members in the order of joining. `after` is the cursor that the page before returned. */
  async participants(conversationId: string, page: { after: number; limit: number }) {
    const found = await participantsPage<UserRow>(this.db, USER_COLUMNS, conversationId, page);
    return { users: found?.rows.map(userOfRow) ?? [], next: found?.next ?? null, total: found?.total ?? 0 };
  }

  /** Renames a group, adds people, or removes one: one change of the log. Rejects with a Failure where the contract refuses it. */
  alter(conversationId: string, actorId: number, alteration: Alteration): Promise<AlterOutcome> {
    return this.db.transaction((tx) => alter(tx, conversationId, actorId, alteration));
  }
}
