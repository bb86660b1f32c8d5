import type { Core } from "../parts/core.ts";
import type { ConfabClient } from "../public/client.ts";
import type { SentMessage } from "../public/conversation.ts";
import { ConfabError } from "../public/errors.ts";
import type { FoundConversation, Search, SearchHit, SearchOptions, SearchPage } from "../public/search.ts";
import type { ConversationInfo, Message } from "../public/types.ts";

const PAGE = 30;
/** The messages of a conversation that the client reads to search them itself. The server indexes within a second. */
const READ_MAX = 100;
/** At most this many conversations are read for one search. */
const CONVERSATIONS_MAX = 10;

type SearchClient = ConfabClient & Core;
const isCore = (client: object): client is SearchClient => "applyFrame" in client;

interface Answer {
  results: SearchHit[];
  next_cursor: string | null;
  /** The conversations whose newest messages the server has not indexed, with the `seq` up to which it has. */
  indexed: Record<string, number>;
  exact: boolean;
}

/** Messages that the client searches itself. */
interface Unindexed {
  messages: readonly Message[];
  info: () => Promise<FoundConversation | undefined>;
}

/**
 * Searches the messages of all conversations of the user. The last word also finds words that begin with it. Operators
 * stand in the query: `"a phrase"`, `-word`, `from:`, `in:`, `before:`, `after:`, `has:`.
 *
 * Messages that the server has not indexed yet are searched by the client. Without a connection it searches what it has
 * stored, and says so on the page.
 * @example for await (const { message } of search(client, "budget has:link")) console.log(message.content);
 */
export function search(client: ConfabClient, query: string, options: SearchOptions = {}): Search {
  if (!isCore(client)) throw new TypeError("This is no client of Confab");
  const core = client;
  const isOldest = options.sort === "oldest";
  const seen = new Set<string>();
  /** Found by the client, and not given out yet. */
  let own: SearchHit[] = [];
  const indexing: string[] = [];
  /** `undefined`: nothing was asked yet. `null`: the end is reached. */
  let cursor: string | null | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  /** Sorts by time, and messages of one moment by their place. */
  const order = (a: SearchHit, b: SearchHit) => {
    const [x, y] = isOldest ? [a.message, b.message] : [b.message, a.message];
    return Date.parse(x.created_at) - Date.parse(y.created_at) || x.seq - y.seq;
  };

  function checkSignal() {
    if (options.signal?.aborted) throw new ConfabError("canceled", "The search was ended");
  }

  async function ask(): Promise<Answer> {
    const about: Record<string, string | number | null | undefined> = {
      q: query,
      conversation_id: options.conversation,
      from: options.from,
      after: options.after,
      before: options.before,
      has: options.has,
      sort: options.sort,
      cursor,
      limit: options.limit ?? PAGE,
      time_zone: timeZone(),
    };
    const asked = new URLSearchParams();
    for (const [name, value] of Object.entries(about)) if (value) asked.set(name, `${value}`);
    const { data } = await core.http.call("GET", `chat/search/?${asked}`);
    return data as Answer;
  }

  /** Returns the messages that match among those that only the client can search. */
  async function searchHere(unindexed: readonly Unindexed[]): Promise<SearchHit[]> {
    const { foundIn, parseHere } = await import("../../text/found.ts");
    const sought = parseHere(withOptions(query, options));
    const hits: SearchHit[] = [];
    for (const { messages, info } of unindexed) {
      if (messages.length === 0) continue;
      const conversation = await info();
      if (!conversation) continue;
      const { id, parent_id, name } = conversation;
      const place = { userId: core.me?.id, ids: [id, parent_id], name: name ?? undefined };
      for (const message of messages) {
        const excerpt = foundIn(sought, message, place);
        if (excerpt) hits.push({ message, excerpt, conversation });
      }
    }
    return hits;
  }

  /** The messages after these places, as far as they are loaded or can be read. */
  async function readUnindexed(indexed: Record<string, number>): Promise<Unindexed[]> {
    let reads = 0;
    const all: Unindexed[] = [];
    for (const [id, seq] of Object.entries(indexed)) {
      const messages =
        loadedAfter(core, id, seq) ?? (reads++ < CONVERSATIONS_MAX ? await readAfter(id, seq) : undefined);
      if (messages) all.push({ messages, info: () => placeOf(core, id) });
      else indexing.push(id);
    }
    return all;
  }

  async function readAfter(id: string, seq: number): Promise<Message[]> {
    const page = `after_seq=${seq}&limit=${READ_MAX}&mark_read=false`;
    const { data } = await core.http.call("GET", `chat/conversations/${id}/messages/?${page}`);
    const { messages } = data as { messages: Message[] };
    if (messages.length >= READ_MAX) indexing.push(id);
    return messages;
  }

  async function searchStored(): Promise<SearchPage> {
    await core.ready;
    cursor = null;
    const stored = core.conversations.known
      .filter(({ id, goneReason }) => !goneReason && (options.conversation ?? id) === id)
      .map(({ id, timelines }) => ({
        messages: timelines.flatMap(({ items }) => items.filter(isSent)),
        info: async () => knownPlace(core, id),
      }));
    const hits = (await searchHere(stored)).filter(isNew).sort(order);
    return { hits, hasMore: false, isExact: true, indexing: [], isOffline: true };
  }

  const isNew = ({ message: { id } }: SearchHit) => !seen.has(id) && seen.add(id).size > 0;

  async function load(): Promise<SearchPage> {
    checkSignal();
    if (cursor === null) return { hits: [], hasMore: false, isExact: true, indexing, isOffline: false };
    const isFirst = cursor === undefined;
    let answer: Answer;
    try {
      if (isFirst && !core.isOnline()) return await searchStored();
      answer = await ask();
    } catch (error) {
      checkSignal();
      if (isFirst && error instanceof ConfabError && error.code === "offline") return searchStored();
      throw error;
    }
    checkSignal();
    if (isFirst) own = (await searchHere(await readUnindexed(answer.indexed))).sort(order);
    checkSignal();
    cursor = answer.next_cursor;
    const last = answer.results.at(-1);
    // The client's own hits wait for the page to which they belong.
    const count = cursor === null ? own.length : own.findIndex((hit) => !last || order(hit, last) > 0);
    const due = own.splice(0, count < 0 ? own.length : count);
    const hits = [...answer.results, ...due].filter(isNew).sort(order);
    return { hits, hasMore: cursor !== null, isExact: answer.exact, indexing, isOffline: false };
  }

  function page(): Promise<SearchPage> {
    const next = turn.then(load);
    turn = next.catch(() => {});
    return next;
  }

  return {
    page,
    async *[Symbol.asyncIterator]() {
      for (let hasMore = true; hasMore; ) {
        const found = await page();
        yield* found.hits;
        ({ hasMore } = found);
      }
    },
  };
}

/** The zone of the days in a query. A device may not know its own. */
function timeZone(): string | undefined {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return zone === "Etc/Unknown" ? undefined : zone;
}

/** Puts the options into the query, as operators. */
function withOptions(query: string, { from, after, before, has }: SearchOptions): string {
  const operators = Object.entries({ from, after, before, has });
  const texts = operators.flatMap(([name, value]) => (value === undefined ? [] : [`${name}:"${value}"`]));
  return [...texts, query].join(" ");
}

const isSent = (message: { state: string }): message is SentMessage => message.state === "sent";

/** Returns the messages after `seq`, if the client has all of them. */
function loadedAfter(core: Core, id: string, seq: number): Message[] | undefined {
  const live = core.conversations.find(id);
  if (!live?.sync.isLive || (live.timeline.first?.seq ?? Infinity) > seq + 1) return undefined;
  return live.timeline.items.filter(isSent).filter((message) => message.seq > seq);
}

/** Describes a conversation as the server's hits do. A thread has the name of its conversation. */
function knownPlace(core: Core, id: string): FoundConversation | undefined {
  const info = core.conversations.find(id)?.info;
  return info && described(info, info.parent_id ? core.conversations.find(info.parent_id)?.info : info);
}

async function placeOf(core: Core, id: string): Promise<FoundConversation> {
  const read = async (id: string) =>
    (await core.http.call("GET", `chat/conversations/${id}/`)).data as ConversationInfo;
  const known = knownPlace(core, id);
  if (known) return known;
  const info = await read(id);
  return described(info, info.parent_id ? await read(info.parent_id) : info);
}

function described(
  { id, kind, parent_id, root_seq }: ConversationInfo,
  named: ConversationInfo | undefined,
): FoundConversation {
  const name = named?.is_group ? named.name : (named?.display_name ?? null);
  return { id, kind, name, parent_id: parent_id ?? null, root_seq: root_seq ?? null };
}
