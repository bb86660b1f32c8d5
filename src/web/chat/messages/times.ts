import { texts } from "../../texts/texts.ts";
import { today } from "./today.ts";

/** The language of the texts in the reader's region, so that no sentence has a weekday in another language. */
const { region } = new Intl.Locale(new Intl.DateTimeFormat().resolvedOptions().locale).maximize();
const locale = new Intl.Locale(texts.language, region ? { region } : {});

const clock = new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat(locale, { weekday: "short" });
const dayOfYear = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" });
const shortDate = new Intl.DateTimeFormat(locale, { dateStyle: "short" });
const longDay = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long" });
const longDate = new Intl.DateTimeFormat(locale, {
  weekday: "long",
  day: "numeric",
  month: "long",
  year: "numeric",
});
const weekdayTime = new Intl.DateTimeFormat(locale, { weekday: "long", hour: "numeric", minute: "2-digit" });
const dayTime = new Intl.DateTimeFormat(locale, {
  day: "numeric",
  month: "short",
  hour: "numeric",
  minute: "2-digit",
});
const shortTime = new Intl.DateTimeFormat(locale, { dateStyle: "short", timeStyle: "short" });
const full = new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "short" });

/** `10:32`, as usual in the reader's region. */
export const clockTime = (iso: string) => clock.format(new Date(iso));

/** `10:32` in a narrow column: without AM and PM, which the message above it has. */
export const shortClockTime = (iso: string) =>
  clock
    .formatToParts(new Date(iso))
    .map(({ type, value }) => (type === "dayPeriod" ? "" : value))
    .join("")
    .trim();

/** The full date and time, for a tooltip. */
export const fullTime = (iso: string) => full.format(new Date(iso));

/** How many midnights lie between: 0 for today, 1 for yesterday. Counts calendar days, also across clock changes. */
export function daysBetween(earlier: Date, later: Date): number {
  const midnight = (date: Date) => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((midnight(later) - midnight(earlier)) / 86_400_000);
}

/** The label between two days: `Today`, `Yesterday`, `Monday, 3 May`. */
export function dayLabel(iso: string, now = today.value): string {
  const date = new Date(iso);
  const days = daysBetween(date, now);
  if (days <= 0) return texts.messages.day.today;
  if (days === 1) return texts.messages.day.yesterday;
  return (date.getFullYear() === now.getFullYear() ? longDay : longDate).format(date);
}

/** A start time: `10:32` today, `Monday 10:32` within a week, and later with the date. */
export function sinceTime(iso: string, now = today.value): string {
  const date = new Date(iso);
  const days = daysBetween(date, now);
  if (days <= 0) return clock.format(date);
  if (days < 7) return weekdayTime.format(date);
  return (date.getFullYear() === now.getFullYear() ? dayTime : shortTime).format(date);
}

/** The shortest form, for a row of the list: `10:32`, `Yesterday`, `Mon`, `3 May`, `03/05/24`. */
export function listTime(iso: string, now = today.value): string {
  const date = new Date(iso);
  const days = daysBetween(date, now);
  if (days <= 0) return clock.format(date);
  if (days === 1) return texts.conversations.yesterday;
  if (days < 7) return weekday.format(date);
  return (date.getFullYear() === now.getFullYear() ? dayOfYear : shortDate).format(date);
}
