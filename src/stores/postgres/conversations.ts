import { and, asc, eq, gt, sql } from "drizzle-orm";
import { Failure } from "../../domain/errors.ts";
import type { ConversationRecord, ConversationStore, Standing, SummaryRecord } from "../../domain/ports.ts";
import { PARTICIPANTS_SHOWN } from "../../protocol/conversations.ts";
import type { User } from "../../protocol/users.ts";
import { alter, insertParticipants } from "./alter.ts";
import type { Database, Orm, Transaction } from "./database.ts";
import { arrayParam, isOneOf, iso, MESSAGE_COLUMNS, type MessageRow, messageOf, ms, userOf } from "./rows.ts";
import { conversations, participants, users } from "./schema.ts";
import { SharedReads } from "./shared-reads.ts";

type ConversationRow = typeof conversations.$inferSelect;

/** One person in one conversation. */
interface Place {
  conversationId: string;
  userId: number;
}

const placeName = ({ conversationId, userId }: Place) => `${conversationId} ${userId}`;
const columnsOf = (places: Place[]) => [
  places.map((place) => place.conversationId),
  places.map((place) => place.userId),
];

export class PostgresConversations implements ConversationStore {
  private readonly memberships = new SharedReads(placeName, (places: Place[]) => this.readMemberships(places));
  private readonly standings = new SharedReads(placeName, (places: Place[]) => this.readStandings(places));

  constructor(private readonly db: Database) {}

  async known(ids: number[]) {
    if (ids.length === 0) return [];
    const rows = await this.db.read((orm) =>
      orm
        .select({ id: users.id })
        .from(users)
        .where(and(isOneOf(users.id, ids), eq(users.isActive, true))),
    );
    return rows.map((row) => row.id);
  }

  create(conversation: { id: string; ownerId: number; participantIds: number[]; name: string | null }) {
    const { id, ownerId, participantIds, name } = conversation;
    const [low, high] = [...participantIds].sort((a, b) => a - b);
    const isGroup = participantIds.length > 2;
    const pair = isGroup ? {} : { pairLow: low ?? null, pairHigh: high ?? null };
    return this.db.transaction(async (tx) => {
      const [row] = await tx
        .insert(conversations)
        .values({ id, name, isGroup, ownerId, participantCount: participantIds.length, ...pair })
        .onConflictDoNothing({ target: [conversations.pairLow, conversations.pairHigh] })
        .returning();
      if (row) {
        await insertParticipants(tx, id, participantIds, 0);
        return { conversation: await recordOf(tx, row), created: true };
      }
      // The pair was there, or a racing create has just committed it: the insert waited for that commit.
      const [existing] = await tx
        .select()
        .from(conversations)
        .where(and(eq(conversations.pairLow, low ?? 0), eq(conversations.pairHigh, high ?? 0)));
      if (!existing) throw new Failure("unavailable", { retryAfter: 1 });
      return { conversation: await recordOf(tx, existing), created: false };
    });
  }

  async membership(conversationId: string, userId: number) {
    return (await this.memberships.get({ conversationId, userId })) ?? "unknown";
  }

  private async readMemberships(places: Place[]) {
    const rows = await this.db.query<Place & { participant: boolean }>(
      `SELECT c.id AS "conversationId", asked.user_id AS "userId", p.user_id IS NOT NULL AS participant
       FROM unnest($1::uuid[], $2::integer[]) AS asked (conversation_id, user_id)
       JOIN conversations c ON c.id = asked.conversation_id
       LEFT JOIN participants p ON p.conversation_id = c.id AND p.user_id = asked.user_id`,
      columnsOf(places),
    );
    return new Map(rows.map((row) => [placeName(row), row.participant ? "participant" : "outsider"] as const));
  }

  standing(conversationId: string, userId: number) {
    return this.standings.get({ conversationId, userId });
  }

  private async readStandings(places: Place[]) {
    const rows = await this.db.query<Place & Standing>(
      `SELECT c.id AS "conversationId", p.user_id AS "userId", p.read_seq AS "readSeq", c.last_seq AS "lastSeq",
         c.last_version AS "lastVersion", c.pruned_version AS "prunedVersion", c.participant_count AS "participantCount"
       FROM unnest($1::uuid[], $2::integer[]) AS asked (conversation_id, user_id)
       JOIN participants p ON p.conversation_id = asked.conversation_id AND p.user_id = asked.user_id
       JOIN conversations c ON c.id = p.conversation_id`,
      columnsOf(places),
    );
    return new Map<string, Standing>(rows.map((row) => [placeName(row), row]));
  }

  record(conversationId: string) {
    return this.db.read(async (orm) => {
      const [row] = await orm.select().from(conversations).where(eq(conversations.id, conversationId));
      return row && recordOf(orm, row);
    });
  }

  async summaries(userId: number, page: { limit: number; offset: number }) {
    const rows = await this.db.query<SummaryRow>(
      `${SUMMARY} WHERE p.user_id = $1 ORDER BY c.updated_at DESC, c.id DESC LIMIT $2 OFFSET $3`,
      [userId, page.limit, page.offset],
    );
    const [counted] = await this.db.query<{ total: number }>(
      "SELECT count(*)::int AS total FROM participants WHERE user_id = $1",
      [userId],
    );
    return { rows: await this.withPeople(rows), total: counted?.total ?? 0 };
  }

  async summary(userId: number, conversationId: string) {
    const rows = await this.db.query<SummaryRow>(`${SUMMARY} WHERE p.user_id = $1 AND c.id = $2`, [
      userId,
      conversationId,
    ]);
    return (await this.withPeople(rows))[0];
  }

  private async withPeople(rows: SummaryRow[]): Promise<SummaryRecord[]> {
    if (rows.length === 0) return [];
    const ids = rows.map((row) => row.conversation_id);
    const people = await this.db.read((orm) => firstParticipants(orm, ids));
    const messages = await this.db.query<MessageRow>(
      `SELECT ${MESSAGE_COLUMNS} FROM unnest($1::uuid[], $2::bigint[]) AS newest (conversation_id, seq)
       JOIN messages m ON m.conversation_id = newest.conversation_id AND m.seq = newest.seq`,
      [ids, rows.map((row) => row.last_seq)],
    );
    const newest = new Map(messages.map((row) => [row.conversation_id, messageOf(row)]));
    return rows.map((row) => ({
      id: row.conversation_id,
      name: row.name,
      isGroup: row.is_group,
      ownerId: row.owner_id,
      participants: people.get(row.conversation_id) ?? [],
      participantCount: row.participant_count,
      createdAt: iso(row.created_ms),
      updatedAt: iso(row.updated_ms),
      messageCount: row.last_seq - row.pruned_seq,
      unreadCount: row.last_seq - Math.max(row.read_seq, row.pruned_seq),
      lastMessage: newest.get(row.conversation_id) ?? null,
    }));
  }

  ofUsers(userIds: number[]) {
    return this.db.query<{ userId: number; id: string; lastVersion: number; lastSeq: number }>(
      `SELECT p.user_id AS "userId", c.id, c.last_version AS "lastVersion", c.last_seq AS "lastSeq"
       FROM participants p JOIN conversations c ON c.id = p.conversation_id WHERE p.user_id = ANY ($1::integer[])`,
      [userIds],
    );
  }

  readPositions(conversationId: string) {
    return this.db.query<{ user_id: number; seq: number }>(
      "SELECT user_id, read_seq AS seq FROM participants WHERE conversation_id = $1 ORDER BY ordinal LIMIT $2",
      [conversationId, PARTICIPANTS_SHOWN],
    );
  }

  participants(conversationId: string, page: { after: number; limit: number }) {
    return this.db.read(async (orm) => {
      const rows = await orm
        .select()
        .from(participants)
        .innerJoin(users, eq(users.id, participants.userId))
        .where(and(eq(participants.conversationId, conversationId), gt(participants.ordinal, page.after)))
        .orderBy(asc(participants.ordinal))
        .limit(page.limit + 1);
      const [conversation] = await orm
        .select({ total: conversations.participantCount })
        .from(conversations)
        .where(eq(conversations.id, conversationId));
      const shown = rows.slice(0, page.limit);
      return {
        users: shown.map((row) => userOf(row.users)),
        next: rows.length > page.limit ? (shown.at(-1)?.participants.ordinal ?? null) : null,
        total: conversation?.total ?? 0,
      };
    });
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

interface SummaryRow {
  conversation_id: string;
  name: string | null;
  is_group: boolean;
  owner_id: number | null;
  participant_count: number;
  created_ms: number;
  updated_ms: number;
  last_seq: number;
  pruned_seq: number;
  read_seq: number;
}

const SUMMARY = `SELECT c.id AS conversation_id, c.name, c.is_group, c.owner_id, c.participant_count,
    ${ms("c.created_at")} AS created_ms, ${ms("c.updated_at")} AS updated_ms,
    c.last_seq, c.pruned_seq, p.read_seq
  FROM participants p JOIN conversations c ON c.id = p.conversation_id`;

async function recordOf(orm: Orm | Transaction, row: ConversationRow): Promise<ConversationRecord> {
  const people = await firstParticipants(orm, [row.id]);
  return {
    id: row.id,
    name: row.name,
    isGroup: row.isGroup,
    ownerId: row.ownerId,
    participants: people.get(row.id) ?? [],
    participantCount: row.participantCount,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}

/** The first participants of each conversation, by joining. People who are in many of them are read once. */
async function firstParticipants(orm: Orm | Transaction, conversationIds: string[]): Promise<Map<string, User[]>> {
  const first = orm
    .select({ userId: participants.userId, ordinal: participants.ordinal })
    .from(participants)
    .where(eq(participants.conversationId, sql`wanted.id`))
    .orderBy(asc(participants.ordinal))
    .limit(PARTICIPANTS_SHOWN)
    .as("first");
  const places = await orm
    .select({ conversationId: sql<string>`wanted.id`, userId: first.userId })
    .from(sql`unnest(${arrayParam(conversationIds)}::uuid[]) AS wanted (id)`)
    .innerJoinLateral(first, sql`true`)
    .orderBy(asc(first.ordinal));
  const ids = [...new Set(places.map((place) => place.userId))];
  const rows = await orm.select().from(users).where(isOneOf(users.id, ids));
  const people = new Map(rows.map((row) => [row.id, userOf(row)]));
  const inConversation = new Map<string, User[]>(conversationIds.map((id) => [id, []]));
  for (const { conversationId, userId } of places) {
    const person = people.get(userId);
    if (person) inConversation.get(conversationId)?.push(person);
  }
  return inConversation;
}
