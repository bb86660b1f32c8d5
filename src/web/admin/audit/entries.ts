import type { AuditEntry } from "../../../protocol/admin.ts";

/** Consecutive entries of the audit log, newest first, and the cursor for older ones. */
export interface Shown {
  entries: readonly AuditEntry[];
  cursor: number | null;
}

/**
 * Puts the newest entries on top. If they do not reach down to the shown ones, there is a gap, and the list starts
 * over.
 */
export function withNewest(shown: Shown, newest: readonly AuditEntry[], cursor: number | null): Shown {
  const oldest = newest.at(-1)?.id ?? 0;
  if ((shown.entries[0]?.id ?? 0) < oldest) return { entries: newest, cursor };
  const older = shown.entries.filter(({ id }) => id < oldest);
  return { entries: [...newest, ...older], cursor: older.length > 0 ? shown.cursor : cursor };
}

/** Adds older entries below, unless the list has started over since they were requested. */
export function withOlder(
  shown: Shown,
  asked: number | null,
  older: readonly AuditEntry[],
  cursor: number | null,
): Shown {
  return shown.cursor === asked ? { entries: [...shown.entries, ...older], cursor } : shown;
}
