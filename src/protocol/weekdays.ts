/** From Monday on, as in ISO 8601. Pages use this too, so it must not use zod. */
export const weekdays = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const;
export type Weekday = (typeof weekdays)[number];
