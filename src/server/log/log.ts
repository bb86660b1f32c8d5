import type { Message } from "../../protocol/messages.ts";
import type { User } from "../../protocol/users.ts";
import { Failure } from "../base/failure.ts";
import { SharedReads } from "../base/shared-reads.ts";
import type { ChangeEvent } from "../bus/change-event.ts";
import type { Database } from "../platform/postgres/database.ts";
import { users } from "../platform/postgres/schema.ts";
import { isOneOf, uuidsOf } from "../platform/postgres/values.ts";
import { AMENDED, type Amended, type AmendRow, amendedOf } from "./amend.ts";
import { type Appended, copyIdOf, type Draft } from "./append.ts";
import { CHANGES, type ChangeRow, changeOf, peopleInRow, RUNS } from "./change-rows.ts";
import { type Change, changeEvent } from "./changes.ts";
import { Filling } from "./filling.ts";
import { GroupCommit } from "./group-commit.ts";
import { HEAD, HEAD_TAG, type Head } from "./head.ts";
import { readLines } from "./lines.ts";
import type { Mark, Marked } from "./mark.ts";
import { prune } from "./prune.ts";
import { hasMessage, MESSAGE_COLUMNS, type MessageRow, messageOf, userOf } from "./rows.ts";
import { rangeEvent } from "./runs.ts";
import { isAnotherTag } from "./tags.ts";

/**
 * The range of messages in a page. Without a cursor it ends `offset` messages before the newest. `aroundSeq` wins over
 * `afterSeq`, and that over `beforeSeq`.
 */
export interface PageQuery {
  limit: number;
  offset?: number | undefined;
  beforeSeq?: number | undefined;
  afterSeq?: number | undefined;
  /** This message is in the middle. Near an end of the log, the page has as many messages all the same. */
  aroundSeq?: number | undefined;
}

/** The first message of a page around `seq`, unless an end of the log is near. */
export const startAround = (seq: number, limit: number) => seq - Math.floor(limit / 2);

/** The log of every conversation, on either driver. Each call can reject with Failure `unavailable`. */
export class MessageLog {
  private readonly commits: GroupCommit;
  private readonly headReads = new SharedReads<string, Head>(String, (ids) => this.heads(ids));

  constructor(
    private readonly db: Database,
    readonly filling = new Filling(db),
  ) {
    this.commits = new GroupCommit(db.log, filling);
  }

  /**
   * Appends one message; resolves after commit. Sends of one conversation get their `seq` in the order of the calls,
   * and their promises resolve in that order. The call enqueues before it returns.
   */
  append(draft: Draft): Promise<Appended> {
    return this.commits.append(draft);
  }

  /**
   * Sets a mark on a message; resolves after commit. Marks of one conversation take effect in the order of the calls. The
   * call enqueues before it returns.
   */
  mark(mark: Mark): Promise<Marked> {
    return this.commits.mark(mark);
  }

  /** Resolves when all appends and marks so far have their answer. */
  drain(): Promise<void> {
    return this.commits.drain();
  }

  /**
   * Replaces the content of the user's own message. `null` deletes the message. `change` is undefined when the message
   * was in that state already.
   * @param mentions the people whom the new content mentions
   */
  async amend(
    conversationId: string,
    userId: number,
    messageId: string,
    content: string | null,
    mentions?: Draft["mentions"],
  ): Promise<Amended> {
    const edit = [conversationId, userId, messageId, content, copyIdOf(messageId)];
    const amended = amendedOf(
      await this.db.write<AmendRow>(AMEND, [...edit, mentions ? JSON.stringify(mentions) : null]),
    );
    const { message, change, twin } = amended;
    await this.filling.fill(
      [message],
      [change, twin].flatMap((one) => one ?? []),
    );
    return amended;
  }

  /**
   * One page, oldest first, and the head of the conversation at that moment.
   * @throws Failure `conversation_not_found`
   */
  async page(
    conversationId: string,
    { limit, offset = 0, beforeSeq, afterSeq, aroundSeq }: PageQuery,
  ): Promise<{ messages: Message[]; head: Head }> {
    // `seq` has no gaps, so counting back from the newest is arithmetic.
    const [range, from] =
      aroundSeq !== undefined
        ? [AROUND, startAround(aroundSeq, limit)]
        : afterSeq !== undefined
          ? [AFTER, afterSeq]
          : beforeSeq !== undefined
            ? [BEFORE, beforeSeq]
            : [NEWEST, offset];
    const rows = await this.db.query<Partial<MessageRow> & Head>(
      `SELECT ${HEAD}, c.tag, ${MESSAGE_COLUMNS}
       FROM (SELECT *, ${HEAD_TAG} AS tag FROM conversations c WHERE id = $1 OFFSET 0) c
       LEFT JOIN messages m ON m.conversation_id = c.id AND ${range}
       ORDER BY m.seq`,
      [conversationId, from, limit],
    );
    const [first] = rows;
    if (!first) throw new Failure("conversation_not_found");
    const { lastSeq, lastVersion, tag, prunedSeq, participantCount, parentId, epoch } = first;
    const head: Head = { lastSeq, lastVersion, tag, prunedSeq, participantCount, parentId, epoch };
    const messages = rows.flatMap((row) => (hasMessage(row) ? messageOf(row) : []));
    return { messages: await this.filling.fill(messages), head };
  }

  /** @see readLines */
  lines(conversationId: string, head: Head, first: number, last: number) {
    return readLines(this.db, conversationId, head, first, last);
  }

  /** Where a conversation stands at some moment after the call. `undefined`: there is no such conversation. */
  head(conversationId: string): Promise<Head | undefined> {
    return this.headReads.get(conversationId);
  }

  /** The same for many conversations at once. */
  async heads(conversationIds: string[]): Promise<Map<string, Head>> {
    const rows = await this.db.query<Head & { id: string }>(
      // PostgreSQL plans a statement with an array anew each time, which takes longer than this one runs.
      `SELECT c.id, ${HEAD}, ${HEAD_TAG} AS tag FROM jsonb_array_elements_text($1::text::jsonb) AS asked (id)
       CROSS JOIN LATERAL (SELECT * FROM conversations WHERE id = asked.id::uuid OFFSET 0) c`,
      [JSON.stringify(conversationIds)],
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
    const people = await this.people(rows.flatMap(peopleInRow));
    const found: Change[] = [];
    for (const row of rows) {
      const change = changeOf(row, conversationId, people);
      // Retention has removed the changed message since, or a version is missing.
      if (!change || change.version !== after + found.length + 1) return "gone";
      found.push(change);
    }
    if (found.length !== last - after) return "gone";
    await this.filling.fill(
      found.flatMap((change) => ("message" in change ? change.message : [])),
      found,
    );
    return found;
  }

  /**
   * The changes with `after` < version ≤ `upTo` as events, where a run of marks on one message is one event. Its message is
   * read once, however long the run is.
   * @see changes
   */
  async runs(
    conversationId: string,
    after: number,
    upTo: number,
    tag?: string | null,
  ): Promise<ChangeEvent[] | "gone" | "other_history"> {
    const [start, ...rows] = await this.db.query<ChangeRow>(RUNS, [conversationId, after, upTo]);
    if (isAnotherTag(tag, start?.at_tag)) return "other_history";
    const people = await this.people(rows.flatMap(peopleInRow));
    const found: { change: Change; marks: string[] }[] = [];
    let marks: string[] = [];
    let version = after;
    for (const row of rows) {
      if (row.at_version !== ++version) return "gone";
      marks.push(JSON.stringify(row.payload));
      if (row.continued) continue;
      const change = changeOf(row, conversationId, people);
      if (!change) return "gone";
      found.push({ change, marks });
      marks = [];
    }
    if (version !== upTo) return "gone";
    await this.filling.fill(found.flatMap(({ change }) => ("message" in change ? change.message : [])));
    return found.map(({ change, marks }) => {
      const event = changeEvent(change);
      return marks.length > 1 ? rangeEvent(event, event.version - marks.length + 1, marks) : event;
    });
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

// The ranges of pages: $2 is the place, $3 the limit.
const NEWEST = "m.seq <= c.last_seq - $2 AND m.seq > c.last_seq - $2 - $3";
const BEFORE = "m.seq < least($2, c.last_seq + 1) AND m.seq >= least($2, c.last_seq + 1) - $3";
const AFTER = "m.seq > greatest($2::bigint, c.pruned_seq) AND m.seq <= greatest($2::bigint, c.pruned_seq) + $3";
const START = "greatest(c.pruned_seq + 1, least($2::bigint, c.last_seq - $3 + 1))";
const AROUND = `m.seq >= ${START} AND m.seq < ${START} + $3`;

const AMEND = `${AMENDED} FROM confab_edit_in_both($1, $2, $3, $4, $5, $6::text::jsonb) a
  CROSS JOIN LATERAL (SELECT (a.message).*) m`;

const PLACES = `SELECT c.id, ${HEAD}, ${HEAD_TAG} AS tag, c.pruned_version AS "prunedVersion",
    ARRAY(SELECT confab_tag(c.id, v) FROM generate_series(asked.first, asked.last) v ORDER BY v)::text AS tags
  FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) AS asked (id, first, last)
  CROSS JOIN LATERAL (SELECT * FROM conversations WHERE id = asked.id OFFSET 0) c`;
