import { hasAll, hasTerms, type Stems } from "../../../text/search-match.ts";
import type { SearchQuery } from "../../../text/search-query.ts";
import type { LexemeQuery } from "./lexeme-query.ts";
import type { Source, Step } from "./sources.ts";
import { ALWAYS, type Candidate, type MessageRange, type Place, type ReadMessage, type SearchStore } from "./store.ts";

/** The messages that are read first, for each hit that is wanted. A rare word needs no more. */
const FIRST_MESSAGES = 2;

/** Everybody else has their turn after this many ms: texts and queries that are made for it take long to compare. */
const STRETCH_MS = 10;

/** The work of one search: after that it ends early, and the next page goes on. */
export interface Budget {
  rows: number;
  messages: number;
  ms: number;
}

interface Running {
  store: SearchStore;
  source: Source;
  userId: number;
  query: SearchQuery;
  sought: LexemeQuery;
  /** The senders among whom a message's must be. `undefined`: anybody. */
  senders: readonly number[] | undefined;
  /** Whether a sender fits whose id is not known from the query. */
  isSender: ((message: ReadMessage) => boolean) | undefined;
  stems: Stems | undefined;
  isOldest: boolean;
  /** The page begins after this place. */
  after: Place | undefined;
  /** The most hits that are wanted. */
  most: number;
  budget: Budget;
}

export interface Run {
  /** In their order. */
  hits: ReadMessage[];
  /** Set when the search ended early: the messages up to there have been searched. */
  endedAt: Place | undefined;
}

/** The order of places from the oldest to the newest. */
function compare(a: Place, b: Place): number {
  if (a.ms !== b.ms) return a.ms - b.ms;
  if (a.conversationId !== b.conversationId) return a.conversationId < b.conversationId ? -1 : 1;
  return a.seq - b.seq;
}

/** Whether the next page begins further on than this one. Many messages may be of one moment, as after an import. */
const isFurther = (place: Place, { after, isOldest }: Running) =>
  after === undefined || (isOldest ? compare(place, after) > 0 : compare(place, after) < 0);

/** Goes through the candidates of a source until there are enough hits. */
export async function run(asked: Running): Promise<Run> {
  const { source, budget, most } = asked;
  const started = performance.now();
  const hits: ReadMessage[] = [];
  let [rows, messages, size] = [0, 0, most * FIRST_MESSAGES];
  for (;;) {
    const step = await source.next();
    if (!step) return { hits, endedAt: undefined };
    const read = await verify({ ...asked, most: most - hits.length, until: started + budget.ms }, step, size);
    hits.push(...read.hits);
    if (hits.length >= most) return { hits, endedAt: undefined };
    if (read.endedAt) return { hits, endedAt: read.endedAt };
    rows += step.looked;
    size = read.size;
    messages += read.messages;
    const isOver = rows > budget.rows || messages > budget.messages || performance.now() - started > budget.ms;
    const endedAt = isOver ? source.position() : undefined;
    if (endedAt && isFurther(endedAt, asked)) return { hits, endedAt };
  }
}

/** Messages to read: when the first of them was sent, roughly, and when the nearest one can have been sent. */
interface Reading extends MessageRange {
  about: number;
  nearest: number;
  candidate: Candidate;
}

/**
 * Reads the messages of candidates in the order of the page, roughly, and keeps those that match: at most `most`.
 * @returns also the place before which it ended because the time was over
 */
async function verify(asked: Running & { until: number }, { candidates, from, to }: Step, first: number) {
  const { store, userId, isOldest, most, senders, sought } = asked;
  const readings = candidates.flatMap((candidate) => readingsOf(candidate, isOldest));
  readings.sort((a, b) => (isOldest ? a.about - b.about : b.about - a.about));
  const hits = new Map<string, ReadMessage>();
  let [messages, size, breathed] = [0, first, performance.now()];
  for (let left = readings; left.length > 0; size = Math.min(size * 4, store.pieceRows / 2)) {
    const best = sorted(hits.values(), isOldest);
    const edge = best[most - 1];
    // The others have only messages beyond the last hit of the page.
    if (edge) left = left.filter(({ nearest }) => (isOldest ? nearest <= edge.ms : nearest >= edge.ms));
    const endedAt =
      left.length < readings.length && performance.now() > asked.until ? nearestOf(asked, left) : undefined;
    if (endedAt && isFurther(endedAt, asked)) {
      const isWithin = (place: Place) => (isOldest ? compare(place, endedAt) <= 0 : compare(place, endedAt) >= 0);
      return { hits: best.filter(isWithin), messages, size, endedAt };
    }
    let end = 0;
    for (let sum = 0; end < left.length && (end === 0 || sum < size); end++) sum += lengthOf(left[end]);
    if (end === 0) break;
    const span = edge
      ? isOldest
        ? { from, to: Math.min(to, edge.ms + 1) }
        : { from: Math.max(from, edge.ms), to }
      : { from, to };
    const some = await store.read(userId, left.slice(0, end), span, senders, sought);
    left = left.slice(end);
    messages += some.length;
    for (const message of some) {
      if (isHit(asked, message)) hits.set(`${message.conversationId} ${message.seq}`, message);
      if (performance.now() - breathed < STRETCH_MS) continue;
      await new Promise(setImmediate);
      breathed = performance.now();
    }
  }
  return { hits: sorted(hits.values(), isOldest).slice(0, most), messages, size, endedAt: undefined };
}

/** The place right before all that is left. `undefined`: it has messages of any time, which are few, and are read in any case. */
function nearestOf({ source, isOldest }: Running, left: readonly Reading[]): Place | undefined {
  const places = left.map(({ candidate }) => candidate);
  if (places.length === 0 || places.some(({ firstMs, ms }) => firstMs <= ALWAYS.from || ms >= ALWAYS.to))
    return undefined;
  return places
    .map((candidate) => source.before(candidate))
    .reduce((a, b) => ((isOldest ? compare(a, b) < 0 : compare(a, b) > 0) ? a : b));
}

const lengthOf = (range: MessageRange | undefined) => (range ? range.lastSeq - range.seq + 1 : 0);

/** The messages of a candidate, one by one where their positions are known. Messages of a run are sent evenly, roughly. */
function readingsOf(candidate: Candidate, isOldest: boolean): Reading[] {
  const { conversationId, seq, lastSeq, firstMs, ms, positions } = candidate;
  const nearest = isOldest ? firstMs : ms;
  if (!positions) return [{ conversationId, seq, lastSeq, about: nearest, nearest, candidate }];
  const step = (ms - firstMs) / Math.max(1, lastSeq - seq);
  return positions.map((position) => {
    const own = seq + position - 1;
    return { conversationId, seq: own, lastSeq: own, about: firstMs + step * (position - 1), nearest, candidate };
  });
}

const sorted = (messages: Iterable<ReadMessage>, isOldest: boolean) =>
  [...messages].sort((a, b) => (isOldest ? compare(a, b) : compare(b, a)));

function isHit({ query, stems, isSender, after, isOldest }: Running, message: ReadMessage): boolean {
  if (after && (isOldest ? compare(message, after) <= 0 : compare(message, after) >= 0)) return false;
  if (isSender && !isSender(message)) return false;
  return hasAll(query.has, message) && hasTerms(query, message, stems);
}
