import { keptOf, type Token, tokensOf } from "./lexemes.ts";

/** The longest query, in code units. The rest is not read. */
const QUERY_MAX = 1_000;
/**
 * The most parts of words that a query asks for, and as many that it excludes. The rest is not read: each is compared with
 * each part of a text, and one long phrase of equal words would keep a server busy for seconds.
 */
const STEPS_MAX = 64;
/** The most people, and the most conversations, that a query names. */
const NAMED_MAX = 20;

export type OperatorName = "from" | "in" | "before" | "after" | "has";
export const HAS = ["file", "image", "link"] as const;
export type Has = (typeof HAS)[number];

/** An operator of a query, with its range there in UTF-16 units. */
export interface Operator {
  name: OperatorName;
  value: string;
  start: number;
  end: number;
}

/** One part of a word as texts must have it. */
export interface Step {
  lexeme: string;
  /** The part with its marks, when it has any. Only a phrase asks for them. */
  kept: string | undefined;
  isPrefix: boolean;
  /** It is a word or a part of one, and no two letters of a script without spaces. */
  isWord: boolean;
  /** The next part comes right after the beginning of this one, because two letters overlap. */
  overlaps: boolean;
}

/** A word: its parts one after the other, or the word as a whole. */
export interface Piece {
  steps: Step[];
  whole: Step | undefined;
}

/** Pieces that a text must have side by side: a word, or a phrase. */
export interface Term {
  pieces: Piece[];
  isPhrase: boolean;
}

/** A query, read. A message must have all terms, and none of `without`. */
export interface SearchQuery {
  terms: Term[];
  without: Term[];
  operators: Operator[];
  /** The people and the conversations as they were written: one of each list must fit. */
  from: string[];
  in: string[];
  has: Has[];
  /** In ms since 1970: `after` ≤ time < `before`. */
  after: number | undefined;
  before: number | undefined;
}

/** When a day begins, in ms since 1970. The month counts from 1. */
export type DayStart = (year: number, month: number, day: number) => number;

const utc: DayStart = (year, month, day) => Date.UTC(year, month - 1, day);

const SPACE = /\s*/uy;
/** A sign for "not", the name of an operator, and what they stand before: a phrase in quotes, or a word. */
const ITEM = /(-)?(?:([a-z]+):)?(?:["“”„«]([^"“”„«»]*)(["“”»]|$)|(\S+))/iuy;

/**
 * Reads a query: words, "phrases", -words and the operators `from:`, `in:`, `before:`, `after:` and `has:`. Anything else is
 * words. The last word may be the beginning of one, unless a space follows.
 * @param dayStart Without it the days of `before:` and `after:` are those of UTC.
 */
export function parseQuery(text: string, dayStart: DayStart = utc): SearchQuery {
  const q = text.length > QUERY_MAX ? text.slice(0, QUERY_MAX) : text;
  const query: SearchQuery = {
    terms: [],
    without: [],
    operators: [],
    from: [],
    in: [],
    has: [],
    after: undefined,
    before: undefined,
  };
  for (let at = spaceEnd(q, 0); at < q.length; at = spaceEnd(q, at)) {
    ITEM.lastIndex = at;
    const found = ITEM.exec(q);
    // Only a lone sign is no item.
    if (!found) {
      at++;
      continue;
    }
    const [item, minus, name, quoted, , word] = found;
    const end = at + item.length;
    const value = (quoted ?? word ?? "").trim();
    const operator = minus || name === undefined ? undefined : operatorOf(name, value, at, end);
    if (operator && apply(query, operator, dayStart)) query.operators.push(operator);
    else if (quoted !== undefined && name === undefined) addTerm(query, value, { isPhrase: true, isExcluded: !!minus });
    else {
      const words = minus ? item.slice(1) : item;
      addTerm(query, words, { isPrefix: end === q.length && !minus && quoted === undefined, isExcluded: !!minus });
    }
    at = end;
  }
  return { ...query, terms: bounded(query.terms), without: bounded(query.without) };
}

/** These terms once each, with `STEPS_MAX` steps at most. */
function bounded(terms: readonly Term[]): Term[] {
  const distinct = new Map(terms.map((term) => [JSON.stringify(term), term]));
  let left = STEPS_MAX;
  return [...distinct.values()].flatMap(({ pieces, isPhrase }) => {
    const kept = pieces.filter(({ steps }) => {
      left -= steps.length;
      return left >= 0;
    });
    return kept.length > 0 ? [{ pieces: kept, isPhrase }] : [];
  });
}

/** Whether a query asks for nothing. */
export const isEmptyQuery = ({ terms, without, operators }: SearchQuery) =>
  terms.length === 0 && without.length === 0 && operators.length === 0;

function spaceEnd(text: string, at: number): number {
  SPACE.lastIndex = at;
  SPACE.test(text);
  return SPACE.lastIndex;
}

const NAMES: Record<string, OperatorName> = { from: "from", in: "in", before: "before", after: "after", has: "has" };

function operatorOf(written: string, value: string, start: number, end: number): Operator | undefined {
  const name = Object.hasOwn(NAMES, written.toLowerCase()) ? NAMES[written.toLowerCase()] : undefined;
  return name && value !== "" ? { name, value, start, end } : undefined;
}

/** Applies an operator. `false`: its value is none, so it is words. */
function apply(query: SearchQuery, { name, value }: Operator, dayStart: DayStart): boolean {
  switch (name) {
    case "from":
    case "in":
      if (query[name].length < NAMED_MAX) query[name].push(value);
      return true;
    case "has": {
      const has = HAS.find((one) => one === value.toLowerCase() || `${one}s` === value.toLowerCase());
      if (has && !query.has.includes(has)) query.has.push(has);
      return has !== undefined;
    }
    case "before": {
      const time = timeOf(value, dayStart);
      if (time !== undefined) query.before = Math.min(time, query.before ?? time);
      return time !== undefined;
    }
    case "after": {
      const time = timeOf(value, dayStart);
      if (time !== undefined) query.after = Math.max(time, query.after ?? time);
      return time !== undefined;
    }
  }
}

const DATE = /^(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?$/;

/** The time that a year, a month, a day or an ISO 8601 time names. `undefined`: it is no time. */
export function timeOf(written: string, dayStart: DayStart = utc): number | undefined {
  const date = DATE.exec(written);
  if (!date) {
    const time = /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)$/.test(written) ? Date.parse(written) : Number.NaN;
    return Number.isNaN(time) ? undefined : time;
  }
  const [year, month, day] = [Number(date[1]), Number(date[2] ?? 1), Number(date[3] ?? 1)];
  const there = new Date(Date.UTC(year, month - 1, day));
  return year >= 1000 && there.getUTCMonth() === month - 1 && there.getUTCDate() === day
    ? dayStart(year, month, day)
    : undefined;
}

function addTerm(
  query: SearchQuery,
  text: string,
  {
    isPhrase = false,
    isPrefix = false,
    isExcluded = false,
  }: { isPhrase?: boolean; isPrefix?: boolean; isExcluded?: boolean },
) {
  const pieces = piecesOf(text, isPrefix);
  if (pieces.length > 0) (isExcluded ? query.without : query.terms).push({ pieces, isPhrase });
}

function piecesOf(text: string, isPrefix: boolean): Piece[] {
  const tokens = tokensOf(text);
  const wholes = new Map(tokens.flatMap((token) => (token.kind === "whole" ? [[token.at, token] as const] : [])));
  // The last letter of a run is in the two letters before it, unless it is the only one.
  const needed = tokens.filter(
    ({ kind }, i) => kind !== "whole" && (kind !== "last" || tokens[i - 1]?.kind !== "gram"),
  );
  const last = needed.at(-1);
  const stepOf = (token: Token): Step => {
    const kept = keptOf(text.slice(token.start, token.end));
    const isLetter = token.kind === "last";
    return {
      lexeme: token.lexeme,
      kept: kept === token.lexeme ? undefined : kept,
      // A letter alone is the beginning of two.
      isPrefix: isLetter || (isPrefix && token === last && token.kind === "part"),
      isWord: token.kind === "part" || token.kind === "whole",
      overlaps: isLetter || (token.kind === "gram" && tokens[tokens.indexOf(token) + 1]?.kind === "gram"),
    };
  };
  const pieces: Piece[] = [];
  for (let i = 0; i < needed.length; i++) {
    const token = needed[i];
    if (!token) break;
    const whole = token.kind === "part" ? wholes.get(token.at) : undefined;
    const parts = whole ? needed.slice(i, i + whole.next - whole.at) : [token];
    const steps = parts.map(stepOf);
    pieces.push({
      steps,
      whole: whole && { ...stepOf(whole), isPrefix: steps.at(-1)?.isPrefix ?? false },
    });
    i += parts.length - 1;
  }
  return pieces;
}
