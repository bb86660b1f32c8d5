import type { SentMessage } from "./conversation-api.ts";
import type { Change, Core, Frame, LiveConversation } from "./core.ts";
import { ConfabError } from "./errors.ts";
import { Cut } from "./retry.ts";
import type { Message } from "./wire.ts";

const GONE = /^(not_a_participant|not_found|validation_failed)$/;
/** How often a page is asked for when the server can't give it right now. */
const PAGE_TRIES = 3;

export type Feed = ReturnType<typeof createFeed>;

/** What comes of one conversation: each change once, in order, without a hole; and its pages. */
export function createFeed(self: LiveConversation, core: Core) {
  const { id: conversation_id, timeline, reading } = self;
  let state: "none" | "pending" | "live" = "none";
  /** It has caught up when it is there. */
  let target = 0;
  /** After this version something was missing the last time. */
  let gapAfter: number | undefined;
  let isLoading = false;
  /** Moves when what is here counts for nothing any more, nor do pages that are under way. */
  let generation = 0;
  let older: Promise<number> | undefined;
  /** While pages are under way: how many, and the changes that these may not have seen. */
  let pages = 0;
  const meanwhile = new Map<number, Message>();

  /** Subscribes, from where it stands. */
  function follow() {
    if (state !== "none" || self.goneReason || !core.isOnline()) return;
    state = "pending";
    // A version alone may have been given again in another history.
    if (feed.isFilled && feed.version > 0 && !feed.tag && self.epoch !== core.epoch) forget();
    const cursor = feed.isFilled ? { after_version: feed.version, tag: feed.tag } : {};
    core.connection.ask({ type: "subscribe", conversation_id, ...cursor }).catch((error: unknown) => {
      if (error instanceof Cut) return;
      state = "none";
      failed(error);
    });
  }

  /** Shows what is loaded until something replaces it, but does not resume from it. */
  function forget() {
    generation++;
    feed.isFilled = false;
    if (self.isOpen) return;
    timeline.reset([]);
    self.changed({ messages: true, reset: true });
  }

  function failed(error: unknown) {
    if (error instanceof ConfabError && GONE.test(error.code)) self.gone();
    else core.onError(error);
  }

  /** Reads a page, with what has changed since it was asked for. */
  async function read<T>(
    page: { before_seq?: number; limit?: number },
    use: (messages: Message[], total: number, head: number) => T,
    tries?: number,
  ): Promise<T> {
    const { head } = reading;
    const asked = generation;
    pages++;
    try {
      const frame = { type: "history", conversation_id, ...page };
      const answer = (await core.connection.ask(frame, tries)) as Frame<"history">;
      if (asked !== generation) throw new Cut();
      const messages = answer.messages.map((message) => meanwhile.get(message.seq) ?? message);
      const used = use(messages, answer.total, head);
      // Servers of earlier releases don't tell it.
      self.prune(answer.pruned_seq ?? 0);
      // One's own that waits for its answer has got one.
      self.outbox.arrived(messages);
      return used;
    } finally {
      if (--pages === 0) meanwhile.clear();
    }
  }

  /** @param head as far as it went at least: where nothing is left, retention has taken all up to there */
  function learn(newest: Message | undefined, total: number, head: number) {
    const seq = newest?.seq ?? head;
    reading.learn({ head: seq, pruned: seq - total });
  }

  /** The newest page, in place of all that was there. */
  async function loadNewest() {
    if (isLoading) return;
    isLoading = true;
    let isDense = true;
    try {
      isDense = await read({}, (messages, total, head) => {
        const reset = timeline.last !== undefined;
        feed.isFilled = true;
        learn(messages.at(-1), total, head);
        timeline.reset(messages);
        const isDense = [...meanwhile.values()].every((message) => timeline.put(message));
        if (timeline.newest) self.noteNewest(timeline.newest);
        self.changed({ messages: true, reset });
        return isDense;
      });
    } catch (error) {
      // There may be a new connection already.
      if (error instanceof Cut) isDense = feed.isFilled;
      else failed(error);
    }
    isLoading = false;
    if (!isDense && state === "live") await loadNewest();
    self.announceHeld();
    self.changed();
  }

  async function readOlder(limit = 50): Promise<number> {
    for (;;) {
      await core.online();
      const before_seq = timeline.first?.seq;
      if (before_seq === undefined || !self.hasOlder || self.goneReason) return 0;
      const use = (messages: Message[]) => {
        if (timeline.first?.seq !== before_seq) return undefined;
        const prepended = timeline.prepend(messages);
        // Retention has been quicker.
        if (prepended === 0) reading.learn({ pruned: before_seq - 1 });
        self.changed({ messages: true, prepended });
        return prepended;
      };
      try {
        const prepended = await read({ before_seq, limit }, use, PAGE_TRIES);
        if (prepended !== undefined) return prepended;
      } catch (error) {
        if (!(error instanceof Cut)) throw error;
      }
    }
  }

  /** The newest message alone, for the list. */
  function peek() {
    const use = ([message]: Message[], total: number, head: number) => {
      learn(message, total, head);
      if (!message) return;
      self.noteNewest(message);
      if (self.isListed && message.seq > reading.seq) self.announce(message);
      self.told = Math.max(self.told, message.seq);
    };
    read({ limit: 1 }, use).catch(failed);
  }

  const feed = {
    /** The last change that was taken in, and what names its history. */
    version: 0,
    tag: undefined as string | undefined,
    /** The messages are there, as of `version`. */
    isFilled: false,
    follow,
    forget,
    get isFollowed() {
      return state !== "none";
    },
    /** The newest page is on its way. */
    get isLoading() {
      return isLoading;
    },
    get isLive() {
      return state === "live";
    },
    /** Its message is still to come from the server. */
    isAwaited: (seq: number) =>
      state !== "none" &&
      // The page that is under way will have it.
      ((self.isOpen && !feed.isFilled) || seq > ((feed.isFilled ? timeline.last : timeline.newest)?.seq ?? 0)),
    get isUpToDate() {
      return state === "live" && feed.isFilled && feed.version >= target;
    },
    unfollow() {
      if (state !== "live" || feed.version < target) return;
      state = "none";
      core.connection.tell({ type: "unsubscribe", conversation_id });
    },
    /** The connection, or the right to be here, is gone. */
    down() {
      state = "none";
    },
    /** Has the messages in full: somebody wants them. */
    want() {
      if (state === "live" && !feed.isFilled) void loadNewest();
      else follow();
    },
    loadOlder(limit?: number): Promise<number> {
      older ??= readOlder(limit).finally(() => {
        older = undefined;
      });
      return older;
    },
    async messageAt(seq: number): Promise<SentMessage | undefined> {
      const use = ([message]: Message[]) => (message?.seq === seq ? timeline.show(message) : undefined);
      await core.online();
      return read({ before_seq: seq + 1, limit: 1 }, use, PAGE_TRIES);
    },
    subscribed({ last_version, last_seq, read_seq, tag, pruned_seq = 0 }: Frame<"subscribed">) {
      if (state !== "pending") return;
      state = "live";
      target = last_version;
      // A page or a replay shows messages in their newest state, which may be ahead of the cursor and lost.
      const isOther = self.meetHistory();
      if (isOther) forget();
      // The newest message known here was lost, whatever the epoch says.
      if (isOther || last_seq < (timeline.newest?.seq ?? 0)) timeline.forgetNewest();
      reading.heard(last_seq, read_seq);
      self.told = Math.min(self.told, last_seq);
      self.prune(pruned_seq);
      self.changed();
      if (feed.isFilled) return;
      feed.version = last_version;
      feed.tag = tag ?? undefined;
      if (self.isOpen) {
        // What is newer comes by itself, though the page may have it before.
        self.told = last_seq;
        void loadNewest();
      } else if (last_seq > Math.min(self.told, timeline.newest?.seq ?? pruned_seq)) peek();
    },
    /** The server can't go on from here: asks where all stands, and for the newest page. */
    reset() {
      if (state !== "live") return;
      state = "none";
      self.epoch = null;
      forget();
      follow();
      if (self.isOpen) core.conversations.refresh(self);
    },
    /** Moves the cursor. Returns whether the change is the next one: each is taken once, and none is left out. */
    advance({ version, tag, from = version, message }: Change): boolean {
      if (!(version > feed.version)) return false;
      // What still comes of an earlier subscription comes again with the next one.
      if (state !== "live" || (feed.isFilled && from > feed.version + 1)) {
        if (state === "live") {
          state = "none";
          // It did not come by asking for it either.
          if (gapAfter === feed.version) forget();
          gapAfter = feed.version;
        }
        follow();
        return false;
      }
      feed.version = version;
      feed.tag = tag;
      if (message && pages > 0) meanwhile.set(message.seq, message);
      return true;
    },
    /** A message is put where it belongs; should there be a hole before it, all are loaded anew. */
    put(message: Message) {
      if (!timeline.put(message, feed.isFilled) && feed.isFilled) void loadNewest();
    },
  };
  return feed;
}
