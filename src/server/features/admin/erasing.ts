import { removedAtOnce } from "../../log/prune.ts";
import type { MessageWindow } from "../../log/window.ts";
import type { Database } from "../../platform/postgres/database.ts";

/** The pause between two pieces. Other writers and readers have the database to themselves meanwhile. */
const ERASING_PAUSE_MS = 50;
/** A node that has erased nothing for this long has ended, or can't go on. Another node takes over. */
const CLAIMED_MS = 10_000;
/** For this long after a removal, a write that read the conversation before it may still put something back. */
const LATE_MS = 60_000;

/** Erases what removed conversations held, in the database and in the window. */
export class Erasing {
  private erasing: Promise<void> | undefined;
  private hasMoreToErase = false;
  private isClosed = false;

  constructor(
    private readonly store: ErasingStore,
    private readonly window: Pick<MessageWindow, "drop"> | undefined,
  ) {}

  /** Erases what removed conversations held. You may call it again and again: it runs once at a time. */
  erase(): Promise<void> {
    this.hasMoreToErase = true;
    this.erasing ??= this.eraseAll().finally(() => {
      this.erasing = undefined;
    });
    return this.erasing;
  }

  /** A piece of each conversation in turn: a small one, or one that is removed meanwhile, does not wait for a large one. */
  private async eraseAll() {
    const settled = new Set<string>();
    while (this.hasMoreToErase && !this.isClosed) {
      this.hasMoreToErase = false;
      for (const id of await this.store.removed()) {
        if (settled.has(id)) continue;
        if (this.isClosed) return;
        if (await this.eraseSome(id)) this.hasMoreToErase = true;
        else settled.add(id);
      }
    }
  }

  /** Returns whether there is more of it to erase here. */
  private async eraseSome(id: string): Promise<boolean> {
    const left = await this.store.erasePiece(id);
    if (left === "more") await Bun.sleep(ERASING_PAUSE_MS);
    else if (left === "done" && !this.isClosed && (!this.window || (await this.window.drop(id))))
      await this.store.forget(id);
    return left === "more";
  }

  /** Stops after the current piece. Another node or the next start goes on. */
  close(): void {
    this.isClosed = true;
  }
}

/** The messages and changes that removed conversations left behind. */
export class ErasingStore {
  private readonly self = crypto.randomUUID();

  constructor(private readonly db: Database) {}

  /** Removed conversations of which something may be left. */
  async removed(): Promise<string[]> {
    const rows = await this.db.query<{ id: string }>(
      "SELECT id FROM removed_conversations ORDER BY removed_at, id",
      [],
    );
    return rows.map(({ id }) => id);
  }

  /** Erases a piece of one conversation, and says whether there is more. `elsewhere`: another node erases it. */
  async erasePiece(id: string): Promise<"more" | "done" | "elsewhere"> {
    const [row] = await this.db.bulk<{ more: boolean }>(ERASE, [id, this.self, CLAIMED_MS, removedAtOnce(this.db)]);
    return row ? (row.more ? "more" : "done") : "elsewhere";
  }

  /** Forgets a conversation of which nothing is left. Within `LATE_MS` of its removal it stays among the removed. */
  async forget(id: string): Promise<void> {
    await this.db.query(
      "DELETE FROM removed_conversations WHERE id = $1 AND removed_at < now() - $2 * interval '1 millisecond'",
      [id, LATE_MS],
    );
  }
}

/** The pruned positions move with the rows that go, so nobody looks for them twice. */
const ERASE = `WITH due AS (
    SELECT * FROM removed_conversations
    WHERE id = $1 AND (eraser = $2 OR eraser IS NULL OR claimed_until < clock_timestamp()) FOR UPDATE SKIP LOCKED
  ), said AS (
    DELETE FROM messages m USING due
    WHERE m.conversation_id = due.id AND m.seq > due.pruned_seq AND m.seq <= due.pruned_seq + $4
  ), changed AS (
    DELETE FROM changes c USING due
    WHERE c.conversation_id = due.id AND c.version > due.pruned_version AND c.version <= due.pruned_version + $4
  ), moved AS (
    UPDATE removed_conversations r SET
      pruned_seq = least(due.pruned_seq + $4, due.last_seq),
      pruned_version = least(due.pruned_version + $4, due.last_version),
      eraser = $2, claimed_until = clock_timestamp() + $3 * interval '1 millisecond'
    FROM due WHERE r.id = due.id
    RETURNING r.pruned_seq < r.last_seq OR r.pruned_version < r.last_version AS more
  )
  SELECT more FROM moved`;
