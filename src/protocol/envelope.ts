import { z } from "zod";
import { failures } from "./failures.ts";

/** A request's body is at most this long (CONTRACT §1). */
export const BODY_BYTES_MAX = 64 * 1024;

/** A field's faults, each a text for people: `{"email": ["Enter a valid email address."]}`. */
export type FieldErrors = Record<string, string[]>;

/** The body of every 2xx answer. */
export interface Success<T = unknown> {
  status: "success";
  message?: string;
  data?: T;
  meta?: Record<string, unknown>;
  /** Of the ready call: what is away, though the node serves. */
  degraded?: string[];
}

/** The body of a 2xx answer with these parts beside its `status`. */
export const successBody = <Parts extends z.ZodRawShape>(parts: Parts) =>
  z.object({ status: z.literal("success"), ...parts });

/** Every code that an answer or an `error` frame may have. */
export const errorCode = z
  .enum([...new Set(Object.values(failures).map(({ code }) => code))])
  .meta({ id: "ErrorCode", description: "For programs: a code never changes its meaning." });

export const errorBody = z
  .object({
    status: z.literal("error"),
    message: z.string().meta({ description: "For people." }),
    code: errorCode,
    errors: z
      .record(z.string(), z.array(z.string()))
      .optional()
      .meta({ description: "Each faulty field with its faults, as texts for people." }),
    request_id: z.string().optional().meta({ description: "On a 5xx: what to name when reporting it." }),
  })
  .meta({ id: "Error" });
/** The body of every 4xx and 5xx answer. `request_id` is there on a 5xx. */
export type ErrorBody = z.infer<typeof errorBody>;
