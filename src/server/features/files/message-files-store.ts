import {
  type ConversationFile,
  FILES_MAX,
  type FileKind,
  type FileState,
  type MessageFile,
} from "../../../protocol/files.ts";
import type { Names } from "../../log/names.ts";
import type { Database } from "../../platform/postgres/database.ts";
import { iso, ms } from "../../platform/postgres/values.ts";

/** A file that somebody wants to send. */
export interface Sendable {
  userId: number;
  state: FileState;
  /** Messages had it, and no message has it any more. */
  isGone: boolean;
  /** As the message shows it. */
  shown: MessageFile;
}

interface Row {
  id: string;
  user_id: number;
  state: FileState;
  is_gone: boolean;
  name: string;
  type: string;
  bytes: number;
  details: Record<string, unknown>;
}

/** The files of a conversation that a page has. It begins beside a message, whose files are not in it. */
export interface FilesPage {
  /** Left out: all. */
  kinds?: readonly FileKind[] | undefined;
  /** Newer ones first, of messages before this `seq`; with `after`, older ones first, of messages after it. */
  before?: number | undefined;
  after?: number | undefined;
  /** The page may have more: it has all files of its last message. */
  limit: number;
}

interface ListedRow {
  message_id: string;
  seq: number;
  sender_id: number;
  created_ms: number;
  file: MessageFile;
}

/** The files of messages. `confab_take_files` writes them, in the transaction of the append. */
export class MessageFilesStore {
  constructor(
    private readonly db: Pick<Database, "query">,
    private readonly names: Pick<Names, "of">,
  ) {}

  /** The files with these ids that exist, by their ids. */
  async sendable(ids: readonly string[]): Promise<Map<string, Sendable>> {
    const rows = await this.db.query<Row>(SENDABLE, [ids]);
    return new Map(
      rows.map(({ id, user_id: userId, state, is_gone: isGone, name, type, bytes, details }) => [
        id,
        { userId, state, isGone, shown: { ...details, id, name, type, bytes } },
      ]),
    );
  }

  /** A page of a conversation's files; `next` is the `seq` at which the next page begins, or null. */
  async list(
    conversationId: string,
    { kinds, before, after, limit }: FilesPage,
  ): Promise<{ files: ConversationFile[]; next: number | null }> {
    const { all, ofKinds } = after === undefined ? NEWEST_FIRST : OLDEST_FIRST;
    // A message is never cut in two, and one row more shows whether there is a next page.
    const most = limit + FILES_MAX;
    const place = [conversationId, after ?? before ?? Number.MAX_SAFE_INTEGER, most];
    const rows = await this.db.query<ListedRow>(kinds ? ofKinds : all, kinds ? [...place, kinds] : place);
    let taken = Math.min(limit, rows.length);
    while (taken < rows.length && rows[taken]?.seq === rows[taken - 1]?.seq) taken++;
    const page = rows.slice(0, taken);
    const names = await this.names.of(new Set(page.map((row) => row.sender_id)));
    const files = page.map(({ message_id, seq, sender_id, created_ms, file }) => {
      const sender_name = names.get(sender_id)?.name ?? "";
      return { message_id, seq, sender_id, sender_name, created_at: iso(created_ms), file };
    });
    return { files, next: taken < rows.length ? (page.at(-1)?.seq ?? null) : null };
  }
}

const LISTED = `m.id AS message_id, m.seq, m.sender_id, ${ms("m.created_at")} AS created_ms, m.fields -> 'files' -> f.n::int AS file`;
/** The rows of a deleted message are gone. A node of release 1 leaves those of pruned messages. */
const MESSAGE = `CROSS JOIN LATERAL (
    SELECT * FROM messages WHERE conversation_id = $1 AND seq = f.seq AND deleted_at IS NULL OFFSET 0
  ) m`;

/** $1 is the conversation, $2 the message beside which the page begins, $3 how many rows, $4 the kinds; null: all. */
const listOf = (range: string, order: "ASC" | "DESC") => {
  const sorted = `ORDER BY f.seq ${order}, f.n ${order} LIMIT $3`;
  const rows = (of: string) =>
    `SELECT f.seq, f.n FROM message_files f WHERE f.conversation_id = $1 AND ${of}${range} ${sorted}`;
  return {
    all: `SELECT ${LISTED} FROM (${rows("")}) f ${MESSAGE} ORDER BY f.seq ${order}, f.n ${order}`,
    // Each kind in the order of its index, so that a rare kind is found at once.
    ofKinds: `SELECT ${LISTED} FROM (
        SELECT f.seq, f.n FROM unnest($4::text[]) AS asked (kind) CROSS JOIN LATERAL (${rows("f.kind = asked.kind AND ")}) f ${sorted}
      ) f ${MESSAGE} ORDER BY f.seq ${order}, f.n ${order}`,
  };
};
const NEWEST_FIRST = listOf("f.seq < $2", "DESC");
const OLDEST_FIRST = listOf("f.seq > $2", "ASC");

const SENDABLE = `SELECT f.id, f.user_id, f.state, f.name, f.type, f.bytes, f.details,
    f.used_at IS NOT NULL AND NOT EXISTS (SELECT FROM message_files m WHERE m.file_id = f.id) AS is_gone
  FROM files f WHERE f.id = ANY ($1::uuid[])`;
