import { SharedReads } from "../base/shared-reads.ts";
import type { Database } from "../platform/postgres/database.ts";
import { EPOCH } from "./rows.ts";

/** The position of one member in a conversation, and the head of the conversation itself. */
export interface Standing {
  readSeq: number;
  lastSeq: number;
  lastVersion: number;
  prunedSeq: number;
  prunedVersion: number;
  participantCount: number;
  epoch: string;
  /** The tag at the version that was asked for. `null` when it is not known, or when no version was asked for. */
  tagThere: string | null;
}

/** One person in one conversation. */
interface Place {
  conversationId: string;
  userId: number;
}

/** A place with the version whose tag is wanted, or null. */
type PlaceAt = Place & { version: number | null };

const placeName = ({ conversationId, userId }: Place) => `${conversationId} ${userId}`;
const placeAtName = (place: PlaceAt) => `${placeName(place)} ${place.version}`;
const columnsOf = (places: Place[]) => [
  places.map((place) => place.conversationId),
  places.map((place) => place.userId),
];

/** Reads who is a member of which conversation and how far they have read, and moves read positions. */
export class Memberships {
  private readonly memberships = new SharedReads(placeName, (places: Place[]) => this.readMemberships(places));
  private readonly standings = new SharedReads(placeAtName, (places: PlaceAt[]) => this.readStandings(places));

  constructor(private readonly db: Database) {}

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

  /**
   * @param version the version whose tag is wanted
   * @returns `undefined` when there is no such conversation, or the user is no member of it
   */
  standing(conversationId: string, userId: number, version?: number): Promise<Standing | undefined> {
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

  /** All conversations of these users, each with its head. */
  ofUsers(userIds: number[]) {
    return this.db.query<{ userId: number; id: string; lastVersion: number; lastSeq: number }>(
      `SELECT p.user_id AS "userId", c.id, c.last_version AS "lastVersion", c.last_seq AS "lastSeq"
       FROM participants p JOIN conversations c ON c.id = p.conversation_id WHERE p.user_id = ANY ($1::integer[])`,
      [userIds],
    );
  }

  /** The ids of all the user's conversations. */
  async idsOf(userId: number): Promise<string[]> {
    const rows = await this.db.query<{ id: string }>(
      "SELECT conversation_id AS id FROM participants WHERE user_id = $1",
      [userId],
    );
    return rows.map(({ id }) => id);
  }

  /**
   * Moves the read position forward to `seq`, or to the newest message; never back. `moved` says whether it moved.
   * @returns `undefined` when the user is no member
   */
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
