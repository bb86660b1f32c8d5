const when = new Intl.DateTimeFormat("en", { weekday: "long", hour: "numeric", minute: "2-digit" });

/** The texts of do-not-disturb, snooze and keywords. They load with the settings. */
export const quietTexts = {
  everywhere: "These settings apply on all your devices.",
  snooze: "Snooze notifications",
  hour: "For 1 hour",
  hours: "For 8 hours",
  tomorrow: "Until tomorrow morning",
  snoozed: (until: string) => `Snoozed until ${when.format(new Date(until))}.`,
  endSnooze: "End the snooze",
  hoursTitle: "Do not disturb",
  hoursHint: "In these hours messages make no sound. They still count in your badge.",
  quietNow: "Messages make no sound now. They still count in your badge.",
  days: {
    monday: "Monday",
    tuesday: "Tuesday",
    wednesday: "Wednesday",
    thursday: "Thursday",
    friday: "Friday",
    saturday: "Saturday",
    sunday: "Sunday",
  },
  from: (day: string) => `From, on ${day}`,
  to: (day: string) => `To, from ${day}`,
  nextDay: "on the next day",
  zone: (zone: string) => `Time zone: ${zone.replaceAll("_", " ")}`,
  useZone: (zone: string) => `Use ${zone.replaceAll("_", " ")}`,
  keywords: "Keywords",
  keywordsHint: "Separate them with commas. A message with one of them notifies you as a mention does.",
};
