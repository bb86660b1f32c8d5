import { Failure } from "../base/failure.ts";
import {
  type Driver,
  isConnectionLost,
  isRolledBack,
  isUnavailable,
  refusalOf,
  WAITING_AT_ONCE,
} from "../platform/postgres/database.ts";
import { Answers } from "./answers.ts";
import { type Appended, type Draft, type Send, sendOf } from "./append.ts";
import { Appending } from "./appending.ts";
import type { Write, WrittenBatch } from "./entry.ts";
import type { Filling } from "./filling.ts";
import { type Mark, type MarkEntry, type Marked, markMessages } from "./mark.ts";

/** The most entries in one batch. */
const BATCH_MAX = 256;
/** The most entries that wait at once. More are refused, because their callers would give up before their turn. */
export const SENDS_WAITING_MAX = 20_000;
/** How long a batch may take, including a lost answer, in ms (docs/contract.md §8: 503 within 2 s). */
const BATCH_DEADLINE_MS = 1_800;
const RETRY_PAUSE_MS = 100;

type AnyEntry = Send | MarkEntry;

/**
 * Group commit: sends and marks that arrive while a batch is written form the next batch. There is no artificial wait: a
 * single send goes out at once. The marks of a batch are written after its sends. Marks that had a queue of their own would
 * lock the same rows, and find sends busy.
 *
 * MUST keep the order of sends, and that of marks, within a conversation. A conversation whose row somebody else has locked
 * is parked: its entries wait in a queue of their own, and all others go on.
 */
export class GroupCommit {
  private queue: AnyEntry[] = [];
  private readonly parked = new Map<string, AnyEntry[]>();
  private writing = false;
  private open = 0;
  private readonly idle: (() => void)[] = [];
  private readonly answers: Answers;
  private readonly appending = new Appending();
  private waitingAtOnce = 0;
  private readonly waitingTurns: (() => void)[] = [];

  constructor(
    private readonly driver: Pick<Driver, "logQuery" | "waitingLogQuery">,
    filling: Filling,
  ) {
    this.answers = new Answers(filling);
  }

  append(draft: Draft): Promise<Appended> {
    return this.enqueue((answer) => sendOf(draft, answer));
  }

  mark(mark: Mark): Promise<Marked> {
    const { conversationId } = mark;
    return this.enqueue((answer) => ({
      kind: "mark",
      conversationId,
      // A message's summary of its thread is written once in a batch.
      key: mark.kind === "thread" ? `${conversationId} thread ${mark.messageId}` : undefined,
      isAlone: false,
      mark,
      doubtful: false,
      ...answer,
    }));
  }

  /** Enqueues before it returns. */
  private enqueue<Answer>(
    entryOf: (answer: { resolve(answer: Answer): void; reject(error: unknown): void }) => AnyEntry,
  ): Promise<Answer> {
    if (this.open >= SENDS_WAITING_MAX) return Promise.reject(new Failure("unavailable", { retryAfter: 1 }));
    return new Promise<Answer>((resolve, reject) => {
      const entry = entryOf({
        // The answer goes first, because a drain must end after every caller has its answer.
        resolve: (answer) => {
          resolve(answer);
          this.settled();
        },
        reject: (error) => {
          reject(error);
          this.settled();
        },
      });
      this.open++;
      this.queue.push(entry);
      if (!this.writing) void this.write();
    });
  }

  /** Resolves when every entry so far has its answer. */
  async drain(): Promise<void> {
    if (this.open > 0) await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  private settled() {
    this.open--;
    if (this.open === 0) for (const resolve of this.idle.splice(0)) resolve();
  }

  private async write() {
    this.writing = true;
    // Entries of the same tick share the batch.
    await Promise.resolve();
    while (this.queue.length > 0) {
      const batch = this.takeBatch();
      if (batch.length === 0) break;
      const busy = await this.commit(batch, false);
      for (const entry of busy) this.park(entry);
    }
    this.answers.give();
    this.writing = false;
  }

  /**
   * The next entries, in order. A second send with the same client_id waits for the next batch, which finds the first one in
   * the log. An entry that must be alone waits for a batch of its own. So do the entries of its conversation behind it.
   */
  private takeBatch(): AnyEntry[] {
    const batch: AnyEntry[] = [];
    const rest: AnyEntry[] = [];
    const keys = new Set<string>();
    const held = new Set<string>();
    let isFull = false;
    for (const entry of this.queue) {
      const { conversationId, key, isAlone } = entry;
      if (this.parked.size > 0 && this.parked.has(conversationId)) {
        this.park(entry);
        continue;
      }
      if ((key !== undefined && keys.has(key)) || (isAlone && batch.length > 0)) held.add(conversationId);
      if (isFull || (held.size > 0 && held.has(conversationId))) {
        rest.push(entry);
        continue;
      }
      if (key !== undefined) keys.add(key);
      batch.push(entry);
      isFull = isAlone || batch.length === BATCH_MAX;
    }
    this.queue = rest;
    return batch;
  }

  private park(entry: AnyEntry) {
    const { conversationId } = entry;
    const waiting = this.parked.get(conversationId);
    if (waiting) {
      waiting.push(entry);
      return;
    }
    this.parked.set(conversationId, [entry]);
    void this.writeParked(conversationId);
  }

  /** Waits for the row's lock, up to the connection's lock_timeout, and goes on until no entry is left. */
  private async writeParked(conversationId: string) {
    if (this.waitingAtOnce >= WAITING_AT_ONCE) await new Promise<void>((resolve) => this.waitingTurns.push(resolve));
    else this.waitingAtOnce++;
    // Other entries that the same batch found busy are parked in the same tick.
    await Promise.resolve();
    for (;;) {
      const waiting = this.parked.get(conversationId) ?? [];
      const batch = takeWithoutDoubles(waiting);
      if (batch.length === 0) break;
      // A row that is still busy can't be seen yet, so there is no lock to wait for.
      for (const entry of await this.commit(batch, true)) entry.reject(new Failure("unavailable", { retryAfter: 1 }));
      this.answers.give();
    }
    this.parked.delete(conversationId);
    const next = this.waitingTurns.shift();
    if (next) next();
    else this.waitingAtOnce--;
  }

  /** Writes a batch, whose entries are answered with the next `give`. Returns the entries whose conversation was busy. */
  private async commit(batch: AnyEntry[], wait: boolean): Promise<AnyEntry[]> {
    const sends: Send[] = [];
    const marks: MarkEntry[] = [];
    for (const entry of batch)
      if (entry.kind === "send") sends.push(entry);
      else marks.push(entry);
    const busySends = await this.commitAll(this.appending.append, sends, wait);
    if (marks.length === 0) return busySends;
    return [...busySends, ...(await this.commitAll(markMessages, marks, wait))];
  }

  private async commitAll<E extends AnyEntry>(write: Write<E>, batch: E[], wait: boolean): Promise<E[]> {
    if (batch.length === 0) return [];
    let written: WrittenBatch<E>;
    try {
      const writing = this.writeInTime(write, batch, wait);
      // The node answers the batch before while PostgreSQL writes this one. Not in this turn: the driver takes some microtasks to
      // send the query, and hundreds of answers would come in between.
      setImmediate(() => this.answers.give());
      written = await writing;
    } catch (error) {
      // Nobody learns of a refusal before an earlier send has its answer.
      this.answers.give();
      if (isUnavailable(error)) {
        // One clear answer for all, because nobody should wait for a database that is away.
        const refusal = new Failure("unavailable", { retryAfter: 1 });
        for (const entry of batch) entry.reject(refusal);
        if (!wait && isConnectionLost(error)) for (const entry of this.queue.splice(0)) entry.reject(refusal);
        return [];
      }
      if (batch.length === 1) {
        batch[0]?.reject(refusalOf(error));
        return [];
      }
      return this.commitOneByOne(write, batch, wait);
    }
    this.answers.add(written);
    return written.busy;
  }

  /** An entry that PostgreSQL refuses must not fail the others. A busy entry holds back its conversation's later ones. */
  private async commitOneByOne<E extends AnyEntry>(write: Write<E>, batch: E[], wait: boolean): Promise<E[]> {
    const busy: E[] = [];
    const held = new Set<string>();
    for (const entry of batch) {
      const { conversationId } = entry;
      const left = held.has(conversationId) ? [entry] : await this.commitAll(write, [entry], wait);
      if (left.length > 0) held.add(conversationId);
      busy.push(...left);
    }
    return busy;
  }

  /** Writes again after a lost answer. Then ids show which messages are there, and marks that are set do not change. */
  private async writeInTime<E extends AnyEntry>(write: Write<E>, batch: E[], wait: boolean): Promise<WrittenBatch<E>> {
    const until = performance.now() + BATCH_DEADLINE_MS;
    const query = wait ? this.driver.waitingLogQuery : this.driver.logQuery;
    for (;;) {
      try {
        return await write({ query, wait, until }, batch);
      } catch (error) {
        if (isConnectionLost(error)) for (const entry of batch) entry.doubtful = true;
        const passes = isConnectionLost(error) || isRolledBack(error);
        if (!passes || performance.now() + RETRY_PAUSE_MS >= until) throw error;
        await Bun.sleep(RETRY_PAUSE_MS);
      }
    }
  }
}

/** Takes entries off the front, up to one whose key is already taken, or one that must be alone. */
function takeWithoutDoubles(waiting: AnyEntry[]): AnyEntry[] {
  const keys = new Set<string>();
  let n = 0;
  for (const { key, isAlone } of waiting) {
    if (n === BATCH_MAX || (key !== undefined && keys.has(key)) || (isAlone && n > 0)) break;
    if (key !== undefined) keys.add(key);
    n++;
    if (isAlone) break;
  }
  return waiting.splice(0, n);
}
