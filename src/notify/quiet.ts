import type { NotificationSettings } from "../protocol/notifications.ts";
import { weekdays } from "../protocol/weekdays.ts";

const DAY_MINUTES = 24 * 60;

const minutesOf = (clock: string) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5));

/** The day of the week, from Monday as 0, and the minutes since midnight, as clocks in the zone show them. */
function localTime(zone: string, now: number): { day: number; minutes: number } {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    weekday: "long",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  const parts = new Map(format.formatToParts(now).map(({ type, value }) => [type, value]));
  const names: readonly string[] = weekdays;
  const day = names.indexOf(parts.get("weekday")?.toLowerCase() ?? "");
  return { day, minutes: Number(parts.get("hour")) * 60 + Number(parts.get("minute")) };
}

/**
 * Whether a moment lies in the hours of do-not-disturb. The hours follow the clocks on the wall: when these are put forward or
 * back at night, the hours end at the same time of day as ever.
 */
export function isQuiet({ zone, do_not_disturb: hours }: NotificationSettings, now: number): boolean {
  if (weekdays.every((day) => !hours[day])) return false;
  const { day, minutes } = localTime(zone, now);
  return [0, 1].some((daysAgo) => {
    const name = weekdays[(day - daysAgo + 7) % 7];
    const begun = name && hours[name];
    if (!begun) return false;
    const from = minutesOf(begun.from);
    const until = minutesOf(begun.to);
    const at = minutes + daysAgo * DAY_MINUTES;
    return at >= from && at < (until > from ? until : until + DAY_MINUTES);
  });
}

export const isSnoozed = ({ snooze_until }: NotificationSettings, now: number): boolean =>
  snooze_until !== null && Date.parse(snooze_until) > now;
