import { count } from "../format.ts";

/* How the English of the admin panel writes numbers, times and amounts, beside the ways of the chat. */
export const rough = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
export const percents = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 0 });
export const moments = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });
export const clocks = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
export const seconds = new Intl.DateTimeFormat("en", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});

const BYTES = ["bytes", "KiB", "MiB", "GiB", "TiB"];
export function bytes(value: number): string {
  const power = value < 1 ? 0 : Math.min(BYTES.length - 1, Math.floor(Math.log2(value) / 10));
  return `${rough.format(value / 1024 ** power)} ${BYTES[power]}`;
}

/** `30 days`, `24 hours`, `10 seconds`: the duration in the largest unit that divides it evenly. */
export function duration(ms: number): string {
  const units = [
    [86_400_000, "day", "days"],
    [3_600_000, "hour", "hours"],
    [60_000, "minute", "minutes"],
  ] as const;
  for (const [length, one, other] of units) if (ms % length === 0) return count(ms / length, one, other);
  return count(ms / 1000, "second", "seconds");
}
