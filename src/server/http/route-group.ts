import type { Hono } from "hono";
import type { z } from "zod";
import type { FailureName } from "../../protocol/failures.ts";
import type { Env } from "./env.ts";

/** A parameter in a path. */
export interface PathParameter {
  schema: z.ZodType;
  /** The failure for a value that names nothing. */
  unknown?: FailureName;
}

/** The description of a group of routes on the API page. */
export interface ApiSection {
  /** The first part of their paths. A group with a longer one wins. */
  path: string;
  /** The heading of the group on the API page. Left out: the routes are not part of the API. */
  section?: { name: string; description: string };
  /** Path parameters that these routes bring along, by their name in the path. */
  parameters?: Record<string, PathParameter>;
  /**
   * Exceptions to the failures that the documents give to all routes: these routes have the failures `always`, and do
   * not have those in `never`.
   */
  failures?: { always?: FailureName[]; never?: FailureName[] };
}

/** The routes of one noun. `node/features.ts` lists every group. */
export interface RouteGroup<Services> extends ApiSection {
  routes: (services: Services) => Hono<Env>;
}
