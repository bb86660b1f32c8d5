import type { Change } from "../log/changes.ts";
import type { Transaction } from "../platform/postgres/database.ts";

/** Changes of one conversation that a follower has not handled: `after` < version ≤ `upTo`. */
export interface ChangeRange {
  conversationId: string;
  /** The history that the versions belong to. A key by which others know an effect again MUST contain it. */
  epoch: string;
  after: number;
  upTo: number;
  /** Reads them from the log, as they are now. Changes that retention has removed are missing. */
  changes(): Promise<Change[]>;
}

interface Named {
  /** Names its cursors in the database, for ever. */
  name: string;
  /**
   * Where it begins. `zero`: with everything that the log has, as an index does. `heads`: with what comes after the
   * follower was first run, as effects on the outside do.
   */
  start: "zero" | "heads";
  /** Changes are collected for so long, in ms, before they are handled: at least a second. */
  everyMs: number;
}

/**
 * Its effects are on the outside. They may happen again after a crash, so they need a key by which the receiver knows them.
 * A follower from zero builds an index: in a new epoch that starts over.
 */
interface OutsideFollower extends Named {
  /** Does the effects of a range. The cursor moves after it has resolved. */
  handle(range: ChangeRange): Promise<void>;
}

/**
 * Its effects are rows of the same database, written in the transaction that moves the cursors: each change has its effect
 * exactly once. Rows and cursors go back together with the log, so a new epoch changes nothing for them.
 */
export interface TableFollower extends Named {
  /** Writes the effects of some ranges. MUST use `tx` for all it does. */
  write(tx: Transaction, ranges: readonly ChangeRange[]): Promise<void>;
}

export type Follower = OutsideFollower | TableFollower;

/** A new epoch may contradict what an index on the outside has: it is built anew. */
export const startsOverInNewEpoch = (follower: Follower) => "handle" in follower && follower.start === "zero";
