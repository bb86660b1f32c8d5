import { type Signal, signal } from "@preact/signals";
import { search } from "../../../sdk/features/search.ts";
import {
  type ConfabClient,
  ConfabError,
  type Conversation,
  type ConversationInfo,
  type FoundConversation,
  type Search,
  type SearchHit,
  type SentMessage,
} from "../../../sdk/index.ts";
import { foundIn, isNothing, parseHere } from "../../../text/found.ts";

export type Sort = "newest" | "oldest";

/** A search of the page. */
export interface Sought {
  query: string;
  sort: Sort;
}

export interface Results {
  sought: Sought;
  /** Those of the search before stay until the first answer. */
  hits: readonly SearchHit[];
  state: "idle" | "loading" | "failed";
  /** The words of the server about the query, or about itself. */
  fault?: string | undefined;
  /** The hits belong to an earlier search. */
  isEarlier: boolean;
  hasMore: boolean;
  isExact: boolean;
  /** How many conversations are not indexed to their end. */
  indexing: number;
  isOffline: boolean;
}

/** More would make the page slow, and nobody reads so many. */
export const HITS_MAX = 1_000;

const NOTHING: Results = {
  sought: { query: "", sort: "newest" },
  hits: [],
  state: "idle",
  isEarlier: false,
  hasMore: false,
  isExact: true,
  indexing: 0,
  isOffline: false,
};

export interface ResultList {
  readonly results: Signal<Results>;
  /** Where the page was when it was left, and the address of the hit that somebody opened there. */
  readonly left: { scrolled: number; opened?: string | undefined };
  /** Begins another search. An earlier one ends, and its answer changes nothing. */
  start(sought: Sought): void;
  /** Loads the next page. After a failure it tries again. */
  more(): void;
}

const lists = new WeakMap<ConfabClient, ResultList>();

/** The results of the last search. They stay while the page shows something else. */
export function resultsOf(client: ConfabClient): ResultList {
  const there = lists.get(client) ?? createList(client);
  lists.set(client, there);
  return there;
}

function createList(client: ConfabClient): ResultList {
  const results = signal(NOTHING);
  const left: ResultList["left"] = { scrolled: 0 };
  let running: Search | undefined;
  let ending = new AbortController();
  const set = (changes: Partial<Results>) => {
    results.value = { ...results.peek(), ...changes };
  };

  async function load(own: Search) {
    set({ state: "loading", fault: undefined });
    try {
      const { hits, hasMore, isExact, indexing, isOffline } = await own.page();
      if (own !== running) return;
      const before = results.peek();
      const all = before.isEarlier ? hits : [...before.hits, ...hits];
      const facts = { hasMore, isExact, indexing: indexing.length, isOffline };
      set({ hits: all.slice(0, HITS_MAX), state: "idle", isEarlier: false, ...facts });
    } catch (error) {
      if (own !== running) return;
      const fault = faultOf(error);
      // Results of another search must not look like those of this one.
      const { isEarlier, hits } = results.peek();
      set({ state: "failed", fault, isEarlier: false, ...(isEarlier ? { hits: [], hasMore: false } : { hits }) });
    }
  }

  function start(sought: Sought) {
    ending.abort();
    ending = new AbortController();
    left.scrolled = 0;
    left.opened = undefined;
    running = undefined;
    if (isNothing(sought.query)) {
      results.value = { ...NOTHING, sought };
      return;
    }
    set({ sought, isEarlier: true });
    running = search(client, sought.query, { sort: sought.sort, signal: ending.signal });
    void load(running);
  }

  /** A message of a live conversation was written, edited or deleted. */
  function apply(message: SentMessage, { info }: Conversation, isNew: boolean) {
    const { hits, sought, isEarlier } = results.peek();
    if (sought.query === "" || isEarlier) return;
    const at = hits.findIndex((hit) => hit.message.id === message.id);
    if (at < 0 && !isNew) return;
    const conversation = hits[at]?.conversation ?? placeOf(info);
    if (!conversation) return;
    const { id, parent_id, name } = conversation;
    const place = { userId: client.me?.id, ids: [id, parent_id], name: name ?? undefined };
    const excerpt = foundIn(parseHere(sought.query), message, place);
    if (!excerpt) {
      if (at >= 0) set({ hits: hits.filter((_, n) => n !== at) });
      return;
    }
    const hit = { message, excerpt, conversation };
    if (at >= 0) set({ hits: hits.with(at, hit) });
    else if (sought.sort === "newest") set({ hits: [hit, ...hits] });
  }

  client.on("amended", (message, conversation) => apply(message, conversation, false));
  client.on("message", (message, conversation) => apply(message, conversation, true));
  client.on("removed", ({ id }) => {
    const { hits } = results.peek();
    const rest = hits.filter(({ conversation }) => conversation.id !== id && conversation.parent_id !== id);
    if (rest.length < hits.length) set({ hits: rest });
  });
  client.on("me", (me) => {
    if (!me) start(NOTHING.sought);
  });

  return {
    results,
    left,
    start,
    more() {
      const { state, hasMore } = results.peek();
      if (running && state !== "loading" && (hasMore || state === "failed")) void load(running);
    },
  };
}

function faultOf(error: unknown): string {
  if (error instanceof ConfabError) return Object.values(error.errors ?? {})[0]?.[0] ?? error.message;
  return error instanceof Error ? error.message : String(error);
}

/** The conversation of a new message. A thread needs the name of its conversation, and comes with the next search. */
function placeOf(info: ConversationInfo | undefined): FoundConversation | undefined {
  if (!info || info.parent_id !== undefined) return undefined;
  const name = info.is_group ? info.name : info.display_name;
  return { id: info.id, kind: info.kind, name, parent_id: null, root_seq: null };
}
