import type { Message } from "../../protocol/messages.ts";
import type { User } from "../../protocol/users.ts";
import { Failure } from "../base/failure.ts";
import { SharedReads } from "../base/shared-reads.ts";
import type { Database } from "../platform/postgres/database.ts";
import { users } from "../platform/postgres/schema.ts";
import { isOneOf, numbersOf, uuidsOf } from "../platform/postgres/values.ts";
import { AMENDED, type AmendRow, amendedOf } from "./amend.ts";
import { CHANGES, type ChangeRow, changeOf } from "./change-rows.ts";
import type { Change } from "./changes.ts";
import { type Appended, type Draft, GroupCommit } from "./group-commit.ts";
import { HEAD, type Head } from "./head.ts";
import { prune } from "./prune.ts";
import { hasMessage, MESSAGE_COLUMNS, type MessageRow, messageOf, userOf } from "./rows.ts";
import { isAnotherTag } from "./tags.ts";

/** The range of messages in a page. Without `beforeSeq` and `afterSeq` it ends `offset` messages before the newest. */
export interface PageQuery {
  limit: number;
  offset?: number | undefined;
  beforeSeq?: number | undefined;
  afterSeq?: number | undefined;
}

/** The log of every conversation, on either driver. Each call can reject with Failure `unavailable`. */
export class MessageLog {
  private readonly commits: GroupCommit;
  private readonly headReads = new SharedReads<string, Head>(String, (ids) => this.heads(ids));

  constructor(private readonly db: Database) {
    this.commits = new GroupCommit(db.log);
  }

  /**
   * Appends one message; resolves after commit. Sends of one conversation get their `seq` in the order of the calls,
   * and their promises resolve in that order. The call enqueues before it returns.
   */
  append(draft: Draft): Promise<Appended> {
    return this.commits.append(draft);
  }

  /** Resolves when all appends so far have their answer. */
  drain(): Promise<void> {
    return this.commits.drain();
  }

  /**
   * Replaces the content of the user's own message. `null` deletes the message. `change` is undefined when the message
   * was in that state already.
   */
  async amend(
    conversationId: string,
    userId: number,
    messageId: string,
    content: string | null,
  ): Promise<{ message: Message; change: Change | undefined }> {
    const [row] = await this.db.write<AmendRow>(AMEND, [conversationId, userId, messageId, content]);
    return amendedOf(row, conversationId);
  }

  /**
   * One page, oldest first, and the head of the conversation at that moment.
   * @throws Failure `conversation_not_found`
   */
  async page(
    conversationId: string,
    { limit, offset = 0, beforeSeq, afterSeq }: PageQuery,
  ): Promise<{ messages: Message[]; head: Head }> {
    // `seq` has no gaps, so counting back from the newest is arithmetic.
    const range =
      afterSeq !== undefined
        ? "m.seq > greatest($2::bigint, c.pruned_seq) AND m.seq <= greatest($2::bigint, c.pruned_seq) + $3"
        : beforeSeq !== undefined
          ? "m.seq < least($2, c.last_seq + 1) AND m.seq >= least($2, c.last_seq + 1) - $3"
          : "m.seq <= c.last_seq - $2 AND m.seq > c.last_seq - $2 - $3";
    const rows = await this.db.query<Partial<MessageRow> & Head>(
      `SELECT ${HEAD}, c.tag, ${MESSAGE_COLUMNS}
       FROM (SELECT *, confab_tag(id, last_version) AS tag FROM conversations WHERE id = $1 OFFSET 0) c
       LEFT JOIN messages m ON m.conversation_id = c.id AND ${range}
       ORDER BY m.seq`,
      [conversationId, afterSeq ?? beforeSeq ?? offset, limit],
    );
    const [first] = rows;
    if (!first) throw new Failure("conversation_not_found");
    const { lastSeq, lastVersion, tag, prunedSeq, participantCount, epoch } = first;
    const head: Head = { lastSeq, lastVersion, tag, prunedSeq, participantCount, epoch };
    return { messages: rows.flatMap((row) => (hasMessage(row) ? messageOf(row) : [])), head };
  }

  /** Where a conversation stands at some moment after the call. `undefined`: there is no such conversation. */
  head(conversationId: string): Promise<Head | undefined> {
    return this.headReads.get(conversationId);
  }

  /** The same for many conversations at once. */
  async heads(conversationIds: string[]): Promise<Map<string, Head>> {
    const rows = await this.db.query<Head & { id: string }>(
      `SELECT c.id, ${HEAD}, confab_tag(c.id, c.last_version) AS tag FROM conversations c WHERE c.id = ANY ($1::uuid[])`,
      [conversationIds],
    );
    return new Map(rows.map(({ id, ...head }) => [id, head]));
  }

  /** Where conversations stand, and the tags of the versions from `from` to `to` there; null where one is not known. */
  async places(
    asked: { conversationId: string; from: number; to: number }[],
  ): Promise<Map<string, { head: Head; prunedVersion: number; tags: (string | null)[] }>> {
    const rows = await this.db.query<Head & { id: string; prunedVersion: number; tags: string }>(PLACES, [
      asked.map(({ conversationId }) => conversationId),
      asked.map(({ from }) => from),
      asked.map(({ to }) => to),
    ]);
    return new Map(
      rows.map(({ id, prunedVersion, tags, ...head }) => [id, { head, prunedVersion, tags: uuidsOf(tags) }] as const),
    );
  }

  /**
   * The changes with `after` < version ≤ `upTo`, in order and without gaps, at most `limit`. `"gone"` when some of them
   * are missing. Each message is in its present state.
   * @param tag of the change at `after`: when the log has another one there, the answer is `"other_history"`
   */
  async changes(
    conversationId: string,
    after: number,
    upTo: number,
    limit: number,
    tag?: string | null,
  ): Promise<Change[] | "gone" | "other_history"> {
    const last = Math.min(upTo, after + limit);
    const [start, ...rows] = await this.db.query<ChangeRow>(CHANGES, [conversationId, after, last]);
    if (isAnotherTag(tag, start?.at_tag)) return "other_history";
    const people = await this.people(rows.flatMap((row) => numbersOf(row.added)));
    const found: Change[] = [];
    for (const row of rows) {
      const change = changeOf(row, conversationId, people);
      // Retention has removed the changed message since, or a version is missing.
      if (!change || change.version !== after + found.length + 1) return "gone";
      found.push(change);
    }
    return found.length === last - after ? found : "gone";
  }

  private async people(ids: number[]): Promise<Map<number, User>> {
    if (ids.length === 0) return new Map();
    const rows = await this.db.read((orm) => orm.select().from(users).where(isOneOf(users.id, ids)));
    return new Map(rows.map((row) => [row.id, userOf(row)]));
  }

  /**
   * Removes messages older than `olderThanMs` from the log. Resolves to their number.
   * @param onPruned is called for each conversation of a piece, with the `seq` up to which its messages are removed
   */
  prune(
    olderThanMs: number,
    onPruned: (conversationId: string, prunedSeq: number) => void = () => {},
  ): Promise<number> {
    return prune(this.db, olderThanMs, onPruned);
  }
}

const AMEND = `${AMENDED} FROM confab_edit($1, $2, $3, $4) a CROSS JOIN LATERAL (SELECT (a.message).*) m`;

const PLACES = `SELECT c.id, ${HEAD}, confab_tag(c.id, c.last_version) AS tag, c.pruned_version AS "prunedVersion",
    ARRAY(SELECT confab_tag(c.id, v) FROM generate_series(asked.first, asked.last) v ORDER BY v)::text AS tags
  FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) AS asked (id, first, last)
  CROSS JOIN LATERAL (SELECT * FROM conversations WHERE id = asked.id OFFSET 0) c`;
