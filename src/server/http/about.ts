import type { MiddlewareHandler } from "hono";
import type { z } from "zod";
import type { FailureName } from "../../protocol/failures.ts";
import type { Env } from "./env.ts";

/** A 2xx answer: the envelope with these parts, or no JSON at all. */
export interface DocumentedAnswer {
  /** The possible texts of `message`. */
  message?: string | string[];
  data?: z.ZodType;
  meta?: z.ZodType;
  /** Other parts of the envelope. */
  more?: z.ZodRawShape;
  /** The media type of an answer without the envelope, and its description. */
  type?: string;
  /** The media type in which the same comes to a client that accepts it. */
  alsoAs?: string;
  description?: string;
  /** The answer sets or clears the session's cookie. */
  cookie?: "set" | "cleared";
}

/** The description of a route on the API page. The schemas of its `json` and `query` are added by themselves. */
export interface About {
  /** The name of the route in generated clients. */
  id: string;
  summary: string;
  description?: string;
  /** The route needs no session. */
  public?: true;
  /** Only superusers may use the route. Everybody else gets a 404. */
  superusers?: true;
  /** The media type of a body that is no JSON. The route reads it itself. */
  takes?: string;
  answers: Partial<Record<101 | 200 | 201 | 202 | 204 | 206 | 304, DocumentedAnswer>>;
  /** The failures of this route, beside those that all routes with such a body, query or path have. */
  failures?: FailureName[];
}

/** The facts that a route's handlers carry. */
export interface RouteFacts {
  about?: About;
  body?: z.ZodType;
  query?: z.ZodType;
}

const FACTS = Symbol("facts");

/** Attaches facts about the route to a handler. */
export const tell = <H extends object>(handler: H, facts: RouteFacts): H => Object.assign(handler, { [FACTS]: facts });

export const factsOf = (handler: object): RouteFacts => (FACTS in handler ? (handler[FACTS] as RouteFacts) : {});

/**
 * Describes a route for `/api/docs/`. It stands before the route's other handlers and does nothing.
 *
 * - A new route: give it an `about`. Its `json(…)` and `query(…)` schemas are found by themselves. New path parameters
 *   go into its `RouteGroup`.
 * - Schemas with `.meta({ id })` become named components. The page shows the `description` and `examples` of fields.
 * - A new frame: declare it in its noun's file in protocol/ with a description, and list it in protocol/frames.ts.
 *
 * A test fails for a route or a frame without a description. Every answer and frame in all tests is compared with its
 * description, so a field too many fails a test as well.
 */
export const about = (text: About): MiddlewareHandler<Env> => tell((_, next) => next(), { about: text });
