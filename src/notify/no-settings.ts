import type { NotificationSettings } from "../protocol/notifications.ts";

/** The settings of a person who has set nothing. */
export const NO_NOTIFICATION_SETTINGS: NotificationSettings = {
  zone: "UTC",
  do_not_disturb: {
    monday: null,
    tuesday: null,
    wednesday: null,
    thursday: null,
    friday: null,
    saturday: null,
    sunday: null,
  },
  snooze_until: null,
  keywords: [],
};
