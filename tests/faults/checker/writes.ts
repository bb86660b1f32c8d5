/** Somebody gives a thing a new value. */
export interface Write {
  value: string;
  invokedAt: number;
  endedAt: number;
  outcome: "ok" | "fail" | "unknown";
}

/** The server may still carry out a call this long after its caller gave up, in ms. */
export const LATE_MS = 15_000;

/**
 * The reason why a thing can't have this value at any moment from `from` to `until`. `undefined`: it can. It has the value of
 * its last write, where the record shows which one was last.
 * @param initial the value before all writes
 */
export function faultOf(
  writes: readonly Write[],
  value: string,
  { initial, from, until }: { initial: string; from: number; until: number },
): string | undefined {
  let end = value === initial ? Number.NEGATIVE_INFINITY : undefined;
  for (const write of writes) {
    if (write.value !== value || write.outcome === "fail" || write.invokedAt > until) continue;
    const endedAt = write.outcome === "ok" ? write.endedAt : write.endedAt + LATE_MS;
    end = Math.max(end ?? endedAt, endedAt);
  }
  if (end === undefined) return "nobody made it that";
  const since = end;
  const later = writes.find(
    (write) => write.outcome === "ok" && write.value !== value && write.invokedAt > since && write.endedAt < from,
  );
  return later && `"${later.value}" was acked later`;
}
