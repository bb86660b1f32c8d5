import type { LexemeQuery } from "./lexeme-query.ts";
import { RUN } from "./rows.ts";
import {
  addCounts,
  type Beginning,
  type Candidate,
  type Counts,
  type Place,
  type Rows,
  type SearchStore,
  type Span,
} from "./store.ts";

/** The first window is to have so many rows: their messages are some hundreds or thousands. */
const FIRST_ROWS = 600;
/** Words with fewer rows than this, of anybody or of the user, are rare: these rows are all read at once. */
const RARE_MOST = { embedded: 1_000, postgres: 600, own: 2_000 };
/** The rows of a rare word that one step has. */
const RARE_KEPT = 120;
/** When a larger share of runs has what is sought, the next matches are near. */
const COMMON_SHARE = 0.02;
/** When a larger share of runs has the words, but rarely in one message, then the index of lexemes finds too many. */
const COMMON_WORDS_SHARE = 0.05;
/** The share of runs that have several words is known after this many runs. */
const ENOUGH_RUNS = 60;
/** A window grows or shrinks by this factor at most. */
const GROWTH_MAX = 8;
/** The rows of the first step through one conversation. Later steps have more. */
const FIRST_WALK = 200;

/** Candidates, and the part of time whose messages they are. They have all messages there that may match. */
export interface Step extends Span {
  candidates: Candidate[];
  /** How many rows of the index were read. */
  looked: number;
}

/** Where a search looks, from the newest messages to the oldest ones or the other way. */
export interface Source {
  /** The next messages. `undefined`: there are no more. */
  next(): Promise<Step | undefined>;
  /** The place up to which the steps so far have looked. `undefined`: they have not come further, or nothing is left. */
  position(): Place | undefined;
  /** The place right before the messages of a candidate, in the order of the search. */
  before(candidate: Candidate): Place;
}

interface Asked {
  store: SearchStore;
  span: Span;
  isOldest: boolean;
  sought: LexemeQuery;
  /** Messages that the index does not have yet. */
  tails: readonly Candidate[];
}

const NO_ID = "00000000-0000-0000-0000-000000000000";

/** The sizes of a search's first statement. */
export const firstSizes = ({ pieceRows }: SearchStore) => ({ rows: FIRST_ROWS, most: mostOf(pieceRows) });
const mostOf = (pieceRows: number) => Math.ceil(pieceRows / 2);

/** All messages of a user's conversations and of their threads. */
export class PlacesSource implements Source {
  private span: Span;
  private readonly places: readonly string[];
  /** The length of the next window, in ms. */
  private length = Number.POSITIVE_INFINITY;
  /** How much longer the first window is: up to the nearest row there is nothing, or the rest of a run. */
  private gap = 0;
  private readonly counts: Counts = { looked: 0, runs: 0, messages: 0, near: 0, nearRuns: 0 };
  private found = 0;
  private beginning: Beginning | undefined;
  /** How the index of lexemes was asked, and whether it has all rows. */
  private lookups: { isOwn: boolean; isRare: boolean }[] = [];
  private isOver = false;

  constructor(
    beginning: Beginning,
    private readonly asked: Asked,
  ) {
    this.span = asked.span;
    this.places = beginning.places;
    this.beginning = beginning;
  }

  async next(): Promise<Step | undefined> {
    if (this.isOver) return undefined;
    const step = this.begin() ?? (await this.rare()) ?? (await this.window());
    return { ...step, candidates: [...step.candidates, ...this.asked.tails] };
  }

  position(): Place | undefined {
    if (this.isOver) return undefined;
    return { ms: this.asked.isOldest ? this.span.from : this.span.to, conversationId: NO_ID, seq: 0 };
  }

  before({ firstMs, ms }: Candidate): Place {
    return { ms: this.asked.isOldest ? firstMs : ms + 1, conversationId: NO_ID, seq: 0 };
  }

  private get most(): number {
    return mostOf(this.asked.store.pieceRows);
  }

  /** The nearest rows, as many as a common word needs. */
  private begin(): Step | undefined {
    const { beginning } = this;
    if (!beginning) return undefined;
    this.beginning = undefined;
    const { window, nearest } = beginning;
    const { from, to } = this.span;
    if (nearest) {
      this.length = Math.ceil(FIRST_ROWS / nearest.rate);
      this.gap = this.asked.isOldest ? nearest.ms - from : to - nearest.ms;
    }
    return window && beginning.counts.looked < this.most ? this.step(beginning, window) : undefined;
  }

  /** Whether words are rare shows only when the newest messages have few of them. Common words are not looked up. */
  private async rare(): Promise<Step | undefined> {
    const { store, isOldest, sought } = this.asked;
    const isOwn = this.lookups.find(({ isRare }) => isRare)?.isOwn ?? this.nextLookup(sought.lookUp);
    if (isOwn === undefined) return undefined;
    const most = isOwn ? RARE_MOST.own : store.searchesByIndex ? RARE_MOST.postgres : RARE_MOST.embedded;
    for (let kept = RARE_KEPT; ; kept *= GROWTH_MAX) {
      const rows = await store.rare(this.places, this.span, isOldest, sought, { isOwn, most, kept });
      this.lookups.push({ isOwn, isRare: rows !== undefined });
      // The words may still be rare in the user's own places.
      if (!rows) return isOwn ? undefined : this.rare();
      const { from, to } = this.span;
      const last = rows.found.length < kept ? undefined : rows.found.at(-1);
      if (!last) return this.step(rows, this.span);
      // Rows that are left out have only messages beyond the end of the last one.
      if (isOldest && last.firstMs > from) return this.step(rows, { from, to: Math.min(to, last.firstMs) });
      if (!isOldest && last.ms + 1 < to) return this.step(rows, { from: Math.max(from, last.ms + 1), to });
    }
  }

  /** Whether to look the words up now: in all rows, or in the user's own ones. `undefined`: neither. */
  private nextLookup(lookUp: string | null): boolean | undefined {
    const { messages, near, runs, nearRuns } = this.counts;
    const wasInAll = this.lookups.length > 0;
    if (lookUp === null || messages === 0 || this.lookups.some(({ isOwn }) => isOwn)) return undefined;
    // Nothing ends a statement of the embedded database that takes too long.
    if (wasInAll && !this.asked.store.searchesByIndex) return undefined;
    if (this.found >= (COMMON_SHARE * messages) / RUN) return undefined;
    // Words that are rarely in one message can still be in many runs.
    const isFew = lookUp.includes(" & ")
      ? runs >= ENOUGH_RUNS && nearRuns < COMMON_WORDS_SHARE * runs
      : near < (COMMON_WORDS_SHARE * messages) / RUN;
    return isFew ? wasInAll : undefined;
  }

  private async window(): Promise<Step> {
    const { store, isOldest, sought } = this.asked;
    for (let limit = this.most; ; ) {
      const { from, to } = this.span;
      const length = this.length + this.gap;
      const isLast = !(length < to - from);
      const window: Span = isLast ? { from, to } : isOldest ? { from, to: from + length } : { from: to - length, to };
      // The words are counted until it is known whether they are rare.
      const asked = this.lookups.some(({ isOwn }) => isOwn) ? { ...sought, lookUp: null } : sought;
      const rows = await store.window(this.places, window, asked, limit);
      if (rows.counts.looked < limit) return this.step(rows, window);
      const tried = Math.min(this.length, window.to - window.from - this.gap);
      // Only messages of one moment, as after an import, can't be read in pieces.
      if (tried <= 1) limit *= GROWTH_MAX;
      this.length = Math.max(1, Math.floor(tried / GROWTH_MAX));
    }
  }

  /** Goes on behind a window. */
  private step({ counts, found: candidates }: Rows, window: Span): Step {
    const { from, to } = this.span;
    const { isOldest } = this.asked;
    this.gap = 0;
    const { looked } = counts;
    addCounts(this.counts, counts);
    this.found += candidates.length;
    this.isOver = isOldest ? window.to >= to : window.from <= from;
    this.span = isOldest ? { from: window.to, to } : { from, to: window.from };
    const growth = Math.min(GROWTH_MAX, Math.max(1 / GROWTH_MAX, this.most / 2 / Math.max(1, looked)));
    this.length = Math.max(1, Math.ceil(this.length * growth));
    return { candidates, looked, ...window };
  }
}

/** The messages of one conversation or thread. Their order is that of `seq`, so each step is complete by itself. */
export class ConversationSource implements Source {
  private isOver = false;
  private hasTails = false;
  private at: Place | undefined;
  private most = FIRST_WALK;

  /** @param seq the message at which the walk begins */
  constructor(
    private readonly conversationId: string,
    private seq: number,
    private readonly asked: Asked,
  ) {}

  async next(): Promise<Step | undefined> {
    const { isOldest } = this.asked;
    // Messages that the index does not have are newer than those that it has.
    if (!this.hasTails && (!isOldest || this.isOver)) {
      this.hasTails = true;
      return { candidates: [...this.asked.tails], looked: 0, ...this.asked.span };
    }
    return this.isOver ? undefined : this.walk();
  }

  position(): Place | undefined {
    return this.isOver && this.hasTails ? undefined : this.at;
  }

  before({ conversationId, seq, lastSeq, firstMs, ms }: Candidate): Place {
    return this.asked.isOldest
      ? { ms: firstMs, conversationId, seq: seq - 1 }
      : { ms, conversationId, seq: lastSeq + 1 };
  }

  private async walk(): Promise<Step> {
    const { store, span, isOldest, sought } = this.asked;
    const most = Math.min(this.most, Math.ceil(store.pieceRows / 2));
    this.most *= GROWTH_MAX;
    const { counts, found, edge } = await store.walk(this.conversationId, this.seq, isOldest, sought, most);
    const { looked } = counts;
    this.isOver = looked < most || edge === undefined;
    if (edge) {
      this.at = edge;
      this.seq = isOldest ? edge.seq + 1 : edge.seq - 1;
    }
    return { candidates: found.filter(({ firstMs, ms }) => firstMs < span.to && ms >= span.from), looked, ...span };
  }
}
