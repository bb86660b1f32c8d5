import { useEffect, useRef, useState } from "preact/hooks";
import { search } from "../../../../sdk/features/search.ts";
import type { Conversation, Message, Search } from "../../../../sdk/index.ts";
import { parseHere } from "../../../../text/found.ts";
import { matches } from "../../../../text/search-match.ts";
import { useSession } from "../../session/context.ts";
import type { Shown } from "../use-view.ts";

/** Milliseconds without a key before the search begins. */
const PAUSE = 150;
const PAGE = 50;
/** At most this many are counted. */
const COUNTED_MAX = 1_000;

type Hit = Pick<Message, "id" | "seq">;

export interface Found {
  text: string;
  /** The newest first. */
  hits: readonly Hit[];
  /** The shown one. */
  at: number;
  state: "idle" | "loading" | "failed";
  hasMore: boolean;
  isOffline: boolean;
  isIndexing: boolean;
}

const NOTHING: Found = {
  text: "",
  hits: [],
  at: 0,
  state: "idle",
  hasMore: false,
  isOffline: false,
  isIndexing: false,
};

/** Searches in one conversation, and leads from one found message to the next. */
export function useFind(conversation: Conversation, { go }: Shown, text: string) {
  const { client } = useSession();
  const [found, setFound] = useState(NOTHING);
  const current = useRef(found);
  const running = useRef<Search | undefined>(undefined);

  const set = (changes: Partial<Found>) => {
    current.current = { ...current.current, ...changes };
    setFound(current.current);
  };
  const show = (at: number) => {
    set({ at });
    const hit = current.current.hits[at];
    if (hit) void go({ kind: "found", seq: hit.seq });
  };

  async function load(own: Search) {
    set({ state: "loading" });
    try {
      for (let hasMore = true; hasMore && current.current.hits.length < COUNTED_MAX; ) {
        const page = await own.page();
        if (own !== running.current) return;
        const isFirst = current.current.hits.length === 0;
        // Replies in threads have a place of their own.
        const mine = page.hits.flatMap(({ message }) => (message.conversation_id === conversation.id ? [message] : []));
        const { isOffline, indexing } = page;
        set({
          hits: [...current.current.hits, ...mine],
          hasMore: page.hasMore,
          isOffline,
          isIndexing: indexing.length > 0,
        });
        if (isFirst && mine.length > 0) show(0);
        ({ hasMore } = page);
      }
      set({ state: "idle" });
    } catch {
      if (own === running.current) set({ state: "failed" });
    }
  }

  const isOnline = client.state === "online";
  useEffect(() => {
    running.current = undefined;
    if (text === "") return set(NOTHING);
    const ending = new AbortController();
    set({ ...NOTHING, text, state: "loading" });
    const timer = setTimeout(() => {
      running.current = search(client, text, { conversation: conversation.id, limit: PAGE, signal: ending.signal });
      void load(running.current);
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      ending.abort();
    };
  }, [text, conversation, isOnline && (found.isOffline || found.state === "failed")]);

  useEffect(() => {
    const parsed = parseHere(text);
    /** Puts a hit at its place, or takes it out. The shown one stays. */
    const apply = (message: Message, isHit: boolean) => {
      const { hits, at } = current.current;
      const shown = hits[at]?.id;
      const others = hits.filter(({ id }) => id !== message.id);
      if (!isHit && others.length === hits.length) return;
      const next = isHit ? [...others, message].sort((a, b) => b.seq - a.seq) : others;
      const place = next.findIndex(({ id }) => id === shown);
      set({ hits: next, at: place < 0 ? Math.max(0, Math.min(at, next.length - 1)) : place });
    };
    const follow = (message: Message) => {
      if (message.conversation_id !== conversation.id || text === "") return;
      apply(message, matches(parsed, message, { userId: client.me?.id }));
    };
    const ends = [client.on("message", follow), client.on("amended", follow)];
    return () => {
      for (const end of ends) end();
    };
  }, [text, conversation]);

  /** Goes to an older message, or to a newer one, and from the end to the other end. */
  function step(by: 1 | -1) {
    const { hits, at, state, hasMore } = current.current;
    if (hits.length === 0) return;
    const to = at + by;
    if (to >= hits.length && (state === "loading" || hasMore)) return;
    show((to + hits.length) % hits.length);
  }

  return { found, step };
}
