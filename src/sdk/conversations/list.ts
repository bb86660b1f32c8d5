import type { LiveConversation } from "../parts/conversation.ts";
import type { Conversations, Core } from "../parts/core.ts";
import type { Summary } from "../parts/frames.ts";
import type { ConversationInfo } from "../public/types.ts";
import { ConnectionLost } from "../transport/retry.ts";
import { createRefresher } from "./refresher.ts";
import { createUnreadTotal } from "./unread-total.ts";

const PATH = "chat/conversations/";
/** Conversations on one page of the list. The server gives no more at once. */
const PAGE = 50;
/** When the user comes back to the page and the list is older than this, it is loaded again. */
const RELOAD_AFTER_MS = 10_000;

/**
 * Keeps all conversations that the client knows, and the list of them.
 * @param recent how many of the most recent conversations the client subscribes to
 */
export function createConversations(
  core: Core,
  recent: number,
  createConversation: (id: string) => LiveConversation,
): Conversations {
  const all = new Map<string, LiveConversation>();
  let sorted: readonly LiveConversation[] = [];
  let isUnsorted = false;
  let loadedAt = -Infinity;
  /**
   * How many of the most recent conversations the server has given, without a gap. Others may be known too: they were
   * stored on the device or came one by one.
   */
  let depth = 0;
  /** Resolves when all conversations that this client is creating are in `own`. */
  let creations: Promise<unknown> = Promise.resolve();
  const own = new Set<string>();
  const refresher = createRefresher(core);
  const unreadTotal = createUnreadTotal(
    () => list.known,
    () => core.isOnline() && readPage(1, 0).catch(core.reportError),
  );

  const list: Conversations = {
    hasMore: false,
    isLoaded: false,
    refresh: refresher.refresh,
    recountUnread: unreadTotal.recount,
    get items() {
      return list.ordered;
    },
    get ordered() {
      if (!isUnsorted) return sorted;
      isUnsorted = false;
      const listed = list.known.filter((one) => one.isListed && !one.goneReason && !one.isHidden);
      // A conversation with a message that waits to be sent stands above all others.
      const rank = (one: LiveConversation) => Number(one.outbox.hasUnsent());
      sorted = listed.sort((a, b) => rank(b) - rank(a) || b.activeAt - a.activeAt || (a.id < b.id ? 1 : -1));
      return sorted;
    },
    get known() {
      return [...all.values()];
    },
    get unread() {
      return unreadTotal.count;
    },
    find: (id) => all.get(id),
    get(id) {
      const conversation = all.get(id) ?? createConversation(id);
      all.set(id, conversation);
      return conversation;
    },
    add(info) {
      const conversation = applySummary(info);
      conversation.isListed = true;
      conversation.markJoined();
      return conversation;
    },
    applyConversation(info) {
      const isKnown = list.find(info.id)?.isListed;
      const conversation = list.add(info);
      if (!isKnown) void creations.then(() => own.delete(info.id) || core.emit("added", conversation));
    },
    trackCreation(answer) {
      const tracked = answer.then((info) => info && own.add(info.id));
      creations = Promise.allSettled([creations, tracked]);
    },
    applyActivity(id, lastSeq) {
      const conversation = list.get(id);
      // It is one of the most recent conversations now.
      conversation.isListed = true;
      conversation.activeAt = Math.max(conversation.activeAt, list.ordered[0]?.activeAt ?? 0);
      conversation.markJoined();
      // Without a new message, something else has changed: the name, perhaps, or the members.
      const isNoMessage = !conversation.sync.isSubscribed && lastSeq <= conversation.readState.head;
      if (!conversation.info || isNoMessage) list.refresh(conversation);
      conversation.sync.subscribe();
    },
    notifyChanged() {
      if (isUnsorted) return;
      isUnsorted = true;
      queueMicrotask(() => {
        subscribeRecent();
        unreadTotal.countNew();
        core.emit("conversations");
      });
    },
    connectionOpened() {
      for (const conversation of list.known.filter((one) => one.isOpen)) {
        conversation.sync.subscribe();
        list.refresh(conversation);
      }
      subscribeRecent();
      for (const { outbox } of list.known) outbox.removeConfirmed();
      void loadFirstPage();
    },
    epochChanged() {
      for (const { sync } of list.known) sync.applyReset();
      list.connectionOpened();
    },
    clear() {
      const { known } = list;
      all.clear();
      refresher.clear();
      unreadTotal.clear();
      list.hasMore = list.isLoaded = false;
      for (const conversation of known) {
        conversation.isDetached = true;
        conversation.markGone("removed");
        conversation.outbox.clear();
      }
      list.notifyChanged();
    },
    reloadIfOld() {
      if (core.isOnline() && performance.now() - loadedAt > RELOAD_AFTER_MS) void loadFirstPage();
    },
    async loadMore() {
      const known = list.ordered.length;
      // Goes on while a page brings nothing new.
      while ((await loadPage(depth)) && list.hasMore && list.ordered.length <= known);
    },
    async search(text, page) {
      const { items, total } = await core.http.page<Summary>(PATH, text, page);
      return { items: items.map(applySummary), total };
    },
  };
  return list;

  function applySummary(info: ConversationInfo & Partial<Summary>): LiveConversation {
    const conversation = list.get(info.id);
    conversation.applySummary(info);
    return conversation;
  }

  /** A conversation that should be on the first page but is not is read alone: the user may have left it. */
  async function loadFirstPage() {
    loadedAt = performance.now();
    const before = list.ordered;
    const page = await loadPage(0);
    if (!page) return;
    // The whole list was known before, so all others on the page are new.
    if (before.length > 0 && before.length < PAGE)
      for (const conversation of page) if (!before.includes(conversation)) core.emit("added", conversation);
    const oldest = page.length < PAGE ? -Infinity : Math.min(...page.map((one) => one.activeAt));
    for (const conversation of before) {
      if (page.includes(conversation)) continue;
      const isOtherEpoch = conversation.epoch !== core.epoch;
      // The database has gone back, so the conversation may be gone. It is listed again when the server mentions it.
      if (isOtherEpoch && !conversation.isOpen && !conversation.outbox.hasUnsent()) {
        conversation.isListed = false;
        conversation.notifyChanged();
      } else if (isOtherEpoch || conversation.activeAt > oldest) list.refresh(conversation);
    }
  }

  async function loadPage(offset: number): Promise<LiveConversation[] | undefined> {
    try {
      const { conversations, total } = await readPage(PAGE, offset);
      list.isLoaded = true;
      depth = offset + conversations.length;
      list.hasMore = conversations.length > 0 && depth < total;
      list.notifyChanged();
      return conversations;
    } catch (error) {
      core.reportError(error);
      return undefined;
    }
  }

  /** Reads a part of the list, and the number of unread messages in all of it. */
  async function readPage(limit: number, offset: number) {
    const { epoch } = core;
    const before = unreadTotal.snapshot();
    const read = () => core.http.page<Summary>(PATH, "", { limit, offset });
    const { items, total, unread } = await core.connection.retryWhileConnected(read);
    // The answer may be from before the database went back. A request in the new epoch is on its way already.
    if (epoch !== core.epoch) throw new ConnectionLost();
    const conversations = items.map(list.add);
    unreadTotal.applyPage(before, conversations, items, unread?.messages);
    list.notifyChanged();
    return { conversations, total };
  }

  function subscribeRecent() {
    if (!core.isOnline()) return;
    const { ordered } = list;
    for (const conversation of ordered.slice(0, recent)) conversation.sync.subscribe();
    // Only far below the edge, or a conversation that moves up and down there would be subscribed again and again.
    for (const conversation of ordered.slice(recent * 2)) if (!conversation.isOpen) conversation.sync.unsubscribe();
  }
}
