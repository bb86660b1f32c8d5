import type { Logger } from "../../base/logger.ts";
import type { Follower } from "../../followers/follower.ts";
import { FollowerRunner } from "../../followers/runner.ts";
import { FollowerStore } from "../../followers/store.ts";
import type { MessageLog } from "../../log/log.ts";
import type { Database } from "../../platform/postgres/database.ts";
import { SEARCH } from "./follower.ts";

/** The conversations of one step. */
const AT_ONCE = 20;
/** How long a step waits for another node that has a shard, in ms. */
const RETRY_MS = 200;
const PATIENCE_MS = 60_000;

/** Under these names the database notes the languages of the index, and the last conversation of an unfinished rebuilding. */
const LANGUAGES_NOTE = "search_languages";
const PROGRESS_NOTE = "search_reindexed";

export interface Progress {
  /** The conversations that are done, and all. */
  done: number;
  all: number;
  /** Nothing is left: the next step begins from the start. */
  isOver: boolean;
}

/** Writes the index of messages anew, conversation by conversation, while nodes serve and write it. */
export class Reindexing {
  private readonly followers: FollowerStore;
  private readonly runner: FollowerRunner;

  /** @param languages those of SEARCH_LANGUAGES, in order */
  constructor(
    private readonly db: Database,
    follower: Follower,
    log: Pick<MessageLog, "changes">,
    logger: Logger,
    private readonly languages: readonly string[],
  ) {
    this.followers = new FollowerStore(db);
    this.runner = new FollowerRunner(follower, this.followers, log, logger);
  }

  /**
   * Writes the rows of some conversations anew. After the last one the next call begins from the start. A run that ended
   * early goes on where it was.
   */
  async step(): Promise<Progress> {
    const after = await this.note(PROGRESS_NOTE);
    const [row] = await this.db.bulk<{ ids: string | null; done: number; all: number }>(NEXT, [
      after ?? NO_ID,
      AT_ONCE,
    ]);
    const ids = row?.ids?.split(" ") ?? [];
    const last = ids.at(-1);
    if (!row || last === undefined) {
      await this.keep(LANGUAGES_NOTE, this.languages.join(","));
      await this.keep(PROGRESS_NOTE, NO_ID);
      return { done: row?.all ?? 0, all: row?.all ?? 0, isOver: true };
    }
    await this.db.query(REWIND, [SEARCH, ids]);
    await this.follow(ids);
    await this.keep(PROGRESS_NOTE, last);
    return { done: row.done + ids.length, all: row.all, isOver: false };
  }

  /** Whether the index has the stems of other languages than the setting names. An empty index has those of the setting. */
  async isOutdated(): Promise<boolean> {
    const noted = await this.note(LANGUAGES_NOTE);
    if (noted !== undefined) return noted !== this.languages.join(",");
    const [row] = await this.db.query<{ is_new: boolean }>(IS_NEW, [SEARCH]);
    // Before there was a note, no index had stems.
    const languages = row?.is_new ? this.languages.join(",") : "";
    await this.keep(LANGUAGES_NOTE, languages);
    return languages !== this.languages.join(",");
  }

  /** Ends what is under way. */
  close(): Promise<void> {
    return this.runner.close(performance.now());
  }

  private async follow(ids: readonly string[]) {
    for (const since = performance.now(); performance.now() - since < PATIENCE_MS; await Bun.sleep(RETRY_MS)) {
      for (const id of ids) this.runner.note(id, true);
      await this.runner.run();
      const positions = await this.followers.positions({ name: SEARCH }, ids);
      if (positions.every(({ cursor, lastVersion }) => (cursor?.version ?? 0) > 0 || lastVersion === 0)) return;
    }
    throw new Error("Another node has held the index for a minute. Run the command again, it goes on from here.");
  }

  private async note(name: string): Promise<string | undefined> {
    const [row] = await this.db.query<{ value: string }>(
      "SELECT value #>> '{}' AS value FROM server_settings WHERE name = $1",
      [name],
    );
    return row?.value;
  }

  private async keep(name: string, value: string) {
    await this.db.query(KEEP, [name, JSON.stringify(value)]);
  }
}

const NO_ID = "00000000-0000-0000-0000-000000000000";

const NEXT = `SELECT (SELECT string_agg(id::text, ' ' ORDER BY id) FROM (
    SELECT id FROM conversations WHERE id > $1::uuid ORDER BY id LIMIT $2
  ) next) AS ids,
  (SELECT count(*)::integer FROM conversations WHERE id <= $1::uuid) AS done,
  (SELECT count(*)::integer FROM conversations) AS all`;

/** A follower that is at work in one of them finds its cursor moved, and undoes its work. */
const REWIND = "UPDATE follower_cursors SET version = 0 WHERE follower = $1 AND conversation_id = ANY ($2::uuid[])";

const IS_NEW = "SELECT NOT EXISTS (SELECT FROM follower_cursors WHERE follower = $1) AS is_new";

const KEEP = `INSERT INTO server_settings (name, value) VALUES ($1, $2::text::jsonb)
  ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed_at = now()`;
