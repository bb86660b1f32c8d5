import { and, eq } from "drizzle-orm";
import { PARTICIPANTS_SHOWN } from "../../../protocol/conversations.ts";
import type { User } from "../../../protocol/users.ts";
import { chunks, pieces } from "../../base/pieces.ts";
import { SharedReads } from "../../base/shared-reads.ts";
import type { ConversationStore, NewConversation, Standing, SummaryRecord } from "../../log/ports.ts";
import { EPOCH, USER_COLUMNS, type UserRow, userOfRow } from "../../log/rows.ts";
import type { Database } from "../../platform/postgres/database.ts";
import { conversations, users } from "../../platform/postgres/schema.ts";
import { foundUsers } from "../../platform/postgres/search.ts";
import { isOneOf, numbersOf } from "../../platform/postgres/values.ts";
import { alter } from "../members/alter.ts";
import { participantsPage } from "../members/page.ts";
import { acquaintances } from "./acquaintances.ts";
import { create, recordOf } from "./create.ts";
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

/** One person in one conversation. */
interface Place {
  conversationId: string;
  userId: number;
}

/** The same, with a version whose tag is wanted, or null. */
type PlaceAt = Place & { version: number | null };

const placeName = ({ conversationId, userId }: Place) => `${conversationId} ${userId}`;
const placeAtName = (place: PlaceAt) => `${placeName(place)} ${place.version}`;
const columnsOf = (places: Place[]) => [
  places.map((place) => place.conversationId),
  places.map((place) => place.userId),
];

export class PostgresConversations implements ConversationStore {
  private readonly memberships = new SharedReads(placeName, (places: Place[]) => this.readMemberships(places));
  private readonly standings = new SharedReads(placeAtName, (places: PlaceAt[]) => this.readStandings(places));

  constructor(private readonly db: Database) {}

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

  sharing(userId: number, ids: number[]) {
    return acquaintances(this.db, userId, ids);
  }

  create(conversation: NewConversation) {
    return this.db.transaction((tx) => create(tx, conversation));
  }

  async hide(conversationId: string, userId: number) {
    const rows = await this.db.query<{ last_seq: number }>(
      // A message that commits meanwhile is not in the snapshot, and so it shows the conversation again.
      `UPDATE participants p SET hidden_seq = c.last_seq FROM conversations c
       WHERE c.id = $1 AND NOT c.is_group AND p.conversation_id = c.id AND p.user_id = $2 RETURNING c.last_seq`,
      [conversationId, userId],
    );
    return rows[0]?.last_seq;
  }

  async membership(conversationId: string, userId: number) {
    return (await this.memberships.get({ conversationId, userId })) ?? "unknown";
  }

  private async readMemberships(places: Place[]) {
    const rows = await this.db.query<Place & { participant: boolean }>(
      `SELECT c.id AS "conversationId", asked.user_id AS "userId", p.user_id IS NOT NULL AS participant
       FROM unnest($1::uuid[], $2::integer[]) AS asked (conversation_id, user_id)
       CROSS JOIN LATERAL (SELECT * FROM conversations WHERE id = asked.conversation_id OFFSET 0) c
       LEFT JOIN LATERAL (
         SELECT * FROM participants WHERE conversation_id = asked.conversation_id AND user_id = asked.user_id OFFSET 0
       ) p ON true`,
      columnsOf(places),
    );
    return new Map(rows.map((row) => [placeName(row), row.participant ? "participant" : "outsider"] as const));
  }

  standing(conversationId: string, userId: number, version?: number) {
    return this.standings.get({ conversationId, userId, version: version ?? null });
  }

  private async readStandings(places: PlaceAt[]) {
    const rows = await this.db.query<PlaceAt & Standing>(
      `SELECT c.id AS "conversationId", p.user_id AS "userId", asked.version, p.read_seq AS "readSeq", c.last_seq AS "lastSeq",
         c.last_version AS "lastVersion", c.pruned_seq AS "prunedSeq", c.pruned_version AS "prunedVersion",
         c.participant_count AS "participantCount", ${EPOCH} AS epoch,
         CASE WHEN asked.version IS NOT NULL THEN confab_tag(c.id, asked.version) END AS "tagThere"
       FROM unnest($1::uuid[], $2::integer[], $3::bigint[]) AS asked (conversation_id, user_id, version)
       CROSS JOIN LATERAL (
         SELECT * FROM participants WHERE conversation_id = asked.conversation_id AND user_id = asked.user_id OFFSET 0
       ) p
       CROSS JOIN LATERAL (SELECT * FROM conversations WHERE id = asked.conversation_id OFFSET 0) c`,
      [...columnsOf(places), places.map((place) => place.version)],
    );
    return new Map<string, Standing>(rows.map((row) => [placeAtName(row), row]));
  }

  record(conversationId: string) {
    return this.db.read(async (orm) => {
      const [row] = await orm.select().from(conversations).where(eq(conversations.id, conversationId));
      return row && recordOf(orm, row);
    });
  }

  async wasRemoved(conversationId: string, userId: number) {
    const rows = await this.db.query<{ at: number }>(
      "SELECT 1 AS at FROM removals WHERE conversation_id = $1 AND user_id = $2",
      [conversationId, userId],
    );
    return rows.length > 0;
  }

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
    // Before the pieces: who gets them under another epoch reads them anew.
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

  /** Those that have the text in their own name, or in the name or e-mail of somebody else who takes part. */
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

  /** People who are in many of the conversations are read once. */
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

  ofUsers(userIds: number[]) {
    return this.db.query<{ userId: number; id: string; lastVersion: number; lastSeq: number }>(
      `SELECT p.user_id AS "userId", c.id, c.last_version AS "lastVersion", c.last_seq AS "lastSeq"
       FROM participants p JOIN conversations c ON c.id = p.conversation_id WHERE p.user_id = ANY ($1::integer[])`,
      [userIds],
    );
  }

  async idsOf(userId: number) {
    const rows = await this.db.query<{ id: string }>(
      "SELECT conversation_id AS id FROM participants WHERE user_id = $1",
      [userId],
    );
    return rows.map(({ id }) => id);
  }

  readPositions(conversationId: string) {
    return this.db.query<{ user_id: number; seq: number }>(
      `SELECT user_id, read_seq AS seq FROM participants WHERE conversation_id = $1 ORDER BY ordinal LIMIT $2`,
      [conversationId, PARTICIPANTS_SHOWN],
    );
  }

  async participants(conversationId: string, page: { after: number; limit: number }) {
    const found = await participantsPage<UserRow>(this.db, USER_COLUMNS, conversationId, page);
    return { users: found?.rows.map(userOfRow) ?? [], next: found?.next ?? null, total: found?.total ?? 0 };
  }

  alter(...[conversationId, actorId, alteration]: Parameters<ConversationStore["alter"]>) {
    return this.db.transaction((tx) => alter(tx, conversationId, actorId, alteration));
  }

  async markRead(conversationId: string, userId: number, seq: number | undefined) {
    const [row] = await this.db.query<{ before: number; after: number; participant_count: number }>(
      `WITH position AS (
         SELECT p.read_seq AS before, greatest(p.read_seq, least(coalesce($3, c.last_seq), c.last_seq)) AS after,
           c.participant_count
         FROM participants p JOIN conversations c ON c.id = p.conversation_id
         WHERE p.conversation_id = $1 AND p.user_id = $2
       ), moved AS (
         -- Twice "greatest": the row may have moved on since this statement's snapshot.
         UPDATE participants p SET read_seq = greatest(p.read_seq, position.after) FROM position
         WHERE p.conversation_id = $1 AND p.user_id = $2 AND position.after > position.before
       )
       SELECT * FROM position`,
      [conversationId, userId, seq ?? null],
    );
    return row && { seq: row.after, moved: row.after > row.before, participantCount: row.participant_count };
  }
}
