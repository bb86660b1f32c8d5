import { Hono } from "hono";
import { z } from "zod";
import { SEARCH_LIMIT, SEARCH_QUERY_MAX, searchAnswer } from "../../../protocol/search.ts";
import { uuid } from "../../../protocol/text.ts";
import { type DayStart, HAS, isEmptyQuery, parseQuery, timeOf } from "../../../text/search-query.ts";
import { invalidField } from "../../base/failure.ts";
import { about } from "../../http/about.ts";
import { success } from "../../http/answers.ts";
import { type Env, loggedIn, principalOf } from "../../http/env.ts";
import { query, whole } from "../../http/input.ts";
import type { RouteGroup } from "../../http/route-group.ts";
import type { Search } from "./service.ts";
import type { Place } from "./store.ts";

interface Services {
  search: Search;
}

export const searchRoutes: RouteGroup<Services> = {
  path: "/api/chat/search",
  section: {
    name: "Search",
    description: "Finds messages in your conversations. docs/using.md has the signs of a query.",
  },
  routes,
};

const NO_TEXT = "Not a valid string.";
const text = (max: number) =>
  z
    .string({ error: NO_TEXT })
    .max(max, { error: `Ensure this field has no more than ${max} characters.` })
    // A query can't find what can't be stored.
    .transform((written) => written.replaceAll("\0", " ").toWellFormed());

const NO_ZONE = "Must be the IANA name of a time zone, such as Europe/Berlin.";
const zone = z
  .string({ error: NO_ZONE })
  .max(64, { error: NO_ZONE })
  .refine((name) => dayStartIn(name)(2026, 1, 1) !== undefined, { error: NO_ZONE });

const CURSOR = /^(\d{1,15})_([\da-f-]{36})_(\d{1,16})$/;
const NO_CURSOR = { error: "Must be the next_cursor of a page." };
const cursor = z
  .string(NO_CURSOR)
  .regex(CURSOR, NO_CURSOR)
  .transform((written, context): Place => {
    const [, ms, id, seq] = CURSOR.exec(written) ?? [];
    const conversationId = uuid.safeParse(id).data;
    if (conversationId !== undefined && Number(ms) <= MS_MAX && Number.isSafeInteger(Number(seq)))
      return { ms: Number(ms), conversationId, seq: Number(seq) };
    context.addIssue(NO_CURSOR.error);
    return z.NEVER;
  });
const MS_MAX = 253_402_300_800_000;
const written = ({ ms, conversationId, seq }: Place) => `${ms}_${conversationId}_${seq}`;

/** When a day begins in a time zone. The function gives `undefined` when there is no such zone. */
function dayStartIn(name: string): (...day: Parameters<DayStart>) => number | undefined {
  return (year, month, day) => {
    try {
      return Temporal.PlainDate.from({ year, month, day }).toZonedDateTime(name).epochMilliseconds;
    } catch {
      return undefined;
    }
  };
}

function routes({ search }: Services) {
  const app = new Hono<Env>();

  const searchQuery = z.object({
    q: text(SEARCH_QUERY_MAX)
      .default("")
      .meta({
        description:
          'Words, `"phrases"`, `-words`, `from:`, `in:`, `before:`, `after:` and `has:file|image|link`. The last word may be the beginning of one, unless a space follows.',
        examples: ['deploy from:ann "to production"'],
      }),
    conversation_id: uuid.optional().meta({ description: "Only this conversation or thread." }),
    from: text(254).optional().meta({ description: "The sender: an id, an e-mail address or a name. `me` is you." }),
    after: text(40)
      .optional()
      .meta({
        description: "From this day, month, year or time of ISO 8601 on.",
        examples: ["2026-03-14"],
      }),
    before: text(40)
      .optional()
      .meta({ description: "Before this day, month, year or time.", examples: ["2026-03"] }),
    has: z.enum(HAS, { error: `Must be one of ${HAS.join(", ")}.` }).optional(),
    sort: z.enum(["newest", "oldest"], { error: "Must be newest or oldest." }).default("newest"),
    cursor: cursor.optional().meta({ description: "`next_cursor` of the page before.", type: "string" }),
    limit: whole(1, SEARCH_LIMIT.max, SEARCH_LIMIT.default),
    time_zone: zone.default("UTC").meta({
      description: "The IANA time zone of the days in `q`, `after` and `before`.",
      examples: ["Europe/Berlin"],
    }),
  });
  const aboutSearch = about({
    id: "search",
    summary: "Finds messages",
    description:
      "In the conversations in which you are a member now, and in their threads. Texts, names of files and descriptions of pictures are searched. Case, accents and invisible characters do not matter. A search that takes too much work ends early: `exact` is then false.",
    answers: { 200: { data: searchAnswer } },
    failures: ["conversation_not_found", "not_a_participant", "throttled"],
  });
  app.get("/", aboutSearch, loggedIn, query(searchQuery), async (c) => {
    const { q, conversation_id: conversationId, from, after, before, has, sort, ...page } = c.req.valid("query");
    const zoned = dayStartIn(page.time_zone);
    const dayStart: DayStart = (year, month, day) => zoned(year, month, day) ?? Date.UTC(year, month - 1, day);
    const read = parseQuery(q, dayStart);
    if (from !== undefined && from.trim() !== "") read.from.push(from);
    if (has && !read.has.includes(has)) read.has.push(has);
    const since = timeIn("after", after, dayStart);
    if (since !== undefined) read.after = Math.max(since, read.after ?? since);
    const until = timeIn("before", before, dayStart);
    if (until !== undefined) read.before = Math.min(until, read.before ?? until);
    const isAnything = from === undefined && has === undefined && since === undefined && until === undefined;
    if (isAnything && isEmptyQuery(read)) throw invalidField("q", "Enter a word, a person, a day or a kind of file.");
    const { next, ...found } = await search.find(principalOf(c).userId, {
      query: read,
      conversationId,
      isOldest: sort === "oldest",
      after: page.cursor,
      limit: page.limit,
    });
    return success(c, { data: { ...found, next_cursor: next && written(next) } });
  });

  return app;
}

function timeIn(field: string, given: string | undefined, dayStart: DayStart): number | undefined {
  if (given === undefined) return undefined;
  const time = timeOf(given.trim(), dayStart);
  if (time === undefined) throw invalidField(field, "Must be a day, a month, a year or a time of ISO 8601.");
  return time;
}
