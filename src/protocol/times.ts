import { z } from "zod";

/** Times that clients send. */

const TIME_FAULT = "Must be an ISO 8601 time with a time zone, such as 2026-03-14T15:00:00Z, or null.";

/** A time as the server stores it: in UTC, with milliseconds. */
export const moment = z.iso
  .datetime({ offset: true, error: TIME_FAULT })
  .transform((text, context) => {
    const at = new Date(text);
    // Midnight of the last day of 9999 west of Greenwich is in the year 10000, which ISO 8601 writes in another way.
    if (at.getUTCFullYear() >= 0 && at.getUTCFullYear() <= 9999) return at.toISOString();
    context.addIssue(TIME_FAULT);
    return z.NEVER;
  })
  .meta({ format: "date-time" });

/** The fault of a time that has passed. */
export const NOT_IN_FUTURE = "Must be in the future.";
