import type { LiveConversation } from "../parts/conversation.ts";
import type { Conversations, Core } from "../parts/core.ts";
import type { Summary } from "../parts/frames.ts";
import type { Page } from "../parts/transport.ts";
import type { ConversationInfo } from "../public/types.ts";
import { ConnectionLost } from "../transport/retry.ts";
import { createPages, PAGE } from "./pages.ts";
import { createRefresher } from "./refresher.ts";
import { createUnreadTotal } from "./unread-total.ts";

const PATH = "chat/conversations/";
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
  let isUnsorted = false;
  let loadedAt = -Infinity;
  /** Resolves when all conversations that this client is creating are in `own`. */
  let creations: Promise<unknown> = Promise.resolve();
  const own = new Set<string>();
  const refresher = createRefresher(core);
  const unreadTotal = createUnreadTotal(
    () => list.known,
    () => core.isOnline() && tryPage({ limit: 1 }),
  );
  const tryPage = (page: Page) => readPage(page).catch(core.reportError);
  const main = createPages(false, sort, tryPage, () => list.notifyChanged());
  const archived = createPages(true, sort, tryPage, () => list.notifyChanged());

  const list: Conversations = {
    main,
    archived,
    get hasMore() {
      return main.hasMore;
    },
    get isLoaded() {
      return main.isLoaded;
    },
    refresh: refresher.refresh,
    recountUnread: unreadTotal.recount,
    get items() {
      return main.items;
    },
    get known() {
      return [...all.values()];
    },
    get unread() {
      return unreadTotal.count;
    },
    get mentions() {
      return unreadTotal.mentions;
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
      if (info.parent_id) {
        // Threads stand in a list of their own, which `confab/client/threads` has.
        const thread = list.get(info.id);
        thread.applySummary(info);
        thread.markJoined();
        return list.refresh(thread);
      }
      const isKnown = list.find(info.id)?.isListed;
      const conversation = list.add(info);
      if (!isKnown) void creations.then(() => own.delete(info.id) || core.emit("added", conversation));
    },
    applyMe(frame) {
      core.meVersion = frame.me_version;
      if (frame.kind !== "conversation") return core.emitNamed(frame.kind, frame);
      const { key, value, me_version } = frame;
      const conversation = list.get(key);
      conversation.settings.apply(value, me_version);
      if (conversation.isListed) return;
      list.recountUnread();
      // It has come into a list that is loaded.
      if (value.archived && !archived.isLoaded) return;
      conversation.isListed = true;
      list.refresh(conversation);
    },
    trackCreation(answer) {
      const tracked = answer.then((info) => info && own.add(info.id));
      creations = Promise.allSettled([creations, tracked]);
    },
    applyActivity(id, lastSeq) {
      const conversation = list.get(id);
      // It is one of the most recent conversations now.
      conversation.isListed = !conversation.info?.parent_id;
      conversation.activeAt = Math.max(conversation.activeAt, main.items[0]?.activeAt ?? 0);
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
      if (archived.isLoaded) void archived.load(0);
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
      core.meVersion = undefined;
      main.hasMore = main.isLoaded = archived.isLoaded = false;
      archived.hasMore = true;
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
    loadMore: main.loadMore,
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
    const before = main.items;
    const away = new Set(archived.items);
    const page = await main.load(0);
    if (!page) return;
    // The whole list was known before, so all others on the page are new.
    if (before.length > 0 && before.length < PAGE)
      // A conversation that was archived is not new: a message or another device has brought it back.
      for (const conversation of page) {
        const isBack = away.has(conversation) || conversation.settings.state.archived_seq !== null;
        if (!before.includes(conversation) && !isBack) core.emit("added", conversation);
      }
    const oldest = page.length < PAGE ? -Infinity : Math.min(...page.map((one) => one.activeAt));
    for (const conversation of [...before, ...archived.items]) {
      if (page.includes(conversation)) continue;
      const isOtherEpoch = conversation.epoch !== core.epoch;
      // The database has gone back, so the conversation may be gone. It is listed again when the server mentions it.
      if (isOtherEpoch && !conversation.isOpen && !conversation.outbox.hasUnsent()) {
        conversation.isListed = false;
        conversation.notifyChanged();
      } else if (isOtherEpoch || (conversation.activeAt > oldest && !conversation.preferences.archived))
        list.refresh(conversation);
    }
  }

  /** Sorts the conversations into the two lists, if anything has changed. */
  function sort() {
    if (!isUnsorted) return;
    isUnsorted = false;
    const listed = list.known.filter(
      (one) => one.isListed && one.info && !one.info.parent_id && !one.goneReason && !one.isHidden,
    );
    // A conversation with a message that waits to be sent stands above all others.
    const rank = (one: LiveConversation) => Number(one.outbox.hasUnsent());
    listed.sort((a, b) => rank(b) - rank(a) || b.activeAt - a.activeAt || (a.id < b.id ? 1 : -1));
    main.show(listed);
    archived.show(listed);
  }

  /** Reads a part of a list, and the counts of unread messages over all conversations. */
  async function readPage(page: Page) {
    const { epoch } = core;
    const before = unreadTotal.snapshot();
    const read = () => core.http.page<Summary>(PATH, "", page);
    const { items, total, unread } = await core.connection.retryWhileConnected(read);
    // The answer may be from before the database went back. A request in the new epoch is on its way already.
    if (epoch !== core.epoch) throw new ConnectionLost();
    const conversations = items.map(list.add);
    unreadTotal.applyPage(before, conversations, items, unread);
    list.notifyChanged();
    return { conversations, total };
  }

  function subscribeRecent() {
    if (!core.isOnline()) return;
    const { items } = main;
    for (const conversation of items.slice(0, recent)) conversation.sync.subscribe();
    // Only far below the edge, or a conversation that moves up and down there would be subscribed again and again.
    for (const conversation of items.slice(recent * 2)) if (!conversation.isOpen) conversation.sync.unsubscribe();
  }
}
