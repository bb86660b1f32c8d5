import { z } from "zod";
import { codePoints, isInvisible, unstorable } from "./content.ts";
import { count } from "./text.ts";
import { moment } from "./times.ts";
import { time } from "./users.ts";
import { type Weekday, weekdays } from "./weekdays.ts";

/** When and about what a person wants to be notified, on all devices. */

const KEYWORDS_MAX = 20;
const KEYWORD_LENGTH_MAX = 50;

const CLOCK_FAULT = "Must be a time of day, such as 22:00.";
const clock = z
  .string({ error: CLOCK_FAULT })
  .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, { error: CLOCK_FAULT })
  .meta({ examples: ["22:00"] });

const hours = z
  .object({ from: clock, to: clock }, { error: "Must be an object with from and to, or null." })
  .nullable()
  .meta({
    description:
      "The hours that begin on this day. `to` before `from` is on the next day, and an equal `to` ends them a day later. Null: none.",
    examples: [{ from: "22:00", to: "07:00" }],
  });

/** The hours of each weekday. Those that are left out stay as they are. */
const changedDays = Object.fromEntries(weekdays.map((day) => [day, hours.optional()])) as Record<
  Weekday,
  z.ZodOptional<typeof hours>
>;
const days = Object.fromEntries(weekdays.map((day) => [day, hours])) as Record<Weekday, typeof hours>;

const ZONE_FAULT = "Must be the IANA name of a time zone, such as Europe/Berlin.";
const zone = z
  .string({ error: ZONE_FAULT })
  .max(64, { error: ZONE_FAULT })
  // Offsets such as +02:00 know no summer time.
  .regex(/^[A-Za-z][\w+\-/]*$/, { error: ZONE_FAULT })
  .refine(isZone, { error: ZONE_FAULT })
  .meta({ description: "The IANA time zone that the hours follow.", examples: ["Europe/Berlin"] });

function isZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat("en", { timeZone: name }));
  } catch {
    return false;
  }
}

const keyword = z
  .string({ error: "Not a valid string." })
  .transform((text, context) => {
    const trimmed = text.length > 6 * KEYWORD_LENGTH_MAX ? text : text.normalize("NFC").replace(/\s+/g, " ").trim();
    if (codePoints(trimmed) > KEYWORD_LENGTH_MAX)
      context.addIssue(`Ensure this field has no more than ${KEYWORD_LENGTH_MAX} characters.`);
    else if (unstorable(trimmed) || !/[\p{L}\p{N}\p{So}]/u.test(trimmed) || isInvisible(trimmed))
      context.addIssue("A keyword needs a letter, a number or an emoji.");
    return trimmed;
  })
  .meta({ examples: ["deploy"] });

const keywords = z
  .array(keyword, { error: "Expected a list of keywords." })
  .transform((words) => [...new Set(words)])
  .refine((words) => words.length <= KEYWORDS_MAX, {
    error: `Ensure this list has no more than ${KEYWORDS_MAX} keywords.`,
  })
  .meta({
    description: "Words and phrases whose messages notify you as a mention does. Case and accents make no difference.",
    type: "array",
    items: { type: "string", minLength: 1, maxLength: KEYWORD_LENGTH_MAX },
    maxItems: KEYWORDS_MAX,
    examples: [["deploy"]],
  });

const settings = {
  zone: z.string().meta({ description: "The IANA time zone of the hours.", examples: ["Europe/Berlin"] }),
  do_not_disturb: z.object(days).meta({ description: "The hours of each weekday in which nothing disturbs you." }),
  snooze_until: time.nullable().meta({ description: "Nothing disturbs you until this time. Null: no snooze." }),
  keywords: z.array(z.string()).meta({ examples: [["deploy"]] }),
};

export const notificationSettings = z.object(settings).meta({
  id: "NotificationSettings",
  description: "When and about what you want to be notified. All your devices have the same.",
});
export type NotificationSettings = z.infer<typeof notificationSettings>;

/** The same in an answer, with its place in the person's own stream. */
export const notificationsMe = z
  .object({
    ...settings,
    me_version: count.meta({ description: "A `me` frame of kind `notifications` with a higher number is newer." }),
  })
  .meta({ id: "NotificationsMe" });
export type NotificationsMe = z.infer<typeof notificationsMe>;

/** Each field may be left out, and so may each weekday. */
export const notificationSettingsBody = z
  .object({
    zone: zone.optional(),
    do_not_disturb: z
      .object(changedDays, { error: "Must be an object with a field for each weekday." })
      .optional()
      .meta({ examples: [{ monday: null }] }),
    snooze_until: moment.nullable().optional(),
    keywords: keywords.optional(),
  })
  .meta({
    id: "NotificationSettingsBody",
    // The API page lets you send the example as it is, so it changes nothing of a new account.
    examples: [{ zone: "UTC", do_not_disturb: { monday: null }, keywords: [] }],
  });
export type NotificationSettingsBody = z.infer<typeof notificationSettingsBody>;

/** Why a message does or does not notify a person. The first that applies. */
export const notifyReasons = [
  "own_message",
  "deleted",
  "read",
  "nothing",
  "muted",
  "mention",
  "reply",
  "here",
  "all",
  "keyword",
  "direct",
  "following",
  "every_message",
  "not_following",
  "only_mentions",
  "looking",
  "snoozed",
  "do_not_disturb",
] as const;
export type NotifyReason = (typeof notifyReasons)[number];

export const whyAnswer = z
  .object({
    badge: z.boolean().meta({ description: "It counts in the number at the page's icon.", examples: [true] }),
    sound: z.boolean().meta({ description: "An open page shows a notification.", examples: [true] }),
    push: z.boolean().meta({ description: "A phone is notified.", examples: [true] }),
    mail: z.boolean().meta({ description: "A mail comes when it stays unread.", examples: [false] }),
    reason: z.enum(notifyReasons),
    text: z.string().meta({ description: "The reason in words.", examples: ["The message mentions you."] }),
  })
  .meta({
    id: "Why",
    description: "How a message like this one would notify you if it came now, while you look elsewhere.",
  });
export type WhyAnswer = z.infer<typeof whyAnswer>;
