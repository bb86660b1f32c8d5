import type { Mentioned } from "./parsed.ts";
import { plain } from "./plain.ts";
import { type Excerpt, excerptOf, matches, type Searched } from "./search-match.ts";
import { isEmptyQuery, parseQuery, type SearchQuery } from "./search-query.ts";

/** A message with the names of the people whom it mentions. */
type Found = Searched & {
  mentions?: { user_ids: readonly number[]; names?: readonly string[] | undefined } | undefined;
};

/** The person who searches, and the conversation of the message. */
export interface Place {
  userId: number | undefined;
  /** Its id, and that of the conversation that a thread belongs to. */
  ids: readonly (string | null | undefined)[];
  name: string | undefined;
}

/**
 * Decides whether a message fits a query, as the server does.
 * @returns what to show of it: the text around the first match, or the name of a file that matches
 */
export function foundIn(query: SearchQuery, message: Found, { userId, ids, name }: Place): Excerpt | undefined {
  // `in:` names a conversation by its id too.
  const isIn = query.in.some((value) => ids.includes(value.toLowerCase()));
  const sought = isIn ? { ...query, in: [] } : query;
  if (!matches(sought, message, { userId, conversation: name })) return undefined;
  const { content, files = [], mentions } = message;
  const nameOf = (of: Mentioned) =>
    (typeof of === "number" ? mentions?.names?.[mentions.user_ids.indexOf(of)] : of) ?? "";
  const text = excerptOf(query, plain(content, { nameOf }));
  if (text.matches.length > 0) return text;
  const file = files.map((one) => excerptOf(query, one.name)).find(({ matches }) => matches.length > 0);
  return file ?? text;
}

/** Whether there is nothing to search for, as in a query of signs only. */
export const isNothing = (query: string): boolean => isEmptyQuery(parseQuery(query));

/** Reads a query with the days of this device. */
export const parseHere = (query: string): SearchQuery =>
  parseQuery(query, (year, month, day) => new Date(year, month - 1, day).getTime());
