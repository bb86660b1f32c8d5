import { sql } from "drizzle-orm";
import { EPOCH } from "../log/rows.ts";
import type { Database, Transaction } from "../platform/postgres/database.ts";
import { rowsOf } from "../platform/postgres/rows-of.ts";
import { arrayParam } from "../platform/postgres/values.ts";
import { type EndedEarly, type Follower, startsOverInNewEpoch } from "./follower.ts";

/** Conversations are spread over this many shards, so that several nodes can run one follower. */
export const SHARDS = 8;
/** A shard of a node that has died is free after this time. */
const LEASE_MS = 10_000;

/** The right to run some shards of a follower. A later lease of a shard has a larger fence. */
export interface Lease {
  follower: string;
  fences: ReadonlyMap<number, number>;
}

/** Where a follower stands in a conversation, and where the conversation stands. */
export interface Position {
  conversationId: string;
  /** The cursor in the database; null: the follower has none there. */
  cursor: { version: number; epoch: string } | null;
  lastVersion: number;
  /** The `seq` of the newest message. */
  lastSeq: number;
  prunedVersion: number;
  /** The epoch of the database, read in the same statement. */
  epoch: string;
}

/** A cursor that moves from one version to another one. */
export interface Move {
  conversationId: string;
  /** The cursor as it was read. */
  from: Position["cursor"];
  version: number;
  epoch: string;
}

/** Another node runs the shard by now, or has moved a cursor. Nothing was written. */
export class Superseded extends Error {}

/** The tables of cursors and leases. */
export class FollowerStore {
  private readonly self = crypto.randomUUID();

  constructor(private readonly db: Database) {}

  /**
   * The most conversations, and the most changes, of one transaction. In an embedded database everything else waits for
   * its end, so it must take only some ms.
   */
  get most(): { conversations: number; changes: number } {
    const { pieceRows } = this.db;
    return { conversations: Math.ceil(pieceRows / 50), changes: Math.ceil(pieceRows / 5) };
  }

  /**
   * Makes the rows of a follower's leases. For a follower that begins at the heads, writes cursors at the heads of now.
   * Later calls do nothing: the rows show that the follower has begun.
   */
  async begin({ name, start }: Pick<Follower, "name" | "start">): Promise<void> {
    await this.db.query(start === "heads" ? BEGIN_AT_HEADS : BEGIN, [name, SHARDS]);
  }

  /** Leases those of the shards that no other node runs. `undefined`: none. */
  async lease(follower: string, shards: readonly number[]): Promise<Lease | undefined> {
    const rows = await this.db.query<{ shard: number; fence: number }>(TAKE, [follower, shards, this.self, LEASE_MS]);
    return rows.length === 0
      ? undefined
      : { follower, fences: new Map(rows.map(({ shard, fence }) => [shard, fence])) };
  }

  async release({ follower, fences }: Lease): Promise<void> {
    await this.db.query(RELEASE, [follower, [...fences.keys()], [...fences.values()]]);
  }

  /** The follower's positions in those of these conversations that it follows and that still exist. */
  async positions(
    { name, onlyThreads = false }: Pick<Follower, "name" | "onlyThreads">,
    conversationIds: readonly string[],
  ): Promise<Position[]> {
    const rows = await this.db.query<Omit<Position, "cursor"> & { version: number | null; cursorEpoch: string }>(
      POSITIONS,
      [name, conversationIds, onlyThreads],
    );
    return rows.map(({ version, cursorEpoch, ...position }) => ({
      ...position,
      cursor: version === null ? null : { version, epoch: cursorEpoch },
    }));
  }

  /**
   * Moves cursors, by compare-and-set and while the lease is held, in one transaction with what `write` does. Where that
   * has ended early, the cursor moves as far.
   * @throws Superseded, and nothing is written
   */
  move(lease: Lease, asked: readonly Move[], write?: (tx: Transaction) => Promise<EndedEarly | undefined>) {
    return this.db.transaction(async (tx) => {
      const { follower, fences } = lease;
      // The rows' locks keep others from taking the shards before the commit. Their order keeps nodes from a deadlock.
      const held = await rowsOf(
        tx,
        sql`WITH held AS MATERIALIZED (
            SELECT l.shard FROM follower_leases l
            JOIN unnest(${arrayParam([...fences.keys()])}::integer[], ${arrayParam([...fences.values()])}::bigint[])
              AS mine (shard, fence) USING (shard, fence)
            WHERE l.follower = ${follower} AND l.leased_until IS NOT NULL ORDER BY l.shard FOR UPDATE OF l
          )
          UPDATE follower_leases l SET leased_until = clock_timestamp() + ${LEASE_MS} * interval '1 millisecond'
          FROM held WHERE l.follower = ${follower} AND l.shard = held.shard RETURNING l.shard`,
      );
      if (held.length < fences.size) throw new Superseded("another node runs one of these shards");
      const ended = await write?.(tx);
      const moves = asked
        .map((move) => ({ ...move, version: ended?.get(move.conversationId) ?? move.version }))
        .filter(({ from, version, epoch }) => version > 0 && (from?.version !== version || from.epoch !== epoch));
      const moved = await rowsOf(
        tx,
        sql`WITH asked AS (
            SELECT * FROM unnest(
              ${arrayParam(moves.map(({ conversationId }) => conversationId))}::uuid[],
              ${arrayParam(moves.map(({ version }) => version))}::bigint[],
              ${arrayParam(moves.map(({ epoch }) => epoch))}::uuid[],
              ${arrayParam(moves.map(({ from }) => from?.version ?? -1))}::bigint[]
            ) AS asked (id, version, epoch, was)
          )
          INSERT INTO follower_cursors AS f (follower, conversation_id, epoch, version)
          -- A database that has just gone back may lack the versions that were read.
          SELECT ${follower}::text, asked.id, asked.epoch, asked.version
          FROM asked JOIN conversations c ON c.id = asked.id AND c.last_version >= asked.version ORDER BY asked.id
          ON CONFLICT (follower, conversation_id) DO UPDATE SET epoch = excluded.epoch, version = excluded.version
          WHERE f.version = (SELECT was FROM asked WHERE id = f.conversation_id)
          RETURNING conversation_id`,
      );
      if (moved.length < moves.length) throw new Superseded("another node has moved a cursor");
      return ended;
    });
  }

  /**
   * Reads some conversations with greater ids than `after`. Returns the conversations in which one of the followers is
   * not at the head, and the last id that was read: `undefined` after the end.
   */
  async behind(followers: readonly Follower[], after: string) {
    const [row] = await this.db.bulk<{ last: string | null; looked: number; ids: string | null }>(BEHIND, [
      followers.map(({ name }) => name),
      followers.map((follower) => String(startsOverInNewEpoch(follower))),
      followers.map(({ onlyThreads = false }) => String(onlyThreads)),
      after,
      this.db.pieceRows,
    ]);
    const isEnd = row?.last == null || row.looked < this.db.pieceRows;
    return { ids: row?.ids?.split(" ") ?? [], last: isEnd ? undefined : (row.last ?? undefined) };
  }

  /** Drops the cursors in a conversation that is gone for good. */
  async forget(conversationId: string): Promise<void> {
    await this.db.query(FORGET, [conversationId]);
  }
}

/** When two nodes begin at once, the first one writes the rows. The other one waits for these rows and finds them. */
const BEGIN_AT_HEADS = `WITH begun AS (
    INSERT INTO follower_leases (follower, shard) SELECT $1::text, n FROM generate_series(0, $2::integer - 1) AS n
    ON CONFLICT DO NOTHING RETURNING shard
  )
  INSERT INTO follower_cursors (follower, conversation_id, epoch, version)
  SELECT $1::text, c.id, ${EPOCH}, c.last_version FROM conversations c
  WHERE c.last_version > 0 AND EXISTS (SELECT FROM begun)
  ON CONFLICT DO NOTHING`;

const BEGIN = `INSERT INTO follower_leases (follower, shard)
  SELECT $1::text, n FROM generate_series(0, $2::integer - 1) AS n ON CONFLICT DO NOTHING`;

/** Waits for no other node. A database that has just gone back may lack the rows: the next call has them. */
const TAKE = `WITH made AS (
    INSERT INTO follower_leases (follower, shard) SELECT $1::text, unnest($2::integer[]) ON CONFLICT DO NOTHING
  ), free AS MATERIALIZED (
    SELECT shard FROM follower_leases
    WHERE follower = $1 AND shard = ANY ($2::integer[]) AND (leased_until IS NULL OR leased_until <= clock_timestamp())
    ORDER BY shard FOR UPDATE SKIP LOCKED
  )
  UPDATE follower_leases l SET
    fence = l.fence + 1, leased_by = $3, leased_until = clock_timestamp() + $4 * interval '1 millisecond'
  FROM free WHERE l.follower = $1 AND l.shard = free.shard
  RETURNING l.shard, l.fence::double precision AS fence`;

const RELEASE = `UPDATE follower_leases l SET leased_until = NULL
  FROM unnest($2::integer[], $3::bigint[]) AS mine (shard, fence)
  WHERE l.follower = $1 AND l.shard = mine.shard AND l.fence = mine.fence`;

const POSITIONS = `SELECT c.id AS "conversationId", f.version, f.epoch AS "cursorEpoch",
    c.last_version AS "lastVersion", c.last_seq AS "lastSeq", c.pruned_version AS "prunedVersion", ${EPOCH} AS epoch
  FROM unnest($2::uuid[]) AS asked (id)
  CROSS JOIN LATERAL (
    SELECT * FROM conversations WHERE id = asked.id AND (parent_id IS NOT NULL OR NOT $3::boolean) OFFSET 0
  ) c
  LEFT JOIN LATERAL (
    SELECT * FROM follower_cursors WHERE follower = $1 AND conversation_id = asked.id OFFSET 0
  ) f ON true`;

const BEHIND = `WITH piece AS MATERIALIZED (
    SELECT id, parent_id, last_version FROM conversations WHERE id > $4 ORDER BY id LIMIT $5
  ), late AS (
    SELECT DISTINCT piece.id FROM piece
    CROSS JOIN unnest($1::text[], $2::boolean[], $3::boolean[]) AS of (follower, starts_over, only_threads)
    LEFT JOIN LATERAL (
      SELECT * FROM follower_cursors WHERE follower = of.follower AND conversation_id = piece.id OFFSET 0
    ) f ON true
    WHERE (coalesce(f.version, 0) <> piece.last_version OR (of.starts_over AND f.epoch <> ${EPOCH}))
      AND (piece.parent_id IS NOT NULL OR NOT of.only_threads)
  )
  SELECT (SELECT id::text FROM piece ORDER BY id DESC LIMIT 1) AS last, (SELECT count(*)::int FROM piece) AS looked,
    (SELECT string_agg(id::text, ' ') FROM late) AS ids`;

const FORGET = `DELETE FROM follower_cursors f USING (SELECT DISTINCT follower FROM follower_leases) l
  WHERE f.follower = l.follower AND f.conversation_id = $1`;
