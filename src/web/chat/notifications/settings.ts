import { kept } from "../../design/kept.ts";

/** The settings of each person who uses this browser. */
const settings = new Map<number, ReturnType<typeof settingsOf>>();
const settingsOf = (userId: number) => ({
  notify: kept(`notify.${userId}`, ["off", "on"]),
  withText: kept(`notify-text.${userId}`, ["on", "off"]),
});

/** Whether a person wants notifications in this browser, and with the message text. */
export function notificationSettings(userId: number) {
  const own = settings.get(userId) ?? settingsOf(userId);
  settings.set(userId, own);
  return own;
}
