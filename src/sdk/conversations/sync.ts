import type { LiveConversation, Sync } from "../parts/conversation.ts";
import type { Core } from "../parts/core.ts";
import type { Frame } from "../parts/frames.ts";
import { ConfabError } from "../public/errors.ts";
import type { Quote } from "../public/replies.ts";
import type { Message } from "../public/types.ts";
import { ConnectionLost } from "../transport/retry.ts";
import { isAmended, quoteOf, withQuote } from "./quotes.ts";

/** With these codes the conversation does not exist for this user. */
const GONE = /^(not_a_participant|not_found|validation_failed)$/;
/** How often an older page is requested while the server can't give it. */
const PAGE_TRIES = 3;

/** Subscribes to a conversation, applies each of its changes once and in order, and loads pages of messages. */
export function createSync(self: LiveConversation, core: Core): Sync {
  const { id: conversation_id, timeline, readState } = self;
  let subscription: "none" | "requested" | "live" = "none";
  /** The version up to which the server replays changes. */
  let target = 0;
  /** The version after which a change was missing the last time. */
  let gapAfter: number | undefined;
  let isLoading = false;
  /** Whether the messages here may be of another history. */
  let isStale = false;
  /** Goes up when loaded messages, and pages that are on their way, are no longer valid. */
  let generation = 0;
  let olderPage: Promise<number> | undefined;
  /** How many pages are on their way. */
  let pageCount = 0;
  /** Messages of changes that came while pages were on their way. The pages may have older states of them. */
  const meanwhile = new Map<number, Message>();
  /** Quotes that changed in that time. */
  let quotesMeanwhile: Quote[] = [];

  function subscribe() {
    if (subscription !== "none" || self.goneReason || !core.isOnline()) return;
    subscription = "requested";
    // Without a tag, the version may name another change now: the database may have gone back.
    if (sync.isLoaded && sync.version > 0 && !sync.tag && self.epoch !== core.epoch) discardMessages();
    const cursor = sync.isLoaded ? { after_version: sync.version, tag: sync.tag } : {};
    core.connection.request({ type: "subscribe", conversation_id, ...cursor }).catch((error: unknown) => {
      if (error instanceof ConnectionLost) return;
      subscription = "none";
      handleError(error);
    });
    // The server answers in order, so the page comes after the answer to the subscription.
    if (self.isOpen && !sync.isLoaded) void loadNewest();
  }

  function discardMessages() {
    generation++;
    sync.isLoaded = false;
    self.shownLines.prune();
    isStale = true;
    if (!self.isOpen) removeStale();
  }

  /** An open conversation shows its old messages until others have come. */
  function removeStale() {
    isStale = false;
    timeline.replaceAll([]);
    self.notifyChanged({ messages: true, reset: true });
  }

  function handleError(error: unknown) {
    if (error instanceof ConfabError && GONE.test(error.code)) self.markGone();
    else core.reportError(error);
  }

  /** Reads a page, and gives it to `apply` with the changes that came since the request. */
  async function readPage<T>(
    page: Record<string, number>,
    apply: (messages: Message[], total: number, head: number) => T,
    tries?: number,
  ): Promise<T> {
    const { head } = readState;
    const started = generation;
    pageCount++;
    try {
      const frame = { type: "history", conversation_id, ...page };
      const answer = (await core.connection.request(frame, tries)) as Frame<"history">;
      if (started !== generation) throw new ConnectionLost();
      const messages = answer.messages.map((message) =>
        quotesMeanwhile.reduce(withQuote, meanwhile.get(message.seq) ?? message),
      );
      self.shownLines.add(answer.lines);
      const result = apply(messages, answer.total, head);
      // Servers of earlier releases don't send `pruned_seq`.
      self.prune(answer.pruned_seq ?? 0);
      // A message on the page was sent, even if its ack was lost.
      self.outbox.confirm(messages);
      return result;
    } finally {
      if (--pageCount === 0) {
        meanwhile.clear();
        quotesMeanwhile = [];
      }
    }
  }

  async function tryPage<T>(page: Record<string, number>, apply: (messages: Message[]) => T): Promise<T | undefined> {
    try {
      return await readPage(page, apply, PAGE_TRIES);
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
      return undefined;
    }
  }

  /** @param head the newest seq known before the request. An empty page means that retention has removed all up to it */
  function updateCounters(newest: Message | undefined, total: number, head: number) {
    const seq = newest?.seq ?? head;
    readState.update({ head: seq, pruned: seq - total });
  }

  /** Loads the newest page, which replaces all loaded messages. */
  async function loadNewest() {
    if (isLoading) return;
    isLoading = true;
    let isDense = true;
    try {
      isDense = await readPage({}, (messages, total, head) => {
        const reset = timeline.last !== undefined;
        // The subscription has failed. A page without one would have no version from which to go on.
        if (subscription !== "live") throw new ConnectionLost();
        sync.isLoaded = true;
        isStale = false;
        updateCounters(messages.at(-1), total, head);
        timeline.replaceAll(messages);
        const isDense = [...meanwhile.values()].every((message) => timeline.put(message));
        if (timeline.newest) self.updateNewest(timeline.newest);
        self.notifyChanged({ messages: true, reset });
        return isDense;
      });
    } catch (error) {
      // A new connection may have loaded the messages already.
      if (error instanceof ConnectionLost) isDense = sync.isLoaded;
      else handleError(error);
    }
    isLoading = false;
    if (!isDense && subscription === "live") await loadNewest();
    self.announceHeld();
    self.notifyChanged();
  }

  async function readOlder(limit = 50): Promise<number> {
    for (;;) {
      await core.whenOnline();
      const before_seq = timeline.first?.seq;
      if (before_seq === undefined || !self.hasOlder || self.goneReason) return 0;
      const apply = (messages: Message[]) => {
        if (timeline.first?.seq !== before_seq) return undefined;
        const prepended = timeline.prepend(messages);
        // Nothing older is left: retention has removed it meanwhile.
        if (prepended === 0) readState.update({ pruned: before_seq - 1 });
        self.notifyChanged({ messages: true, prepended });
        return prepended;
      };
      const prepended = await tryPage({ before_seq, limit }, apply);
      if (prepended !== undefined) return prepended;
    }
  }

  /** Reads only the newest message, for the list. */
  function readNewestMessage() {
    const apply = ([message]: Message[], total: number, head: number) => {
      updateCounters(message, total, head);
      if (!message) return;
      self.updateNewest(message);
      if (self.isListed && message.seq > readState.seq) self.announce(message);
      self.announcedSeq = Math.max(self.announcedSeq, message.seq);
    };
    readPage({ limit: 1 }, apply).catch(handleError);
  }

  const sync: Sync = {
    version: 0,
    tag: undefined,
    isLoaded: false,
    subscribe,
    discardMessages,
    tryPage,
    async whenLive() {
      for (;;) {
        await core.whenOnline();
        if (self.goneReason) throw new ConfabError("not_found", "The conversation is gone");
        if (subscription === "live") return;
        await sync.whenChanged();
      }
    },
    whenChanged: () =>
      new Promise((resolve) => {
        const off = self.on("change", () => {
          off();
          resolve();
        });
      }),
    get isSubscribed() {
      return subscription !== "none";
    },
    get isLoading() {
      return isLoading;
    },
    get isLive() {
      return subscription === "live";
    },
    isAwaited: (seq) =>
      subscription !== "none" &&
      // While the newest page of an open conversation is not loaded, that page will include the message.
      ((self.isOpen && !sync.isLoaded) || seq > ((sync.isLoaded ? timeline.last : timeline.newest)?.seq ?? 0)),
    get isUpToDate() {
      return subscription === "live" && sync.isLoaded && sync.version >= target;
    },
    unsubscribe() {
      if (subscription !== "live" || sync.version < target) return;
      subscription = "none";
      core.connection.send({ type: "unsubscribe", conversation_id });
    },
    subscriptionEnded() {
      subscription = "none";
    },
    closed() {
      if (!isStale) return;
      removeStale();
      if (subscription === "live") readNewestMessage();
    },
    ensureLoaded() {
      if (subscription === "live" && !sync.isLoaded) void loadNewest();
      else subscribe();
    },
    loadOlder(limit) {
      olderPage ??= readOlder(limit).finally(() => {
        olderPage = undefined;
      });
      return olderPage;
    },
    async messageAt(seq) {
      const apply = ([message]: Message[]) => (message?.seq === seq ? timeline.toShown(message) : undefined);
      await core.whenOnline();
      return readPage({ before_seq: seq + 1, limit: 1 }, apply, PAGE_TRIES);
    },
    applySubscribed({ last_version, last_seq, read_seq, tag, pruned_seq = 0, mention_count, counted_seq }) {
      if (subscription !== "requested") return;
      subscription = "live";
      target = last_version;
      // Pages and replays show messages as they are now, which may be newer than the cursor. If the database has gone back,
      // that state may be lost.
      const isOtherEpoch = self.updateEpoch();
      if (isOtherEpoch) discardMessages();
      // The newest message here is newer than the server's, so it is lost, whatever the epoch says.
      if (isOtherEpoch || last_seq < (timeline.newest?.seq ?? 0)) timeline.resetNewest();
      readState.applyServerState(last_seq, read_seq);
      readState.setMentions(mention_count, counted_seq ?? last_seq);
      self.announcedSeq = Math.min(self.announcedSeq, last_seq);
      self.prune(pruned_seq);
      self.notifyChanged();
      if (sync.isLoaded) return;
      // Nothing brings the changes since the windows were loaded.
      for (const window of self.windows) window.reload();
      sync.version = last_version;
      sync.tag = tag ?? undefined;
      if (self.isOpen) {
        // The socket brings every newer message. The page may bring some of them first.
        self.announcedSeq = last_seq;
        void loadNewest();
      } else if (last_seq > Math.min(self.announcedSeq, timeline.newest?.seq ?? pruned_seq)) readNewestMessage();
    },
    applyReset() {
      if (subscription !== "live") return;
      subscription = "none";
      self.epoch = null;
      discardMessages();
      subscribe();
      if (self.isOpen) core.conversations.refresh(self);
    },
    advanceCursor(change) {
      const { version, tag, from = version, message, excerpt } = change;
      if (!(version > sync.version)) return false;
      // A change is missing before this one, or it belongs to an earlier subscription. A new subscription brings it again.
      if (subscription !== "live" || (sync.isLoaded && from > sync.version + 1)) {
        if (subscription === "live") {
          subscription = "none";
          // The same change was missing after the last resume too, so start from the newest page instead.
          if (gapAfter === sync.version) discardMessages();
          gapAfter = sync.version;
        }
        subscribe();
        return false;
      }
      sync.version = version;
      sync.tag = tag;
      if (message && pageCount > 0) {
        meanwhile.set(message.seq, message);
        if (isAmended(change)) quotesMeanwhile.push(quoteOf(message, excerpt));
      }
      return true;
    },
    putMessage(message) {
      if (!timeline.put(message, sync.isLoaded) && sync.isLoaded) void loadNewest();
    },
  };
  return sync;
}
