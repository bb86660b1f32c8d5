import { z } from "zod";
import { counter } from "./text.ts";

/** Days that the statistics show, today included. */
export const STATISTICS_DAYS = 30;

export const dailyStatistics = z
  .object({
    day: z.iso.date().meta({ description: "In UTC.", examples: ["2026-03-14"] }),
    messages: counter.meta({
      description: "Messages sent on that day, also those that were deleted or removed since.",
    }),
  })
  .meta({ id: "DailyStatistics" });
export type DailyStatistics = z.infer<typeof dailyStatistics>;
