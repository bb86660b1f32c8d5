import { SharedReads } from "../base/shared-reads.ts";
import type { Database } from "../platform/postgres/database.ts";
import { PEOPLE } from "./head.ts";
import { mentionsAfter } from "./mention-count.ts";
import { EPOCH } from "./rows.ts";

/**
 * The position of one member in a conversation, and the head of the conversation itself. The members of a thread are
 * those of its parent. Members who do not follow it have no position there, and nothing is unread for them.
 */
export interface Standing {
  readSeq: number;
  /** The unread messages that mention the member. */
  mentionCount: number;
  /** The newest change that the member has looked at. Null: not known. */
  readVersion: number | null;
  lastSeq: number;
  lastVersion: number;
  prunedSeq: number;
  prunedVersion: number;
  participantCount: number;
  /** The version of the conversation whose members these are, when the membership was read. */
  rightsVersion: number;
  epoch: string;
  /** The tag at the version that was asked for. `null` when it is not known, or when no version was asked for. */
  tagThere: string | null;
}

export type Membership = "participant" | "outsider" | "unknown";

/** A conversation of a user, or a thread that they follow, with its head. */
export interface Own {
  id: string;
  lastVersion: number;
  lastSeq: number;
  parentId: string | null;
}

/** The list of one user. */
export interface OwnList {
  /** Tells this list of conversations and threads from others of the user; not their heads. */
  digest: string;
  /** `undefined`: the list is the one that was known. */
  own: Own[] | undefined;
}

const OWN = `c.id, c.last_version AS "lastVersion", c.last_seq AS "lastSeq", c.parent_id AS "parentId"`;

/** Whether the person of a row `p` is a member: in a thread `c` of its parent. */
export const IS_IN_PARENT = `(c.parent_id IS NULL OR EXISTS (
    SELECT FROM participants member WHERE member.conversation_id = c.parent_id AND member.user_id = p.user_id
  ))`;

const READ_VERSION = "CASE WHEN c.parent_id IS NULL THEN p.read_version ELSE follow.read_version END";
const READ_SEQ = "CASE WHEN c.parent_id IS NULL THEN p.read_seq ELSE coalesce(follow.read_seq, c.last_seq) END";

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

  async membership(conversationId: string, userId: number): Promise<Membership> {
    return (await this.find(conversationId, userId))?.membership ?? "unknown";
  }

  /** The same, and the parent of a thread. `undefined`: there is no such conversation. */
  find(conversationId: string, userId: number) {
    return this.memberships.get({ conversationId, userId });
  }

  private async readMemberships(places: Place[]) {
    const rows = await this.db.query<Place & { participant: boolean; parentId: string | null }>(
      `SELECT c.id AS "conversationId", asked.user_id AS "userId", p.user_id IS NOT NULL AS participant,
         c.parent_id AS "parentId"
       FROM unnest($1::uuid[], $2::integer[]) AS asked (conversation_id, user_id)
       CROSS JOIN LATERAL (SELECT * FROM conversations WHERE id = asked.conversation_id OFFSET 0) c
       LEFT JOIN LATERAL (
         SELECT * FROM participants
         WHERE conversation_id = coalesce(c.parent_id, c.id) AND user_id = asked.user_id OFFSET 0
       ) p ON true`,
      columnsOf(places),
    );
    return new Map(
      rows.map(({ participant, parentId, ...place }) => {
        const membership: Membership = participant ? "participant" : "outsider";
        return [placeName(place), { membership, parentId }];
      }),
    );
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
      `SELECT c.id AS "conversationId", p.user_id AS "userId", asked.version, ${READ_SEQ} AS "readSeq",
         ${READ_VERSION} AS "readVersion", c.last_seq AS "lastSeq",
         c.last_version AS "lastVersion", c.pruned_seq AS "prunedSeq", c.pruned_version AS "prunedVersion",
         ${PEOPLE} AS "participantCount", ${EPOCH} AS epoch,
         ${mentionsAfter("asked.user_id", "c.id", `greatest(${READ_SEQ}, c.pruned_seq)`)} AS "mentionCount",
         coalesce(parent.last_version, c.last_version) AS "rightsVersion",
         CASE WHEN asked.version IS NOT NULL THEN confab_tag(c.id, asked.version) END AS "tagThere"
       FROM unnest($1::uuid[], $2::integer[], $3::bigint[]) AS asked (conversation_id, user_id, version)
       CROSS JOIN LATERAL (SELECT * FROM conversations WHERE id = asked.conversation_id OFFSET 0) c
       CROSS JOIN LATERAL (
         SELECT * FROM participants
         WHERE conversation_id = coalesce(c.parent_id, c.id) AND user_id = asked.user_id OFFSET 0
       ) p
       LEFT JOIN LATERAL (SELECT last_version FROM conversations WHERE id = c.parent_id OFFSET 0) parent ON true
       LEFT JOIN LATERAL (
         SELECT read_seq, read_version FROM participants
         WHERE c.parent_id IS NOT NULL AND conversation_id = c.id AND user_id = asked.user_id OFFSET 0
       ) follow ON true`,
      [...columnsOf(places), places.map((place) => place.version)],
    );
    return new Map<string, Standing>(rows.map((row) => [placeAtName(row), row]));
  }

  /** All conversations of these users and the threads that they follow, each with its head. */
  ofUsers(userIds: number[]) {
    return this.db.query<Own & { userId: number }>(
      `SELECT p.user_id AS "userId", ${OWN}
       FROM participants p JOIN conversations c ON c.id = p.conversation_id
       WHERE p.user_id = ANY ($1::integer[]) AND p.is_following AND ${IS_IN_PARENT}`,
      [userIds],
    );
  }

  /**
   * The same for one user, unless the list is still that of a digest. The database looks at each row for the digest,
   * which costs a tenth of a list that is read, sent and parsed.
   */
  async ofUser(userId: number, known: string | undefined): Promise<OwnList> {
    const rows = await this.db.query<Own & { digest: string; id: string | null }>(
      `SELECT own.digest, list.* FROM (
         SELECT count(*) || ' ' || bit_xor(uuid_hash_extended(conversation_id, is_following::int)) AS digest
         FROM participants WHERE user_id = $1
       ) own LEFT JOIN LATERAL (
         SELECT ${OWN} FROM participants p
         -- This OFFSET keeps the look-up by id. The planner would read all conversations of a server.
         CROSS JOIN LATERAL (SELECT * FROM conversations WHERE id = p.conversation_id OFFSET 0) c
         -- OFFSET keeps the comparison here: nothing more is read when the digests are the same.
         WHERE own.digest IS DISTINCT FROM $2 AND p.user_id = $1 AND p.is_following AND ${IS_IN_PARENT} OFFSET 0
       ) list ON true`,
      [userId, known ?? null],
    );
    const digest = rows[0]?.digest ?? "";
    return { digest, own: digest === known ? undefined : rows.filter(({ id }) => id !== null) };
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
   * @param version the newest change that the user has looked at. Left out: that of the newest message that is now read
   * @returns `undefined` when the user is no member, or does not follow the thread
   */
  async markRead(conversationId: string, userId: number, seq: number | undefined, version?: number) {
    const [row] = await this.db.query<{ before: number; after: number; participant_count: number }>(
      `WITH place AS (
         SELECT p.read_seq AS before, greatest(p.read_seq, least(coalesce($3, c.last_seq), c.last_seq)) AS after,
           p.read_version AS looked_before,
           -- Without CASE, "least" would leave the null out.
           CASE WHEN $4::bigint IS NOT NULL THEN least($4, c.last_version) END AS given,
           ${PEOPLE} AS participant_count
         FROM participants p JOIN conversations c ON c.id = p.conversation_id
         WHERE p.conversation_id = $1 AND p.user_id = $2 AND ${IS_IN_PARENT}
       ), position AS (
         SELECT *, coalesce(given, CASE WHEN after > before THEN (
           SELECT version FROM messages WHERE conversation_id = $1 AND seq = after
         ) END) AS looked FROM place
       ), moved AS (
         -- Twice "greatest": the row may have moved on since this statement's snapshot.
         UPDATE participants p SET read_seq = greatest(p.read_seq, position.after),
           read_version = greatest(p.read_version, position.looked)
         FROM position
         WHERE p.conversation_id = $1 AND p.user_id = $2
           AND (position.after > position.before OR position.looked > coalesce(position.looked_before, -1))
       )
       SELECT before, after, participant_count FROM position`,
      [conversationId, userId, seq ?? null, version ?? null],
    );
    return row && { seq: row.after, moved: row.after > row.before, participantCount: row.participant_count };
  }
}
