import { z } from "zod";
import { content, id } from "./text.ts";
import { moment } from "./times.ts";
import { time } from "./users.ts";

/** Messages that are sent later. */

/** How many messages of a user may wait at once, over all conversations. */
export const SCHEDULED_MAX = 100;
/** A message that could not be sent within this time waits for its author's decision instead. */
export const LATE_AFTER_MS = 15 * 60_000;

export const repeat = z
  .enum(["daily", "weekdays", "weekly", "monthly"], { error: "Must be daily, weekdays, weekly or monthly." })
  .meta({
    description:
      "How it repeats. `weekdays`: Monday to Friday. `monthly` on a day that a month lacks: on its last day.",
    examples: ["weekly"],
  });
export type Repeat = z.infer<typeof repeat>;

/** A name of the IANA time zone database, as far as its form goes. The server checks that it knows the zone. */
const zone = z
  .string({ error: "Must be an IANA time zone, such as Europe/Berlin." })
  .regex(/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+){0,3}$/, {
    error: "Must be an IANA time zone, such as Europe/Berlin.",
  })
  .max(64, { error: "Must be an IANA time zone, such as Europe/Berlin." })
  .meta({
    description: "The IANA time zone whose clock the repetition follows. Default: UTC.",
    examples: ["Europe/Berlin"],
  });

export const scheduledState = z
  .object({
    conversation_id: id,
    content: z.string().meta({ examples: ["Good morning!"] }),
    send_at: time.meta({ description: "When it is to be sent next." }),
    repeat: repeat.nullable(),
    zone: z
      .string()
      .nullable()
      .meta({ examples: [null] }),
    state: z.enum(["waiting", "late", "failed"]).meta({
      description:
        "`late`: the server could not send it in time. `failed`: it was refused, and `error` says why. Both wait for your decision.",
      examples: ["waiting"],
    }),
    error: z
      .string()
      .nullable()
      .meta({ description: "The code of the failure, as answers have it.", examples: [null] }),
    created_at: time,
  })
  .meta({ id: "ScheduledState", description: "A message that is sent later. The entry's key is its id." });
export type ScheduledState = z.infer<typeof scheduledState>;

export const scheduledMessage = scheduledState.extend({ id }).meta({ id: "ScheduledMessage" });
export type ScheduledMessage = z.infer<typeof scheduledMessage>;

const sendAt = moment.meta({ description: "When to send it. A time that has passed is refused." });

export const scheduleBody = z
  .object({
    content,
    files: z
      .never({ error: "A message with files can't be sent later." })
      .optional()
      .meta({ description: "Refused: files that no message has are removed after a day." }),
    send_at: sendAt,
    repeat: repeat.nullish(),
    zone: zone.nullish(),
    id: z
      .uuid({ error: "Must be a valid UUID." })
      .transform((text) => text.toLowerCase())
      .optional()
      .meta({ description: "Made by the client. A repeated call with it gives the first message back." }),
  })
  .meta({ id: "ScheduleBody", examples: [{ content: "Good morning!", send_at: "2099-03-15T08:00:00Z" }] });
export type ScheduleBody = z.infer<typeof scheduleBody>;

export const rescheduleBody = z
  .object({ content: content.optional(), send_at: sendAt.optional(), repeat: repeat.nullish(), zone: zone.nullish() })
  .meta({ id: "RescheduleBody", examples: [{ send_at: "2099-03-15T09:00:00Z" }] });
export type RescheduleBody = z.infer<typeof rescheduleBody>;

/** `client_id` of the message that an occurrence becomes: a repeated send gives the first one back. */
export const clientIdOf = (scheduledId: string, occurrence: number) => `scheduled:${scheduledId}:${occurrence}`;
