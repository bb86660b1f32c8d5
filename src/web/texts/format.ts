/* How English writes numbers, times and amounts. */
const rules = new Intl.PluralRules("en");
export const numbers = new Intl.NumberFormat("en");
export const list = new Intl.ListFormat("en");

/** `person` for 1, and otherwise `people`. */
export const plural = (value: number, one: string, other: string) => (rules.select(value) === "one" ? one : other);

/** `3 people`, `1 person`. */
export const count = (value: number, one: string, other: string) =>
  `${numbers.format(value)} ${plural(value, one, other)}`;

export const dates = new Intl.DateTimeFormat("en", { dateStyle: "medium" });
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

const MINUTE = 60_000;
const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 24 * 60 * MINUTE],
  ["hour", 60 * MINUTE],
  ["minute", MINUTE],
];

/** `just now`, `5 minutes ago`, `yesterday`; a date after a week. */
export function ago(time: string, format = dates): string {
  const past = Date.now() - Date.parse(time);
  if (past > 7 * 24 * 60 * MINUTE) return format.format(new Date(time));
  const step = STEPS.find(([, length]) => past >= length);
  return step ? relative.format(-Math.floor(past / step[1]), step[0]) : "just now";
}
