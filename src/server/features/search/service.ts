import type { Message } from "../../../protocol/messages.ts";
import type { SearchAnswer, SearchResult } from "../../../protocol/search.ts";
import { isFound } from "../../../text/fold.ts";
import { plain } from "../../../text/plain.ts";
import { bare, type Excerpt, excerptOf, type Stems } from "../../../text/search-match.ts";
import type { SearchQuery } from "../../../text/search-query.ts";
import type { OwnTurns } from "../../base/own-turns.ts";
import type { Limiter } from "../../limits/limits.ts";
import type { Access } from "../../log/access.ts";
import type { Filling } from "../../log/filling.ts";
import { lexemeQuery } from "./lexeme-query.ts";
import { type Budget, run } from "./run.ts";
import { ConversationSource, firstSizes, PlacesSource } from "./sources.ts";
import {
  ALWAYS,
  type Behind,
  type Candidate,
  type Place,
  type ReadMessage,
  type SearchStore,
  type Span,
} from "./store.ts";

/** The work of one search. */
const BUDGET = {
  postgres: { rows: 200_000, messages: 30_000, ms: 1_000 },
  embedded: { rows: 60_000, messages: 10_000, ms: 1_000 },
};
/** The most messages that are searched one by one because the index does not have them yet. */
const TAIL_MESSAGES = { postgres: 4_000, embedded: 800 };
const TAIL_CONVERSATIONS = 200;
/** Messages of a tail are read in pieces like those of the index. */
const TAIL_PIECE = 16;
/** A text of so many UTF-16 units takes some ms to be marked, where its sender made it for that. */
const LONG_TEXT = 1_000;

export interface SearchAsked {
  query: SearchQuery;
  conversationId: string | undefined;
  isOldest: boolean;
  after: Place | undefined;
  limit: number;
}

interface Parts {
  store: SearchStore;
  filling: Pick<Filling, "fill" | "names">;
  access: Pick<Access, "requireParticipant">;
  turns: OwnTurns;
  limiter: Limiter | undefined;
  stems: Stems | undefined;
  /** Left out: that of the database. */
  budget?: Budget;
}

/** Finds messages in the conversations in which a user is a member now. */
export class Search {
  constructor(private readonly parts: Parts) {}

  /**
   * A page of messages.
   * @returns also the place after which the next page begins
   * @throws Failure `throttled`, `conversation_not_found`, `not_a_participant`
   */
  async find(userId: number, asked: SearchAsked): Promise<Omit<SearchAnswer, "next_cursor"> & { next: Place | null }> {
    await this.parts.limiter?.hit(String(userId));
    if (asked.conversationId !== undefined) await this.parts.access.requireParticipant(asked.conversationId, userId);
    return this.parts.turns.run(userId, () => this.search(userId, asked));
  }

  private async search(userId: number, asked: SearchAsked) {
    const { store, stems } = this.parts;
    const { query, conversationId, isOldest, after, limit } = asked;
    const [among, from] = await Promise.all([this.amongOf(userId, asked), this.sendersOf(userId, query.from)]);
    const { senders, isSender } = from;
    const span = spanOf(query, after, isOldest);
    const isNothing = among?.length === 0 || senders?.length === 0 || span.from >= span.to;
    if (isNothing) return { results: [], next: null, indexed: {}, exact: true };
    const sought = lexemeQuery({ terms: query.terms, has: query.has, senders, stems });
    const sizes = { ...firstSizes(store), behind: TAIL_CONVERSATIONS };
    const beginning =
      conversationId === undefined ? await store.begin({ userId, among }, span, isOldest, sought, sizes) : undefined;
    // Before the index is read: what the follower indexes in between would be in neither of them.
    const behind = beginning?.behind ?? (conversationId === undefined ? [] : await store.behind(conversationId));
    const { candidates: tails, indexed } = tailsOf(
      behind,
      store.searchesByIndex ? TAIL_MESSAGES.postgres : TAIL_MESSAGES.embedded,
    );
    const how = { store, span, isOldest, sought, tails };
    const start = after?.seq ?? (isOldest ? 1 : Number.MAX_SAFE_INTEGER);
    const source = beginning
      ? new PlacesSource(beginning, how)
      : new ConversationSource(conversationId ?? "", start, how);
    const budget = this.parts.budget ?? (store.searchesByIndex ? BUDGET.postgres : BUDGET.embedded);
    const { hits, endedAt } = await run({
      ...{ store, source, userId, query, sought, senders, isSender, stems, isOldest, after, budget },
      most: limit + 1,
    });
    const page = hits.slice(0, limit);
    const last = page.at(-1);
    const next = hits.length > limit && last ? { ...placeOf(last) } : (endedAt ?? null);
    const results = await this.resultsOf(query, page);
    // Beyond so many conversations nobody looked whether the index lacks something.
    const isCut = behind.length >= TAIL_CONVERSATIONS;
    return { results, next, indexed, exact: endedAt === undefined && !isCut };
  }

  /** The places that a search is within. `undefined`: all of the user. Of one conversation, its own id. */
  private async amongOf(userId: number, { query, conversationId }: SearchAsked): Promise<string[] | undefined> {
    const { store, filling } = this.parts;
    if (query.in.length === 0) return conversationId === undefined ? undefined : [conversationId];
    const named = await store.namedPlacesOf(userId);
    const names = await filling.names.of(new Set(named.flatMap(({ otherId }) => otherId ?? [])));
    const isSought = (name: string) => query.in.some((written) => isFound(name, bare(written)));
    const isNamed = (id: string) => query.in.some((written) => written.toLowerCase() === id);
    const fitting = named.filter(
      ({ id, name, otherId }) =>
        isNamed(id) || isSought(name ?? (otherId === null ? "" : (names.get(otherId)?.name ?? ""))),
    );
    const ids = fitting.map(({ id }) => id);
    return conversationId === undefined ? ids : ids.filter((id) => id === conversationId);
  }

  /** The people whom `from:` names. A name that too many people have is compared message by message. */
  private async sendersOf(userId: number, written: readonly string[]) {
    if (written.length === 0) return { senders: undefined, isSender: undefined };
    const ids = new Set<number>();
    const names: string[] = [];
    for (const value of written.map(bare)) {
      if (value.toLowerCase() === "me") ids.add(userId);
      else if (/^\d{1,9}$/.test(value)) ids.add(Number(value));
      else {
        const found = await this.parts.store.people(value);
        if (found) for (const id of found) ids.add(id);
        else names.push(value);
      }
    }
    if (names.length === 0) return { senders: [...ids], isSender: undefined };
    const isSender = ({ senderId, senderName, senderEmail }: ReadMessage) =>
      ids.has(senderId) || names.some((name) => isFound(`${senderName} ${senderEmail}`, name));
    return { senders: undefined, isSender };
  }

  private async resultsOf(query: SearchQuery, hits: readonly ReadMessage[]): Promise<SearchResult[]> {
    const { filling, stems } = this.parts;
    await filling.fill(hits.map(({ message }) => message));
    const people = hits.flatMap(({ message, otherId }) =>
      [...(message.mentions?.user_ids ?? []), otherId ?? []].flat(),
    );
    const names = await filling.names.of(new Set(people));
    const nameOf = (of: number | string) => (typeof of === "number" ? (names.get(of)?.name ?? `${of}`) : of);
    const results: SearchResult[] = [];
    for (const { message, kind, name, parentId, rootSeq, otherId } of hits) {
      const excerpt = excerptIn(query, message, nameOf, stems);
      const shown = name ?? (otherId === null ? null : nameOf(otherId));
      const conversation = { id: message.conversation_id, kind, name: shown, parent_id: parentId, root_seq: rootSeq };
      results.push({ message, excerpt, conversation });
      // A long text takes a while. Everybody else has their turn in between.
      if (message.content.length > LONG_TEXT) await new Promise(setImmediate);
    }
    return results;
  }
}

/** The messages that the index does not have yet. Where they are many, the answer says how far the index has come. */
function tailsOf(behind: readonly Behind[], most: number) {
  const candidates: Candidate[] = [];
  const indexed: Record<string, number> = {};
  let left = most;
  for (const { conversationId: id, indexedSeq, lastSeq } of behind.toSorted(
    (a, b) => a.lastSeq - a.indexedSeq - (b.lastSeq - b.indexedSeq),
  )) {
    left -= lastSeq - indexedSeq;
    if (left < 0) {
      indexed[id] = indexedSeq;
      continue;
    }
    for (let seq = indexedSeq + 1; seq <= lastSeq; seq += TAIL_PIECE) {
      const last = Math.min(lastSeq, seq + TAIL_PIECE - 1);
      candidates.push({ conversationId: id, seq, lastSeq: last, firstMs: ALWAYS.from, ms: ALWAYS.to });
    }
  }
  return { candidates, indexed };
}

/** The part of time in which the page's messages are. */
function spanOf(query: SearchQuery, after: Place | undefined, isOldest: boolean): Span {
  const from = Math.max(ALWAYS.from, query.after ?? ALWAYS.from, (isOldest ? after?.ms : undefined) ?? ALWAYS.from);
  const to = Math.min(ALWAYS.to, query.before ?? ALWAYS.to, isOldest || !after ? ALWAYS.to : after.ms + 1);
  return { from, to };
}

const placeOf = ({ ms, conversationId, seq }: Place): Place => ({ ms, conversationId, seq });

/** The text around the first match, or the name or description of the file that matches. */
function excerptIn(
  query: SearchQuery,
  { content, files = [] }: Pick<Message, "content" | "files">,
  nameOf: (of: number | string) => string,
  stems: Stems | undefined,
): Excerpt {
  const own = excerptOf(query, plain(content, { nameOf }), stems);
  if (own.matches.length > 0) return own;
  const texts = files.flatMap(({ name, alt }) => (alt === undefined ? [name] : [name, alt]));
  const found = texts.map((text) => excerptOf(query, text, stems)).find(({ matches }) => matches.length > 0);
  return found ?? (own.text === "" && texts[0] !== undefined ? excerptOf(query, texts[0]) : own);
}
