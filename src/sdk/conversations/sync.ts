import type { Change, Core, Frame, LiveConversation } from "../parts.ts";
import type { SentMessage } from "../public/conversation.ts";
import { ConfabError } from "../public/errors.ts";
import type { Message } from "../public/types.ts";
import { Cut } from "../transport/retry.ts";

const GONE = /^(not_a_participant|not_found|validation_failed)$/;
/** How many times a page is requested while the server can't give it. */
const PAGE_TRIES = 3;

export type Feed = ReturnType<typeof createFeed>;

/** The changes of one conversation, each once, in order, without a hole; and its pages of messages. */
export function createFeed(self: LiveConversation, core: Core) {
  const { id: conversation_id, timeline, reading } = self;
  let state: "none" | "pending" | "live" = "none";
  /** The version at which the feed has caught up. */
  let target = 0;
  /** The version after which a change was missing the last time. */
  let gapAfter: number | undefined;
  let isLoading = false;
  /** Goes up when the loaded messages, and pages still on their way, are no longer valid. */
  let generation = 0;
  let older: Promise<number> | undefined;
  /** How many pages are on their way, and the changes since: the pages may not include them. */
  let pages = 0;
  const meanwhile = new Map<number, Message>();

  /** Subscribes, and resumes from the last change that came. */
  function follow() {
    if (state !== "none" || self.goneReason || !core.isOnline()) return;
    state = "pending";
    // Without a tag, the version may name a different change now: the database may have gone back.
    if (feed.isFilled && feed.version > 0 && !feed.tag && self.epoch !== core.epoch) forget();
    const cursor = feed.isFilled ? { after_version: feed.version, tag: feed.tag } : {};
    core.connection.ask({ type: "subscribe", conversation_id, ...cursor }).catch((error: unknown) => {
      if (error instanceof Cut) return;
      state = "none";
      failed(error);
    });
  }

  /** An open conversation shows the loaded messages until others replace them. The feed does not resume from them. */
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

  /** Reads a page, and applies what has changed since the request. */
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
      // Servers of earlier releases don't send `pruned_seq`.
      self.prune(answer.pruned_seq ?? 0);
      // A sent message that is on the page is acked, even if its ack got lost.
      self.outbox.arrived(messages);
      return used;
    } finally {
      if (--pages === 0) meanwhile.clear();
    }
  }

  /** @param head the newest seq known before the request. An empty page means that retention removed all up to it. */
  function learn(newest: Message | undefined, total: number, head: number) {
    const seq = newest?.seq ?? head;
    reading.learn({ head: seq, pruned: seq - total });
  }

  /** Loads the newest page, which replaces all loaded messages. */
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
      // A cut: a new connection may have filled the feed already.
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
        // Nothing older is left: retention has removed it meanwhile.
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

  /** Reads only the newest message, for the list. */
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
    /** The last change that was applied, and its tag, which tells one history of the database from another. */
    version: 0,
    tag: undefined as string | undefined,
    /** The messages are loaded, as of `version`. */
    isFilled: false,
    follow,
    forget,
    get isFollowed() {
      return state !== "none";
    },
    /** The newest page was requested and has not come. */
    get isLoading() {
      return isLoading;
    },
    get isLive() {
      return state === "live";
    },
    /** Whether the message with this seq is still to come from the server. */
    isAwaited: (seq: number) =>
      state !== "none" &&
      // If the feed is not filled, the page that is on its way includes the message.
      ((self.isOpen && !feed.isFilled) || seq > ((feed.isFilled ? timeline.last : timeline.newest)?.seq ?? 0)),
    get isUpToDate() {
      return state === "live" && feed.isFilled && feed.version >= target;
    },
    unfollow() {
      if (state !== "live" || feed.version < target) return;
      state = "none";
      core.connection.tell({ type: "unsubscribe", conversation_id });
    },
    /** The connection is gone, or the user is no longer a member. */
    down() {
      state = "none";
    },
    /** Loads the messages: somebody opens the conversation. */
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
      // A page or a replay shows messages as they are now, which may be newer than the cursor. If the database has gone
      // back, that state may be lost.
      const isOther = self.meetHistory();
      if (isOther) forget();
      // The newest message here is newer than the server's, so it is lost, whatever the epoch says.
      if (isOther || last_seq < (timeline.newest?.seq ?? 0)) timeline.forgetNewest();
      reading.heard(last_seq, read_seq);
      self.told = Math.min(self.told, last_seq);
      self.prune(pruned_seq);
      self.changed();
      if (feed.isFilled) return;
      feed.version = last_version;
      feed.tag = tag ?? undefined;
      if (self.isOpen) {
        // The socket brings every newer message. The page may bring some of them first.
        self.told = last_seq;
        void loadNewest();
      } else if (last_seq > Math.min(self.told, timeline.newest?.seq ?? pruned_seq)) peek();
    },
    /** The server can't resume from this version: subscribes anew, and loads the newest page. */
    reset() {
      if (state !== "live") return;
      state = "none";
      self.epoch = null;
      forget();
      follow();
      if (self.isOpen) core.conversations.refresh(self);
    },
    /** Moves the cursor. Returns whether the change is the next one: each is applied once, and none is skipped. */
    advance({ version, tag, from = version, message }: Change): boolean {
      if (!(version > feed.version)) return false;
      // A change that is not the next one, or comes from an earlier subscription: the new subscription brings it again.
      if (state !== "live" || (feed.isFilled && from > feed.version + 1)) {
        if (state === "live") {
          state = "none";
          // The same change was missing after the last resume too: start from the newest page instead.
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
    /** Puts a message in its place. If there is a hole before it, loads the newest page again. */
    put(message: Message) {
      if (!timeline.put(message, feed.isFilled) && feed.isFilled) void loadNewest();
    },
  };
  return feed;
}
