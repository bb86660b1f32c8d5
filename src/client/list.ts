import type { ConversationList } from "./api.ts";
import { createConversation } from "./conversation.ts";
import type { Core, LiveConversation, Summary } from "./core.ts";
import { ConfabError } from "./errors.ts";
import { later } from "./platform.ts";
import { Cut, jitter } from "./retry.ts";
import type { ConversationInfo } from "./wire.ts";

const PATH = "chat/conversations/";
/** As many as the server is asked for at once. */
const PAGE = 50;
/** A page that is looked at again after so long asks for what it can't have heard. */
const LOOK_AGAIN_MS = 10_000;
/** Longer than what was read here takes to be told. */
const RECOUNT_AFTER_MS = 1_000;

const unreadIn = (conversations: LiveConversation[]) =>
  conversations.reduce((sum, one) => sum + (one.goneReason || one.isHidden ? 0 : one.unread), 0);

/** The list, to the other parts. */
export interface Conversations extends ConversationList {
  hasMore: boolean;
  isLoaded: boolean;
  readonly ordered: readonly LiveConversation[];
  /** Also those that are not in the list. */
  readonly known: LiveConversation[];
  find(id: string): LiveConversation | undefined;
  get(id: string): LiveConversation;
  /** The server says that one takes part in it. */
  list(info: ConversationInfo & Partial<Summary>): LiveConversation;
  /** The same, said by itself: it is told of when it is new. */
  met(info: ConversationInfo): void;
  /** Something happened in one that is not followed; `lastSeq` is its newest message. */
  moved(id: string, lastSeq: number): void;
  /** Something of one, or of the list, is different. */
  changed(): void;
  /** There is a new connection. */
  up(): void;
  /** The database may have gone back, while the connection holds. */
  startEpoch(): void;
  clear(): void;
  /** What other devices have read meanwhile is not told by the socket. */
  loadAgain(): void;
  /** Asks the server what is unread, where not all that is can be known here. */
  recount(): void;
  /** Brings it up to date, one after the other: there may be many at once. */
  refresh(conversation: LiveConversation): void;
}

/**
 * All conversations that are known, and the list of them.
 * @param recent so many of the most recent are followed
 */
export function createConversations(core: Core, recent: number) {
  const all = new Map<string, LiveConversation>();
  const stale = new Set<LiveConversation>();
  let sorted: readonly LiveConversation[] = [];
  let isDirty = false;
  let isRefreshing = false;
  let loadedAt = -Infinity;
  /** So many of the most recent the server has given, without a gap: what is known beside them was kept, or was met alone. */
  let depth = 0;
  /** Those whose unread messages are counted here, and how many there are in all others. */
  let counted = new Set<LiveConversation>();
  let elsewhere = 0;
  let isToRecount = false;

  const list: Conversations = {
    hasMore: false,
    isLoaded: false,
    get items() {
      return list.ordered;
    },
    get ordered(): readonly LiveConversation[] {
      if (!isDirty) return sorted;
      isDirty = false;
      const listed = list.known.filter((one) => one.isListed && !one.goneReason && !one.isHidden);
      // One in which something of oneself waits to be sent stands above all others.
      const rank = (one: LiveConversation) => Number(one.outbox.isSending());
      sorted = listed.sort((a, b) => rank(b) - rank(a) || b.activeAt - a.activeAt || (a.id < b.id ? 1 : -1));
      return sorted;
    },
    get known(): LiveConversation[] {
      return [...all.values()];
    },
    get unread() {
      return unreadIn([...counted]) + elsewhere;
    },
    find: (id: string) => all.get(id),
    get(id: string): LiveConversation {
      const conversation = all.get(id) ?? createConversation(id, core);
      all.set(id, conversation);
      return conversation;
    },
    list(info: ConversationInfo & Partial<Summary>): LiveConversation {
      const conversation = learn(info);
      conversation.isListed = true;
      conversation.revive();
      return conversation;
    },
    met(info: ConversationInfo) {
      const isKnown = list.find(info.id)?.isListed;
      const conversation = list.list(info);
      if (!isKnown) core.emit("added", conversation);
    },
    moved(id: string, lastSeq: number) {
      const conversation = list.get(id);
      // It is among the most recent now.
      conversation.isListed = true;
      conversation.activeAt = Math.max(conversation.activeAt, list.ordered[0]?.activeAt ?? 0);
      conversation.revive();
      // It was no message: its name may be another, or its people.
      const isNoMessage = !conversation.feed.isFollowed && lastSeq <= conversation.reading.head;
      if (!conversation.info || isNoMessage) list.refresh(conversation);
      conversation.feed.follow();
    },
    changed() {
      if (isDirty) return;
      isDirty = true;
      queueMicrotask(() => {
        followRecent();
        countNew();
        core.emit("conversations");
      });
    },
    up() {
      for (const conversation of list.known.filter((one) => one.isOpen)) {
        conversation.feed.follow();
        list.refresh(conversation);
      }
      followRecent();
      for (const { outbox } of list.known) outbox.tidy();
      void loadFirst();
    },
    startEpoch() {
      for (const { feed } of list.known) feed.reset();
      list.up();
    },
    clear() {
      const { known } = list;
      all.clear();
      stale.clear();
      counted.clear();
      elsewhere = 0;
      list.hasMore = list.isLoaded = false;
      for (const conversation of known) {
        conversation.isOver = true;
        conversation.gone("removed");
        conversation.outbox.clear();
      }
      list.changed();
    },
    loadAgain() {
      if (core.isOnline() && performance.now() - loadedAt > LOOK_AGAIN_MS) void loadFirst();
    },
    async loadMore() {
      const known = list.ordered.length;
      // A page of which all are known is none.
      while ((await load(depth)) && list.hasMore && list.ordered.length <= known);
    },
    async search(text: string, which?: { limit?: number; offset?: number }) {
      const { items, total } = await core.http.page<Summary>(PATH, text, which);
      return { items: items.map(learn), total };
    },
    recount() {
      if (elsewhere > 0) recountSoon();
    },
    refresh(conversation: LiveConversation) {
      stale.add(conversation);
      if (!isRefreshing) void refreshAll();
    },
  };
  return list;

  function learn(info: ConversationInfo & Partial<Summary>): LiveConversation {
    const conversation = list.get(info.id);
    conversation.learn(info);
    return conversation;
  }

  /** The newest page, and whether what should be on it is still one's own. */
  async function loadFirst() {
    loadedAt = performance.now();
    const before = list.ordered;
    const page = await load(0);
    if (!page) return;
    // All there were had been known: what was not is new.
    if (before.length > 0 && before.length < PAGE)
      for (const conversation of page) if (!before.includes(conversation)) core.emit("added", conversation);
    const oldest = page.length < PAGE ? -Infinity : Math.min(...page.map((one) => one.activeAt));
    for (const conversation of before) {
      if (page.includes(conversation)) continue;
      // In another history it may be anywhere, or nowhere: it is listed again when the server tells of it.
      if (conversation.epoch !== core.epoch && !conversation.isOpen && !conversation.outbox.isSending()) {
        conversation.isListed = false;
        conversation.changed();
      } else if (conversation.epoch !== core.epoch || conversation.activeAt > oldest) list.refresh(conversation);
    }
  }

  async function load(offset: number): Promise<LiveConversation[] | undefined> {
    try {
      const { items, total } = await page(PAGE, offset);
      const loaded = items.map(({ id }) => list.get(id));
      list.isLoaded = true;
      depth = offset + loaded.length;
      list.hasMore = loaded.length > 0 && depth < total;
      list.changed();
      return loaded;
    } catch (error) {
      core.onError(error);
      return undefined;
    }
  }

  /** Reads some of the list, and what is unread in all of it. */
  async function page(limit: number, offset: number) {
    const { epoch } = core;
    const before = new Map([...counted].map((one) => [one.id, one.unread]));
    const ask = () => core.http.page<Summary>(PATH, "", { limit, offset });
    const { items, total, unread } = await core.connection.persist(ask);
    // It may be of the history before; what asks for this one is under way.
    if (epoch !== core.epoch) throw new Cut();
    const loaded = items.map(list.list);
    counted = new Set(list.known.filter(({ reading }) => reading.isKnown));
    const others = [...counted].filter((one) => !loaded.includes(one));
    const here = items.reduce((sum, { unread_count }) => sum + unread_count, unreadIn(others));
    elsewhere = unread ? Math.max(0, unread.messages - here) : 0;
    // Something came or was read meanwhile, and the server's count may have it or not.
    if (others.some((one) => before.get(one.id) !== one.unread)) recountSoon();
    list.changed();
    return { items, total };
  }

  function recountSoon() {
    if (isToRecount) return;
    isToRecount = true;
    // Retention tells all clients at the same moment: they don't ask at the same moment.
    later(() => {
      isToRecount = false;
      if (core.isOnline()) page(1, 0).catch(core.onError);
    }, RECOUNT_AFTER_MS + jitter(RECOUNT_AFTER_MS));
  }

  /** Those that became known otherwise than by a page. Unless all that is unread is known here, they were counted elsewhere. */
  function countNew() {
    for (const one of list.known) {
      if (!one.reading.isKnown || counted.has(one)) continue;
      if (elsewhere > 0) return recountSoon();
      counted.add(one);
    }
  }

  async function refreshAll() {
    isRefreshing = true;
    for (const conversation of stale) {
      stale.delete(conversation);
      const { epoch } = core;
      try {
        const { data } = await core.connection.persist(() => core.http.call("GET", `${PATH}${conversation.id}/`));
        // It may be of the history before.
        if (epoch !== core.epoch) stale.add(conversation);
        else if (!conversation.isOver) conversation.learn(data as Summary);
      } catch (error) {
        if (error instanceof ConfabError && error.code === "not_found") conversation.gone();
        else core.onError(error);
      }
    }
    isRefreshing = false;
  }

  function followRecent() {
    if (!core.isOnline()) return;
    const { ordered } = list;
    for (const conversation of ordered.slice(0, recent)) conversation.feed.follow();
    // Not at once: one that goes up and down at the edge would come and go.
    for (const conversation of ordered.slice(recent * 2)) if (!conversation.isOpen) conversation.feed.unfollow();
  }
}
