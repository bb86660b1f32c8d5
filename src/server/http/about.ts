import type { MiddlewareHandler } from "hono";
import type { z } from "zod";
import type { FailureName } from "../../protocol/failures.ts";
import type { Env } from "./env.ts";

/** A 2xx answer: the envelope with these parts, or no JSON at all. */
export interface DocumentedAnswer {
  /** The texts it can have. */
  message?: string | string[];
  data?: z.ZodType;
  meta?: z.ZodType;
  /** Other parts of the envelope. */
  more?: z.ZodRawShape;
  /** What is sent instead of the envelope, and what that is. */
  type?: string;
  description?: string;
  /** Whether it sets, or takes away, the session's cookie. */
  cookie?: "set" | "cleared";
}

/** What the API pages say of a route, beside what its `json` and `query` say by themselves. */
export interface About {
  /** Its name in generated clients. */
  id: string;
  summary: string;
  description?: string;
  /** For everybody; all other routes need a session. */
  public?: true;
  /** For superusers: to all others it is not there. */
  superusers?: true;
  answers: Partial<Record<101 | 200 | 201 | 202 | 304, DocumentedAnswer>>;
  /** How it can fail, beside what every route and every body, query and path of its kind can. */
  failures?: FailureName[];
}

/** What a route's handlers tell of it. */
export interface RouteFacts {
  about?: About;
  body?: z.ZodType;
  query?: z.ZodType;
}

const FACTS = Symbol("facts");

/** Writes on a handler what it does to its route. */
export const tell = <H extends object>(handler: H, facts: RouteFacts): H => Object.assign(handler, { [FACTS]: facts });

export const factsOf = (handler: object): RouteFacts => (FACTS in handler ? (handler[FACTS] as RouteFacts) : {});

/**
 * Describes a route for `/api/docs/`. It stands before the route's other handlers and does nothing.
 *
 * A new route: give it an `about`, its `json(…)` and `query(…)` schemas are found by themselves; a new path parameter
 * or a new first part of a path is added to `PARAMETERS` or `TAGS` of openapi.ts. Schemas that have `.meta({ id })`
 * become named components; `description` and `examples` of their fields are shown. A new frame: give its schema in
 * protocol/frames.ts a description, and say in `userSocketOnly` if it is one for `/ws/` only.
 * A test fails for a route or a frame that is not described, and for every answer and frame in the whole of the tests
 * that is not as described, down to a field too many.
 */
export const about = (text: About): MiddlewareHandler<Env> => tell((_, next) => next(), { about: text });
