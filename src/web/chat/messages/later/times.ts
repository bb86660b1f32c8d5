import { laterTexts } from "../../../texts/later.ts";

export interface OfferedTime {
  label: string;
  at: Date;
}

/** The hour of the day at which things wait for a person. */
const MORNING = 9;

const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { weekday: "long", hour: "numeric", minute: "2-digit" });
const short = new Intl.DateTimeFormat(undefined, {
  weekday: "short",
  day: "numeric",
  month: "short",
  hour: "numeric",
  minute: "2-digit",
});
const withYear = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** A morning so many days from now, by the clock of this device. */
function morning(now: Date, days: number): Date {
  const at = new Date(now);
  at.setDate(at.getDate() + days);
  at.setHours(MORNING, 0, 0, 0);
  return at;
}

const inMinutes = (now: Date, minutes: number) => new Date(now.getTime() + minutes * 60_000);

/** The times that reminders and scheduled messages offer. */
export function offeredTimes(now = new Date()): OfferedTime[] {
  const { times } = laterTexts;
  const tomorrow = morning(now, 1);
  // From Sunday, the Monday of tomorrow is next week too.
  const monday = morning(now, ((8 - now.getDay()) % 7 || 7) + (now.getDay() === 0 ? 7 : 0));
  return [
    { label: times.minutes(20), at: inMinutes(now, 20) },
    { label: times.hour, at: inMinutes(now, 60) },
    { label: times.tomorrow(clock.format(tomorrow)), at: tomorrow },
    { label: times.nextWeek(day.format(monday)), at: monday },
  ];
}

/** A time as a sentence names it. Another year than this one is named too. */
export function whenText(iso: string | Date): string {
  const at = new Date(iso);
  return (at.getFullYear() === new Date().getFullYear() ? short : withYear).format(at);
}

/** The value of a field for a local date and time. */
export function localValue(at: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${date}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** The IANA zone of this device. */
export const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
