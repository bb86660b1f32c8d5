import { z } from "zod";
import { type Repeat, repeat } from "../../../protocol/scheduled.ts";

/**
 * How a message repeats, as `scheduled.repeat` has it. Every occurrence follows from the first one. So a message of the 31st
 * comes back to the 31st after a short month, and one at a time that a change of clocks skips comes back to its time.
 */
export const repetition = z.object({
  every: repeat,
  /** The time of occurrence `n`, as the clocks of the zone showed it. */
  from: z.string(),
  /** The number of the occurrence at `from`. */
  n: z.int(),
});
export type Repetition = z.infer<typeof repetition>;

/** How far ahead the next occurrence is looked for. Years without one can only come from a clock that is wrong. */
const LOOK_AHEAD = 100_000;

/** Whether the server knows this time zone. */
export function isZone(zone: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone);
    return true;
  } catch {
    return false;
  }
}

/** @param n the number of the occurrence at `sendAt` */
export const repetitionFrom = (every: Repeat, zone: string, sendAt: Date, n: number): Repetition => ({
  every,
  from: Temporal.Instant.fromEpochMilliseconds(sendAt.getTime()).toZonedDateTimeISO(zone).toPlainDateTime().toString(),
  n,
});

/** The time of an occurrence. Where the clocks skip it, it is later by as much as they skip. */
export function timeOf({ every, from, n: first }: Repetition, zone: string, n: number): Date {
  const start = Temporal.PlainDateTime.from(from);
  const place = wallTime(every, start, n - first);
  return new Date(place.toZonedDateTime(zone, { disambiguation: "compatible" }).epochMilliseconds);
}

function wallTime(every: Repeat, start: Temporal.PlainDateTime, steps: number): Temporal.PlainDateTime {
  switch (every) {
    case "daily":
      return start.add({ days: steps });
    case "weekly":
      return start.add({ weeks: steps });
    case "monthly":
      return start.add({ months: steps }, { overflow: "constrain" });
    case "weekdays":
      return steps === 0 ? start : weekday(start, steps);
  }
}

/** The `steps`-th day from Monday to Friday after `start`, which may itself be any day. */
function weekday(start: Temporal.PlainDateTime, steps: number): Temporal.PlainDateTime {
  // From a weekend one goes on as from the Friday before.
  const friday = start.subtract({ days: Math.max(0, start.dayOfWeek - 5) });
  const days = friday.dayOfWeek - 1 + steps;
  return friday.add({ days: Math.floor(days / 5) * 7 + (days % 5) - (friday.dayOfWeek - 1) });
}

/** The first occurrence after `n` that is still to come at `now`. */
export function nextAfter(one: Repetition, zone: string, n: number, now: number): { n: number; at: Date } | undefined {
  const isToCome = (m: number) => timeOf(one, zone, m).getTime() > now;
  // Doubling steps, then halving: a server may have been off for years.
  let step = 1;
  while (step < LOOK_AHEAD && !isToCome(n + step)) step *= 2;
  let [low, high] = [n + Math.floor(step / 2), n + step];
  if (!isToCome(high)) return undefined;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (isToCome(middle)) high = middle;
    else low = middle;
  }
  return { n: high, at: timeOf(one, zone, high) };
}
