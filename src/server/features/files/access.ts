import { Failure } from "../../base/failure.ts";
import type { Database } from "../../platform/postgres/database.ts";
import type { StoredFile } from "./file.ts";
import { COLUMNS } from "./store.ts";

/**
 * Decides who may read a file: its uploader until a message has it, then the members of a conversation that has a message
 * with it. It is asked for every request, and remembers nothing: a deleted message takes its files away at once.
 */
export class FileAccess {
  constructor(private readonly db: Database) {}

  async mayRead(userId: number, fileId: string): Promise<boolean> {
    return (await this.find(userId, fileId))?.state === "ready";
  }

  /**
   * A file that the user may read. Its uploader gets it before it is ready, too.
   * @throws Failure `file_not_found`, also for files that others have
   */
  async require(userId: number, fileId: string): Promise<StoredFile> {
    const file = await this.find(userId, fileId);
    if (!file) throw new Failure("file_not_found");
    return file;
  }

  private async find(userId: number, fileId: string): Promise<StoredFile | undefined> {
    const [file] = await this.db.query<StoredFile>(READABLE, [fileId, userId]);
    return file;
  }
}

/**
 * A thread has the members of its parent. Retention moves `pruned_seq` before it removes rows. Each step finds its rows by key,
 * from those of the step before: with joins PostgreSQL may begin with all conversations of the user.
 */
const READABLE = `SELECT ${COLUMNS} FROM files f
  WHERE f.id = $1 AND EXISTS (SELECT FROM users u WHERE u.id = $2 AND u.is_active) AND (
    (f.used_at IS NULL AND f.user_id = $2)
    OR (f.state = 'ready' AND (
      SELECT true FROM (SELECT conversation_id, seq FROM message_files WHERE file_id = f.id OFFSET 0) mf
      CROSS JOIN LATERAL (
        SELECT coalesce(parent_id, id) AS place, pruned_seq FROM conversations WHERE id = mf.conversation_id OFFSET 0
      ) c
      CROSS JOIN LATERAL (
        SELECT FROM messages
        WHERE conversation_id = mf.conversation_id AND seq = mf.seq AND seq > c.pruned_seq AND deleted_at IS NULL OFFSET 0
      ) m
      CROSS JOIN LATERAL (SELECT FROM participants WHERE conversation_id = c.place AND user_id = $2 OFFSET 0) p
      LIMIT 1
    ))
  )`;
