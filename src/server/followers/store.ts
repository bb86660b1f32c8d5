import { sql } from "drizzle-orm";
import { EPOCH } from "../log/rows.ts";
import type { Database, Transaction } from "../platform/postgres/database.ts";
import { rowsOf } from "../platform/postgres/rows-of.ts";
import { arrayParam } from "../platform/postgres/values.ts";
import { type Follower, startsOverInNewEpoch } from "./follower.ts";

/** Conversations are spread over this many shards, so that several nodes can run one follower. */
export const SHARDS = 8;
/** A shard of a node that has died is free after this time. */
const LEASE_MS = 10_000;

/** The right to run one shard of a follower. A later lease has a larger fence. */
export interface Lease {
  follower: string;
  shard: number;
  fence: number;
}

/** Where a follower stands in a conversation, and where the conversation stands. */
export interface Position {
  conversationId: string;
  /** The cursor in the database; null: the follower has none there. */
  cursor: { version: number; epoch: string } | null;
  lastVersion: number;
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
   * Writes cursors at the heads of now, for a follower that begins there. Later calls do nothing: the lease rows show
   * that the follower has begun.
   */
  async begin({ name, start }: Follower): Promise<void> {
    if (start === "heads") await this.db.query(BEGIN_AT_HEADS, [name, SHARDS]);
  }

  /** Leases a shard. `undefined`: another node runs it. */
  async lease(follower: string, shard: number): Promise<Lease | undefined> {
    const [row] = await this.db.query<{ fence: number }>(TAKE, [follower, shard, this.self, LEASE_MS]);
    return row && { follower, shard, fence: row.fence };
  }

  async release({ follower, shard, fence }: Lease): Promise<void> {
    await this.db.query(
      "UPDATE follower_leases SET leased_until = NULL WHERE follower = $1 AND shard = $2 AND fence = $3",
      [follower, shard, fence],
    );
  }

  /** The follower's positions in these conversations, as far as the conversations still exist. */
  async positions(follower: string, conversationIds: readonly string[]): Promise<Position[]> {
    const rows = await this.db.query<Omit<Position, "cursor"> & { version: number | null; cursorEpoch: string }>(
      POSITIONS,
      [follower, conversationIds],
    );
    return rows.map(({ version, cursorEpoch, ...position }) => ({
      ...position,
      cursor: version === null ? null : { version, epoch: cursorEpoch },
    }));
  }

  /**
   * Moves cursors, by compare-and-set and while the lease is held, in one transaction with what `write` does.
   * @throws Superseded, and nothing is written
   */
  move(lease: Lease, moves: readonly Move[], write: (tx: Transaction) => Promise<void> = async () => {}) {
    return this.db.transaction(async (tx) => {
      const { follower, shard, fence } = lease;
      // The row's lock keeps others from taking the shard before the commit.
      const held = await rowsOf(
        tx,
        sql`UPDATE follower_leases SET leased_until = clock_timestamp() + ${LEASE_MS} * interval '1 millisecond'
          WHERE follower = ${follower} AND shard = ${shard} AND fence = ${fence} AND leased_until IS NOT NULL
          RETURNING fence`,
      );
      if (held.length === 0) throw new Superseded("another node runs this shard");
      await write(tx);
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
          SELECT ${follower}::text, id, epoch, version FROM asked ORDER BY id
          ON CONFLICT (follower, conversation_id) DO UPDATE SET epoch = excluded.epoch, version = excluded.version
          WHERE f.version = (SELECT was FROM asked WHERE id = f.conversation_id)
          RETURNING conversation_id`,
      );
      if (moved.length < moves.length) throw new Superseded("another node has moved a cursor");
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

const TAKE = `INSERT INTO follower_leases AS l (follower, shard, fence, leased_by, leased_until)
  VALUES ($1, $2, 1, $3, clock_timestamp() + $4 * interval '1 millisecond')
  ON CONFLICT (follower, shard) DO UPDATE SET
    fence = l.fence + 1, leased_by = excluded.leased_by, leased_until = excluded.leased_until
  WHERE l.leased_until IS NULL OR l.leased_until <= clock_timestamp()
  RETURNING fence`;

const POSITIONS = `SELECT c.id AS "conversationId", f.version, f.epoch AS "cursorEpoch",
    c.last_version AS "lastVersion", c.pruned_version AS "prunedVersion", ${EPOCH} AS epoch
  FROM unnest($2::uuid[]) AS asked (id)
  CROSS JOIN LATERAL (SELECT * FROM conversations WHERE id = asked.id OFFSET 0) c
  LEFT JOIN LATERAL (
    SELECT * FROM follower_cursors WHERE follower = $1 AND conversation_id = asked.id OFFSET 0
  ) f ON true`;

const BEHIND = `WITH piece AS MATERIALIZED (
    SELECT id, last_version FROM conversations WHERE id > $3 ORDER BY id LIMIT $4
  ), late AS (
    SELECT DISTINCT piece.id FROM piece
    CROSS JOIN unnest($1::text[], $2::boolean[]) AS of (follower, starts_over)
    LEFT JOIN LATERAL (
      SELECT * FROM follower_cursors WHERE follower = of.follower AND conversation_id = piece.id OFFSET 0
    ) f ON true
    WHERE coalesce(f.version, 0) <> piece.last_version OR (of.starts_over AND f.epoch <> ${EPOCH})
  )
  SELECT (SELECT id::text FROM piece ORDER BY id DESC LIMIT 1) AS last, (SELECT count(*)::int FROM piece) AS looked,
    (SELECT string_agg(id::text, ' ') FROM late) AS ids`;

const FORGET = `DELETE FROM follower_cursors f USING (SELECT DISTINCT follower FROM follower_leases) l
  WHERE f.follower = l.follower AND f.conversation_id = $1`;
