import { later } from "../base/platform.ts";
import type { Core, LiveConversation, Summary } from "../parts.ts";
import type { ConversationList } from "../public/client.ts";
import { ConfabError } from "../public/errors.ts";
import type { ConversationInfo } from "../public/types.ts";
import { Cut, jitter } from "../transport/retry.ts";
import { createConversation } from "./conversation.ts";

const PATH = "chat/conversations/";
/** Conversations on one page of the list: the server gives no more at once. */
const PAGE = 50;
/** When the person comes back to the page and the list is older than this, it is loaded again. */
const LOOK_AGAIN_MS = 10_000;
/** A recount waits this long: by then the server knows what was read on this device. */
const RECOUNT_AFTER_MS = 1_000;

const unreadIn = (conversations: LiveConversation[]) =>
  conversations.reduce((sum, one) => sum + (one.goneReason || one.isHidden ? 0 : one.unread), 0);

/** The list, as the other parts of the client see it. */
export interface Conversations extends ConversationList {
  hasMore: boolean;
  isLoaded: boolean;
  readonly ordered: readonly LiveConversation[];
  /** All conversations the client knows, also those that the list does not show. */
  readonly known: LiveConversation[];
  find(id: string): LiveConversation | undefined;
  get(id: string): LiveConversation;
  /** Adds a conversation to the list: the server has said that the user takes part in it. */
  list(info: ConversationInfo & Partial<Summary>): LiveConversation;
  /** The same, said by the server itself: a conversation that is new is told of, unless this client is making it. */
  met(info: ConversationInfo): void;
  /** What this client asks for is not told of, though the socket may bring it before the answer does. */
  makes(asked: Promise<ConversationInfo | undefined>): void;
  /** Something happened in a conversation that is not followed. `lastSeq` is its newest message. */
  moved(id: string, lastSeq: number): void;
  /** A conversation or the list itself has changed. */
  changed(): void;
  /** A new connection is open. */
  up(): void;
  /** The epoch has changed while the connection stayed open: the database may have gone back. */
  startEpoch(): void;
  clear(): void;
  /** Loads the newest page again: the socket does not tell what other devices have read meanwhile. */
  loadAgain(): void;
  /** Asks the server for the number of unread messages, unless the client has counted all of them itself. */
  recount(): void;
  /** Reads a conversation again. One request at a time: there may be many conversations to read. */
  refresh(conversation: LiveConversation): void;
}

/**
 * All conversations that the client knows, and the list of them.
 * @param recent how many of the most recent conversations the client follows
 */
export function createConversations(core: Core, recent: number) {
  const all = new Map<string, LiveConversation>();
  const stale = new Set<LiveConversation>();
  let sorted: readonly LiveConversation[] = [];
  let isDirty = false;
  let isRefreshing = false;
  let loadedAt = -Infinity;
  /**
   * How many of the most recent conversations the server has given, without a gap. Others may be known too: they were
   * stored on the device or came one by one.
   */
  let depth = 0;
  /** The client counts the unread messages of the conversations in `counted`. All others have `elsewhere` in total. */
  let counted = new Set<LiveConversation>();
  let elsewhere = 0;
  let isToRecount = false;
  /** Resolves when all conversations that this client is making are in `own`. */
  let making: Promise<unknown> = Promise.resolve();
  const own = new Set<string>();

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
      // A conversation in which a message of the user waits to be sent stands above all others.
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
      if (!isKnown) void making.then(() => own.delete(info.id) || core.emit("added", conversation));
    },
    makes(asked: Promise<ConversationInfo | undefined>) {
      const noted = asked.then((info) => info && own.add(info.id));
      making = Promise.allSettled([making, noted]);
    },
    moved(id: string, lastSeq: number) {
      const conversation = list.get(id);
      // It is one of the most recent conversations now.
      conversation.isListed = true;
      conversation.activeAt = Math.max(conversation.activeAt, list.ordered[0]?.activeAt ?? 0);
      conversation.revive();
      // No new message, so something else has changed: its name, perhaps, or its members.
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
      // Goes on while a page brings nothing new.
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

  /** Loads the newest page. A conversation that should be on it but is not is read alone: the user may have left. */
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
      // The database has gone back: the conversation may be gone. It is listed again when the server mentions it.
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
    // The answer may be from before the database went back. A request in the new epoch is on its way already.
    if (epoch !== core.epoch) throw new Cut();
    const loaded = items.map(list.list);
    counted = new Set(list.known.filter(({ reading }) => reading.isKnown));
    const others = [...counted].filter((one) => !loaded.includes(one));
    const here = items.reduce((sum, { unread_count }) => sum + unread_count, unreadIn(others));
    elsewhere = unread ? Math.max(0, unread.messages - here) : 0;
    // A message came or was read meanwhile, and the server's count may or may not include it.
    if (others.some((one) => before.get(one.id) !== one.unread)) recountSoon();
    list.changed();
    return { items, total };
  }

  function recountSoon() {
    if (isToRecount) return;
    isToRecount = true;
    // Retention notifies all clients at once. The jitter spreads their requests.
    later(() => {
      isToRecount = false;
      if (core.isOnline()) page(1, 0).catch(core.onError);
    }, RECOUNT_AFTER_MS + jitter(RECOUNT_AFTER_MS));
  }

  /**
   * Counts conversations that became known otherwise than by a page. If `elsewhere` is above 0, it may include their
   * unread messages, so the server is asked again.
   */
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
        // The answer may be from before the database went back.
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
    // Only far below the edge: one that moves up and down at the edge would be followed and unfollowed all the time.
    for (const conversation of ordered.slice(recent * 2)) if (!conversation.isOpen) conversation.feed.unfollow();
  }
}
