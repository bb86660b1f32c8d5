import { z } from "zod";
import { failures } from "./failures.ts";

/** The largest request body. A larger one is refused (docs/contract.md §1). */
export const BODY_BYTES_MAX = 64 * 1024;

/** The faults of each field, as texts for people: `{"email": ["Enter a valid email address."]}`. */
export type FieldErrors = Record<string, string[]>;

/** The body of every 2xx answer. */
export interface Success<T = unknown> {
  status: "success";
  message?: string;
  data?: T;
  meta?: Record<string, unknown>;
  /** Only in the answer to the readiness check: the parts that are away although the node serves, such as `redis`. */
  degraded?: string[];
}

/** The body of a 2xx answer with these parts beside its `status`. */
export const successBody = <Parts extends z.ZodRawShape>(parts: Parts) =>
  z.object({ status: z.literal("success"), ...parts });

/** The codes of all answers and `error` frames. */
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
    last_seq: z.int().optional().meta({ description: "Only with the code `newer`: the `seq` of the newest message." }),
    data: z.unknown().optional().meta({ description: "With some 409s: what is there already." }),
    request_id: z.string().optional().meta({ description: "Only on a 5xx: the id to name in a report." }),
  })
  .meta({ id: "Error" });
/** The body of every 4xx and 5xx answer. Only a 5xx has a `request_id`. */
export type ErrorBody = z.infer<typeof errorBody>;
