import type { failures } from "./failures.ts";

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

/** The body of every 4xx and 5xx answer. `request_id` is there on a 5xx. */
export interface ErrorBody {
  status: "error";
  message: string;
  code: (typeof failures)[keyof typeof failures]["code"];
  errors?: FieldErrors;
  request_id?: string;
}
