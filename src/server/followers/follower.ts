import type { Change } from "../log/changes.ts";
import type { Transaction } from "../platform/postgres/database.ts";

/** Changes of one conversation that a follower has not handled: `after` < version ≤ `upTo`. */
export interface ChangeRange {
  conversationId: string;
  /**
   * The history that the versions belong to. A key by which a receiver recognises a repeated effect MUST contain the
   * epoch.
   */
  epoch: string;
  after: number;
  upTo: number;
  /** Reads the changes from the log, as they are now. Changes that retention has removed are missing. */
  changes(): Promise<Change[]>;
}

/** Messages are handled a run at a time, where a conversation has so many. */
export interface Runs {
  /** The length of a run. Runs begin at `seq` 1, and one after the other. */
  messages: number;
  /** The beginning of a run is handled after this time, in ms, although the run is not complete. */
  patienceMs: number;
}

interface Named {
  /** The name of the follower's cursors in the database. It never changes. */
  name: string;
  /**
   * Where the follower begins. `zero`: with everything that the log has, for an index. `heads`: with the changes after
   * its first run, for effects such as notifications.
   */
  start: "zero" | "heads";
  /** It follows threads alone. The node that appends a message to a thread notes it. */
  onlyThreads?: boolean;
  /** Changes are collected for this long, in ms, before they are handled: at least a second. */
  everyMs: number;
  /** A complete run costs less than its messages one by one. */
  runs?: Runs;
  /** It may be late while the node is busy, so that it takes next to nothing from everybody else then. */
  mayLag?: boolean;
}

/**
 * A follower with effects outside the database. An effect may happen again after a crash, so it needs a key by which
 * the receiver recognises it. A follower from zero builds an index, which starts over in a new epoch.
 */
interface OutsideFollower extends Named {
  /** Does the effects of a range. The cursor moves after it has resolved. */
  handle(range: ChangeRange): Promise<void>;
}

/**
 * A follower whose effects are rows of the same database. The transaction that moves the cursors writes the rows, so
 * each change has its effect exactly once. Rows and cursors go back together with the log, so a new epoch changes
 * nothing for them.
 */
export interface TableFollower extends Named {
  /**
   * Writes the effects of some ranges. MUST use `tx` for all statements.
   * @returns where it ended early, to take no longer: the version up to which each range is written. `undefined`: nowhere
   */
  write(tx: Transaction, ranges: readonly ChangeRange[]): Promise<EndedEarly | undefined>;
}

/** The last version that is written in each conversation, if any is. */
export type EndedEarly = ReadonlyMap<string, number>;

export type Follower = OutsideFollower | TableFollower;

/** Whether the follower starts over in a new epoch: the new history may contradict an index outside the database. */
export const startsOverInNewEpoch = (follower: Follower) => "handle" in follower && follower.start === "zero";
