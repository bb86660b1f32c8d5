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

// A thread has the members of its parent. Retention moves `pruned_seq` before it removes rows.
const READABLE = `SELECT ${COLUMNS} FROM files f
  WHERE f.id = $1 AND EXISTS (SELECT FROM users u WHERE u.id = $2 AND u.is_active) AND (
    (f.used_at IS NULL AND f.user_id = $2)
    OR (f.state = 'ready' AND EXISTS (
      SELECT FROM message_files mf
      JOIN messages m ON m.conversation_id = mf.conversation_id AND m.seq = mf.seq AND m.deleted_at IS NULL
      JOIN conversations c ON c.id = mf.conversation_id AND m.seq > c.pruned_seq
      JOIN participants p ON p.conversation_id = coalesce(c.parent_id, c.id) AND p.user_id = $2
      WHERE mf.file_id = f.id
    ))
  )`;
