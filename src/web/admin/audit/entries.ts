import type { AuditEntry } from "../../../protocol/admin.ts";

/** Entries of the audit log, newest first and none left out between them, and where older ones go on. */
export interface Shown {
  entries: readonly AuditEntry[];
  cursor: number | null;
}

/** With the newest on top. Where they don't reach down to what is shown, something lies between: it begins anew. */
export function withNewest(shown: Shown, newest: readonly AuditEntry[], cursor: number | null): Shown {
  const oldest = newest.at(-1)?.id ?? 0;
  if ((shown.entries[0]?.id ?? 0) < oldest) return { entries: newest, cursor };
  const older = shown.entries.filter(({ id }) => id < oldest);
  return { entries: [...newest, ...older], cursor: older.length > 0 ? shown.cursor : cursor };
}

/** With older ones below, unless what they were asked for has begun anew meanwhile. */
export function withOlder(
  shown: Shown,
  asked: number | null,
  older: readonly AuditEntry[],
  cursor: number | null,
): Shown {
  return shown.cursor === asked ? { entries: [...shown.entries, ...older], cursor } : shown;
}
