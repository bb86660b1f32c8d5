import { sql } from "drizzle-orm";
import { Failure } from "../../base/failure.ts";
import { addJob } from "../../jobs/store.ts";
import type { BlobKind } from "../../platform/blobs/blobs.ts";
import type { Database, Transaction } from "../../platform/postgres/database.ts";
import { rowsOf as rows } from "../../platform/postgres/rows-of.ts";
import { ms } from "../../platform/postgres/values.ts";
import type { StoredFile } from "./file.ts";
import { UNFINISHED_MAX } from "./limits.ts";

/** A request that writes renews its lease while bytes come. Another one takes over when it has ended. */
export const LEASE_MS = 6_000;
/** The kind of job that removes bytes. */
export const REMOVE_BYTES = "remove_file_bytes";

export const COLUMNS = `id, user_id AS "userId", name, type, bytes::double precision AS bytes,
  received::double precision AS received, state, digest, details, refusal, ${ms("created_at")} AS "createdMs"`;
const LEASED_UNTIL = `clock_timestamp() + interval '${LEASE_MS} milliseconds'`;

export interface NewFile {
  id: string;
  userId: number;
  name: string;
  type: string;
  bytes: number;
  details: Record<string, unknown>;
}

/** How many bytes a user, and all users together, may store. */
export interface Quotas {
  perUser: number | "off";
  total: number | "off";
}

/** The rows of files. */
export class FilesStore {
  constructor(private readonly db: Database) {}

  /**
   * Adds a file, and reserves its bytes.
   * @throws Failure `user_files_full` or `server_files_full`, with the bytes that are left, or `too_many_uploads`
   */
  create(file: NewFile, { perUser, total }: Quotas): Promise<StoredFile> {
    return this.db.transaction(async (tx) => {
      // The trigger locks the rows of `file_usage`, so that nobody else reserves meanwhile.
      const [created] = await rows<StoredFile>(
        tx,
        sql`INSERT INTO files (id, user_id, name, type, bytes, state, details)
            VALUES (${file.id}, ${file.userId}, ${file.name}, ${file.type}, ${file.bytes}, 'uploading',
              ${JSON.stringify(file.details)}::text::jsonb)
            RETURNING ${sql.raw(COLUMNS)}`,
      );
      const usage = await rows<{ userId: number; bytes: number }>(
        tx,
        sql`SELECT user_id AS "userId", bytes::double precision AS bytes FROM file_usage WHERE user_id IN (0, ${file.userId})`,
      );
      const left = (userId: number, most: number | "off") =>
        most === "off" ? Infinity : most - (usage.find((row) => row.userId === userId)?.bytes ?? 0);
      for (const [reason, free] of [
        ["user_files_full", left(file.userId, perUser)],
        ["server_files_full", left(0, total)],
      ] as const)
        if (free < 0) throw new Failure(reason, { data: { bytes_left: Math.max(0, free + file.bytes) } });
      const [unfinished] = await rows<{ count: number }>(
        tx,
        sql`SELECT count(*)::integer AS count FROM files
            WHERE user_id = ${file.userId} AND state = 'uploading' AND used_at IS NULL`,
      );
      if (!created || (unfinished?.count ?? 0) > UNFINISHED_MAX) throw new Failure("too_many_uploads");
      return created;
    });
  }

  find(id: string): Promise<StoredFile | undefined> {
    return this.one(`SELECT ${COLUMNS} FROM files WHERE id = $1`, [id]);
  }

  /**
   * Takes the lease on a user's upload at this offset. `undefined`: there is none, another request has it, or the offset
   * is another one.
   */
  lease(id: string, userId: number, offset: number, token: string): Promise<StoredFile | undefined> {
    return this.one(
      `UPDATE files SET lease = $4, leased_until = ${LEASED_UNTIL}, touched_at = clock_timestamp() ${this.db.later}
       WHERE id = $1 AND user_id = $2 AND state = 'uploading' AND received = $3
         AND (lease IS NULL OR lease = $4 OR leased_until < clock_timestamp())
       RETURNING ${COLUMNS}`,
      [id, userId, offset, token],
    );
  }

  /** Renews a lease. False: another request has taken over. */
  async renew(id: string, token: string): Promise<boolean> {
    const found = await this.db.query(
      `UPDATE files SET leased_until = ${LEASED_UNTIL} ${this.db.later} WHERE id = $1 AND lease = $2 RETURNING id`,
      [id, token],
    );
    return found.length > 0;
  }

  /**
   * Notes how many bytes are durable, and renews the lease. False: another request has taken over. The row may fall back
   * when the database's machine dies. The client then sends some bytes again.
   */
  async save(id: string, token: string, received: number): Promise<boolean> {
    const found = await this.db.query(
      `UPDATE files SET received = $3, leased_until = ${LEASED_UNTIL}, touched_at = clock_timestamp() ${this.db.later}
       WHERE id = $1 AND lease = $2 RETURNING id`,
      [id, token, received],
    );
    return found.length > 0;
  }

  /** Notes how many bytes are durable, as `save` does, and gives the lease back. */
  async release(id: string, token: string, received: number): Promise<void> {
    await this.db.query(
      `UPDATE files SET received = $3, lease = NULL, leased_until = NULL, touched_at = clock_timestamp() ${this.db.later}
       WHERE id = $1 AND lease = $2`,
      [id, token, received],
    );
  }

  /** All bytes are there. This commit waits for the disk. `undefined`: another request has taken over. */
  checking(id: string, token: string): Promise<StoredFile | undefined> {
    return this.one(
      `UPDATE files SET state = 'checking', received = bytes, leased_until = ${LEASED_UNTIL}
       WHERE id = $1 AND lease = $2 RETURNING ${COLUMNS}`,
      [id, token],
    );
  }

  /** Writes the findings about a file. `undefined`: another node has taken over. */
  settle(file: Pick<StoredFile, "id" | "state" | "type" | "bytes" | "details" | "digest" | "refusal">, token: string) {
    const { id, state, type, bytes, details, digest, refusal } = file;
    return this.one(
      `UPDATE files SET state = $3, type = $4, bytes = $5, received = $5, details = $6::text::jsonb, digest = $7,
         refusal = $8, lease = NULL, leased_until = NULL, touched_at = clock_timestamp()
       WHERE id = $1 AND lease = $2 RETURNING ${COLUMNS}`,
      [id, token, state, type, bytes, JSON.stringify(details), digest, refusal],
    );
  }

  /**
   * A check could not be done. Somebody tries again when the file has waited twice as long, within these limits.
   * @returns how long it has waited since its last byte, and how long it waits now, in ms
   */
  async postpone(id: string, token: string, { least, most }: { least: number; most: number }) {
    const [row] = await this.db.query<{ waited: number; more: number }>(POSTPONE, [id, token, least, most]);
    return row;
  }

  /** Takes over one file whose check, or the moment before it, a node has not ended. */
  takeOver(token: string): Promise<StoredFile | undefined> {
    return this.one(
      `UPDATE files SET lease = $1, leased_until = ${LEASED_UNTIL}
       WHERE id = (
         SELECT id FROM files WHERE state = 'checking' AND leased_until < clock_timestamp()
         ORDER BY leased_until LIMIT 1 FOR UPDATE SKIP LOCKED
       ) RETURNING ${COLUMNS}`,
      [token],
    );
  }

  /** How long until the first of the files that are checked may be taken over, in ms. `undefined`: there are none. */
  async untilNextTakeOver(): Promise<number | undefined> {
    const [row] = await this.db.query<{ ms: number | null }>(
      `SELECT ${ms("min(leased_until) - clock_timestamp()")} AS ms FROM files WHERE state = 'checking'`,
      [],
    );
    return row?.ms == null ? undefined : Math.max(0, row.ms);
  }

  /** Changes the description of a file that no message has had. `undefined`: there is none. */
  describe(id: string, userId: number, alt: string): Promise<StoredFile | undefined> {
    return this.one(
      `UPDATE files SET details = CASE $3 WHEN '' THEN details - 'alt' ELSE details || jsonb_build_object('alt', $3::text) END
       WHERE id = $1 AND user_id = $2 AND used_at IS NULL RETURNING ${COLUMNS}`,
      [id, userId, alt],
    );
  }

  /** Removes a file that no message has had. @returns whether there was one */
  removeUnused(id: string, userId: number): Promise<boolean> {
    return this.db.transaction(async (tx) => {
      const removed = sql`DELETE FROM files WHERE id = ${id} AND user_id = ${userId} AND used_at IS NULL RETURNING id`;
      return (await this.withBytes(tx, await rows<{ id: string }>(tx, removed))).length > 0;
    });
  }

  /** Removes files that were not sent, or not finished, for this long. @returns their ids, `limit` at most */
  removeExpired(afterMs: number, limit: number): Promise<string[]> {
    return this.db.transaction(async (tx) => {
      const expired = await rows<{ id: string }>(
        tx,
        sql`DELETE FROM files WHERE used_at IS NULL AND id IN (
              SELECT id FROM files WHERE used_at IS NULL AND state <> 'checking'
                AND touched_at < clock_timestamp() - ${afterMs}::double precision * interval '1 millisecond'
                AND (leased_until IS NULL OR leased_until < clock_timestamp())
              ORDER BY touched_at LIMIT ${limit} FOR UPDATE SKIP LOCKED
            ) RETURNING id`,
      );
      return this.withBytes(tx, expired);
    });
  }

  /** Removes files whose last message was deleted, pruned or erased. @returns how many it looked at, `limit` at most */
  removeLoose(limit: number): Promise<number> {
    return this.db.transaction(async (tx) => {
      const loose = await rows<{ id: string }>(
        tx,
        sql`SELECT id FROM files WHERE loose_at IS NOT NULL ORDER BY loose_at LIMIT ${limit} FOR UPDATE SKIP LOCKED`,
      );
      const ids = sql.param(`{${loose.map(({ id }) => id).join(",")}}`);
      // A statement of its own, so that it sees messages which took the file until it was locked.
      const removed = await rows<{ id: string }>(
        tx,
        sql`DELETE FROM files f WHERE f.id = ANY (${ids}::uuid[])
              AND NOT EXISTS (SELECT FROM message_files m WHERE m.file_id = f.id) RETURNING f.id`,
      );
      await rows(tx, sql`UPDATE files SET loose_at = NULL WHERE id = ANY (${ids}::uuid[])`);
      await this.withBytes(tx, removed);
      return loose.length;
    });
  }

  /** Those of these ids that have a row, or of pictures: those that a person or a group shows. */
  async known(kind: BlobKind, ids: readonly string[]): Promise<Set<string>> {
    const found = await this.db.query<{ id: string }>(KNOWN[kind], [ids]);
    return new Set(found.map(({ id }) => id));
  }

  /** Files whose bytes must be there, after this id. */
  whole(afterId: string, limit: number): Promise<StoredFile[]> {
    return this.db.bulk<StoredFile>(
      `SELECT ${COLUMNS} FROM files WHERE id > $1::uuid AND state = 'ready' ORDER BY id LIMIT $2`,
      [afterId, limit],
    );
  }

  /** The bytes go with a job of the same transaction: a crash in between leaves none behind. */
  private async withBytes(tx: Transaction, removed: readonly { id: string }[]): Promise<string[]> {
    const ids = removed.map(({ id }) => id);
    if (ids.length > 0) await addJob(tx, { kind: REMOVE_BYTES, key: ids[0] ?? "", payload: { ids } });
    return ids;
  }

  private async one(text: string, parameters: Parameters<Database["query"]>[1]): Promise<StoredFile | undefined> {
    const [row] = await this.db.query<StoredFile>(text, parameters);
    return row;
  }
}

const KNOWN = {
  files: "SELECT id FROM files WHERE id = ANY ($1::uuid[])",
  avatars: `SELECT avatar AS id FROM users WHERE avatar = ANY ($1::uuid[])
    UNION ALL SELECT picture FROM conversations WHERE picture = ANY ($1::uuid[])`,
} as const satisfies Record<BlobKind, string>;

const POSTPONE = `UPDATE files f SET leased_until = clock_timestamp() + w.more * interval '1 millisecond'
  FROM (
    SELECT id, waited, least(greatest(waited, $3::float8), $4::float8) AS more FROM (
      SELECT id, (extract(epoch FROM clock_timestamp() - touched_at) * 1000)::float8 AS waited FROM files WHERE id = $1
    ) o
  ) w
  WHERE f.id = w.id AND f.lease = $2 RETURNING w.waited, w.more`;
