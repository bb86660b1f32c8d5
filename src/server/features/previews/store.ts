import { createHash } from "node:crypto";
import type { Preview } from "../../../protocol/previews.ts";
import { scheduleJob } from "../../jobs/store.ts";
import type { Database } from "../../platform/postgres/database.ts";

/** A job of this kind sets the previews of one message. Its key is the message's id. */
export const SET_PREVIEWS = "set_previews";
/** How long a preview is used again. A page without one may get one sooner. */
const KEPT = { preview: "1 day", nothing: "1 hour" };
/** Each new row takes up to this many old ones along. */
const REMOVED_AT_ONCE = 20;

/** A message whose addresses may need previews. */
export interface Previewed {
  id: string;
  conversationId: string;
  content: string;
  previews: readonly Preview[] | undefined;
  isDeleted: boolean;
}

type Known = Omit<Preview, "url">;

/** The previews of addresses, and the messages that wait for theirs. */
export class PreviewsStore {
  constructor(private readonly db: Database) {}

  /** Adds a job for each message. A job that runs already runs once more: the text may have changed since it began. */
  want(messageIds: readonly string[]): Promise<void> {
    return this.db.transaction(async (tx) => {
      for (const id of messageIds)
        await scheduleJob(tx, { kind: SET_PREVIEWS, key: id, payload: { message_id: id }, runAt: new Date() });
    });
  }

  async message(id: string): Promise<Previewed | undefined> {
    const [row] = await this.db.query<{
      conversation_id: string;
      content: string;
      previews: string | null;
      is_deleted: boolean;
    }>(MESSAGE, [id]);
    return (
      row && {
        id,
        conversationId: row.conversation_id,
        content: row.content,
        previews: row.previews === null ? undefined : JSON.parse(row.previews),
        isDeleted: row.is_deleted,
      }
    );
  }

  /** The last preview of an address. `null`: it has no preview. `undefined`: nobody has asked lately. */
  async known(url: string): Promise<Known | null | undefined> {
    const [row] = await this.db.query<{ preview: string | null }>(KNOWN, [digestOf(url)]);
    return row && (row.preview === null ? null : JSON.parse(row.preview));
  }

  async keep(url: string, preview: Known | null): Promise<void> {
    await this.db.query(KEEP, [digestOf(url), url, preview === null ? null : JSON.stringify(preview)]);
    await this.db.query(REMOVE_OLD, [REMOVED_AT_ONCE]);
  }
}

const digestOf = (url: string) => createHash("sha256").update(url).digest("hex");

const MESSAGE = `SELECT conversation_id, content, (fields -> 'previews')::text AS previews,
    deleted_at IS NOT NULL AS is_deleted
  FROM messages WHERE id = $1`;

const KNOWN = `SELECT preview::text AS preview FROM link_previews
  WHERE digest = $1 AND fetched_at > now() - CASE WHEN preview IS NULL THEN interval '${KEPT.nothing}'
    ELSE interval '${KEPT.preview}' END`;

const KEEP = `INSERT INTO link_previews (digest, url, preview, fetched_at) VALUES ($1, $2, $3::text::jsonb, now())
  ON CONFLICT (digest) DO UPDATE SET preview = excluded.preview, fetched_at = excluded.fetched_at`;

const REMOVE_OLD = `DELETE FROM link_previews WHERE digest IN (
    SELECT digest FROM link_previews WHERE fetched_at < now() - interval '${KEPT.preview}' ORDER BY fetched_at
    LIMIT $1 FOR UPDATE SKIP LOCKED
  )`;
