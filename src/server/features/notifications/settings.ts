import { NO_NOTIFICATION_SETTINGS } from "../../../notify/no-settings.ts";
import type { NotificationSettings, NotificationSettingsBody } from "../../../protocol/notifications.ts";
import { weekdays } from "../../../protocol/weekdays.ts";

/** The settings in an entry, which may be of an earlier release. */
export const settingsOf = (stored: Partial<NotificationSettings> | null | undefined): NotificationSettings => ({
  ...NO_NOTIFICATION_SETTINGS,
  ...stored,
  do_not_disturb: { ...NO_NOTIFICATION_SETTINGS.do_not_disturb, ...stored?.do_not_disturb },
});

/** The settings after a change. */
export function changedSettings(before: NotificationSettings, body: NotificationSettingsBody): NotificationSettings {
  const { zone = before.zone, snooze_until = before.snooze_until, keywords = before.keywords } = body;
  const hours = { ...before.do_not_disturb };
  for (const day of weekdays) {
    const changed = body.do_not_disturb?.[day];
    if (changed !== undefined) hours[day] = changed;
  }
  return { zone, do_not_disturb: hours, snooze_until, keywords };
}
