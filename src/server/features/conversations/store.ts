import { and, eq } from "drizzle-orm";
import { PARTICIPANTS_SHOWN } from "../../../protocol/conversations.ts";
import type { Message } from "../../../protocol/messages.ts";
import type { User } from "../../../protocol/users.ts";
import { chunks, pieces } from "../../base/pieces.ts";
import type { Filling } from "../../log/filling.ts";
import { EPOCH, type MessageRow, messageOf, USER_COLUMNS, type UserRow, userOfRow } from "../../log/rows.ts";
import type { Database } from "../../platform/postgres/database.ts";
import { users } from "../../platform/postgres/schema.ts";
import { foundUsers } from "../../platform/postgres/search.ts";
import { isOneOf, numbersOf } from "../../platform/postgres/values.ts";
import { alter } from "../members/alter.ts";
import type { Alteration, AlterOutcome } from "../members/alteration.ts";
import { readRecord } from "../members/group.ts";
import { participantsPage } from "../members/page.ts";
import { acquaintances } from "./acquaintances.ts";
import { create } from "./create.ts";
import type { CreateOutcome, NewConversation, SummaryRecord } from "./records.ts";
import {
  type Counted,
  isSummary,
  OWN,
  type OwnRow,
  ROOTS,
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
  constructor(
    private readonly db: Database,
    private readonly filling: Pick<Filling, "fill">,
  ) {}

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

  record(conversationId: string) {
    return readRecord(this.db, conversationId);
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
   * their name or e-mail. `archived` asks for those in the archive, or for all others. `unread` counts over all the user's
   * conversations that are neither muted nor in the archive, whatever the page. `threads` asks for the threads that the user
   * follows in place of conversations, and `unread` counts over these then.
   */
  async summaries(
    userId: number,
    page: { limit: number; offset: number; search?: string; archived?: boolean | undefined; threads?: boolean },
  ) {
    const { limit, offset, search = "", archived, threads = false } = page;
    const fitting = Math.ceil(this.db.pieceRows / PARTICIPANTS_SHOWN);
    if (search === "" && limit <= fitting) {
      const rows = await this.db.query<Partial<SummaryRow> & Counted>(SUMMARIES, [
        userId,
        limit,
        offset,
        archived ?? null,
        threads,
      ]);
      const summaries = rows.flatMap((row) => (isSummary(row) ? row : []));
      const [first] = rows;
      const { total = 0, epoch = "" } = first ?? {};
      const unread = {
        conversations: first?.unread_conversations ?? 0,
        messages: first?.unread_messages ?? 0,
        mentions: first?.unread_mentions ?? 0,
        marked: first?.unread_marked ?? 0,
      };
      return { rows: await this.recordsOf(userId, summaries), total, unread, epoch };
    }
    // The epoch is read before the pieces: a caller that then sees another epoch reads the list again.
    const [history] = await this.db.query<{ epoch: string }>(`SELECT ${EPOCH} AS epoch`, []);
    const own = await this.db.bulk<OwnRow>(OWN, [userId, search, threads]);
    const wanted = own.filter(({ is_archived }) => is_archived === (archived ?? is_archived));
    const ids = (search === "" ? wanted : await this.foundAmong(userId, wanted, search)).map(({ id }) => id);
    const summaries: SummaryRow[] = [];
    // Their mentions are counted already.
    const mentions = new Map(own.map(({ id, mention_count }) => [id, mention_count]));
    for (const some of chunks(ids.slice(offset, offset + limit), fitting)) {
      const rows = await this.db.bulk<SummaryRow>(SUMMARIES_OF, [userId, some, false]);
      summaries.push(...rows.map((row) => ({ ...row, mention_count: mentions.get(row.summary_id) ?? 0 })));
    }
    const counted = own.filter(({ is_counted }) => is_counted);
    const unread = {
      conversations: counted.filter((row) => row.unread > 0 || row.is_marked).length,
      messages: counted.reduce((sum, row) => sum + row.unread, 0),
      mentions: counted.reduce((sum, row) => sum + row.mention_count, 0),
      marked: counted.filter((row) => row.unread === 0 && row.is_marked).length,
    };
    return { rows: await this.recordsOf(userId, summaries), total: ids.length, unread, epoch: history?.epoch ?? "" };
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

  /** Those of these conversations in which the user is a member, in their order. */
  async summariesOf(userId: number, ids: readonly string[]): Promise<SummaryRecord[]> {
    const fitting = Math.ceil(this.db.pieceRows / PARTICIPANTS_SHOWN);
    const rows: SummaryRow[] = [];
    for (const some of chunks([...ids], fitting))
      rows.push(...(await this.db.query<SummaryRow>(SUMMARIES_OF, [userId, some, true])));
    return this.recordsOf(userId, rows);
  }

  async summary(userId: number, conversationId: string) {
    const rows = await this.db.query<SummaryRow>(SUMMARY, [userId, conversationId]);
    return (await this.recordsOf(userId, rows))[0];
  }

  /** Threads come with the conversation that they belong to, and the message that they answer. */
  private async recordsOf(userId: number, rows: SummaryRow[]): Promise<SummaryRecord[]> {
    const records = await this.withPeople(rows);
    const threads = rows.flatMap(({ summary_id: id, parent_id: parentId, root_seq: rootSeq, is_following }) =>
      parentId === null || rootSeq === null ? [] : { id, parentId, rootSeq, isFollowing: is_following ?? false },
    );
    if (threads.length === 0) return records;
    const found = await this.db.query<SummaryRow>(SUMMARIES_OF, [
      userId,
      [...new Set(threads.map(({ parentId }) => parentId))],
      false,
    ]);
    const parents = new Map((await this.withPeople(found)).map((parent) => [parent.id, parent]));
    const roots = await this.rootsOf(threads);
    const parts = new Map(
      threads.flatMap(({ id, parentId, rootSeq, isFollowing }) => {
        const parent = parents.get(parentId);
        const root = roots.get(`${parentId} ${rootSeq}`) ?? null;
        return parent ? [[id, { parent, rootSeq, root, isFollowing }] as const] : [];
      }),
    );
    return records.map((record) => {
      const thread = parts.get(record.id);
      return thread ? { ...record, thread } : record;
    });
  }

  private async rootsOf(threads: readonly { parentId: string; rootSeq: number }[]): Promise<Map<string, Message>> {
    const rows = await this.db.query<MessageRow>(ROOTS, [
      threads.map(({ parentId }) => parentId),
      threads.map(({ rootSeq }) => rootSeq),
    ]);
    const found = await this.filling.fill(rows.map(messageOf));
    return new Map(found.map((message) => [`${message.conversation_id} ${message.seq}`, message]));
  }

  /** Reads people who are in several of the conversations once, and fills the newest messages. */
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
    const records = rows.map((row, i) =>
      summaryOf(
        row,
        (shown[i] ?? []).flatMap((id) => people.get(id) ?? []),
      ),
    );
    await this.filling.fill(records.flatMap(({ lastMessage }) => lastMessage ?? []));
    return records;
  }

  /** How far the first 50 members have read. */
  readPositions(conversationId: string) {
    return this.db.query<{ user_id: number; seq: number }>(
      `SELECT user_id, read_seq AS seq FROM participants WHERE conversation_id = $1 AND is_following
       ORDER BY ordinal LIMIT $2`,
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
    return alter(this.db, conversationId, actorId, alteration);
  }
}
