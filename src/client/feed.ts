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
  let isLoading = false;
  let older: Promise<number> | undefined;
  /** While pages are under way: how many, and the changes that these may not have seen. */
  let pages = 0;
  const meanwhile = new Map<number, Message>();

  /** Subscribes, from where it stands. */
  function follow() {
    if (state !== "none" || self.goneReason || !core.isOnline()) return;
    state = "pending";
    const after_version = feed.isLoaded ? feed.version : undefined;
    core.connection.ask({ type: "subscribe", conversation_id, after_version }).catch((error: unknown) => {
      if (error instanceof Cut) return;
      state = "none";
      failed(error);
    });
  }

  function failed(error: unknown) {
    if (error instanceof ConfabError && GONE.test(error.code)) self.gone();
    else core.onError(error);
  }

  /** Reads a page, with what has changed since it was asked for. */
  async function read<T>(
    page: { before_seq?: number; limit?: number },
    use: (messages: Message[], total: number) => T,
    tries?: number,
  ): Promise<T> {
    pages++;
    try {
      const frame = { type: "history", conversation_id, ...page };
      const answer = (await core.connection.ask(frame, tries)) as Frame<"history">;
      return use(
        answer.messages.map((message) => meanwhile.get(message.seq) ?? message),
        answer.total,
      );
    } finally {
      if (--pages === 0) meanwhile.clear();
    }
  }

  function learn(newest: Message | undefined, total: number) {
    if (newest) reading.learn({ head: newest.seq, pruned: newest.seq - total });
  }

  /** The newest page, in place of all that was there. */
  async function loadNewest() {
    if (isLoading) return;
    isLoading = true;
    let isDense = true;
    try {
      isDense = await read({}, (messages, total) => {
        const reset = timeline.last !== undefined;
        feed.isLoaded = true;
        learn(messages.at(-1), total);
        timeline.reset(messages);
        const isDense = [...meanwhile.values()].every((message) => timeline.put(message));
        if (timeline.newest) self.noteNewest(timeline.newest);
        self.changed({ messages: true, reset });
        self.outbox.tidy();
        return isDense;
      });
    } catch (error) {
      // There may be a new connection already.
      if (error instanceof Cut) isDense = feed.isLoaded;
      else failed(error);
    }
    isLoading = false;
    if (!isDense && state === "live") await loadNewest();
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
    const use = ([message]: Message[], total: number) => {
      learn(message, total);
      if (!message || message.seq <= (timeline.newest?.seq ?? 0)) return;
      self.noteNewest(message);
      if (self.isListed && message.seq > reading.seq) self.announce(message);
      self.changed({ messages: true });
    };
    read({ limit: 1 }, use).catch(failed);
  }

  const feed = {
    /** The last change that was taken in. */
    version: 0,
    /** The messages are there, as of `version`. */
    isLoaded: false,
    follow,
    get isFollowed() {
      return state !== "none";
    },
    get isLive() {
      return state === "live";
    },
    /** Its message is still to come from the server. */
    isAwaited: (seq: number) => state !== "none" && feed.isLoaded && seq > (timeline.last?.seq ?? 0),
    get isUpToDate() {
      return state === "live" && feed.isLoaded && feed.version >= target;
    },
    unfollow() {
      if (state === "none") return;
      state = "none";
      core.connection.tell({ type: "unsubscribe", conversation_id });
    },
    /** The connection, or the right to be here, is gone. */
    down() {
      state = "none";
    },
    /** Has the messages in full: somebody wants them. */
    want() {
      if (state === "live" && !feed.isLoaded) void loadNewest();
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
    subscribed({ last_version, last_seq, read_seq }: Frame<"subscribed">) {
      if (state !== "pending") return;
      state = "live";
      target = last_version;
      reading.learn({ head: last_seq });
      reading.heard(read_seq);
      self.changed();
      if (feed.isLoaded) return;
      feed.version = last_version;
      if (self.isOpen) void loadNewest();
      else if (last_seq > (timeline.newest?.seq ?? 0)) peek();
    },
    reset(lastVersion: number) {
      if (state !== "live") return;
      feed.version = target = lastVersion;
      feed.isLoaded = false;
      void loadNewest();
    },
    /** Each change once, and none left out. */
    change(frame: Change) {
      const version = frame.type === "message" ? frame.message.version : frame.version;
      // What still comes of an earlier subscription will come again.
      if (state !== "live" || !(version > feed.version)) return;
      if (feed.isLoaded && version > feed.version + 1) {
        state = "none";
        return follow();
      }
      feed.version = version;
      if (frame.type !== "participants") {
        const { message } = frame;
        if (pages > 0) meanwhile.set(message.seq, message);
      }
      self.apply(frame);
    },
    /** A message is put where it belongs; should there be a hole before it, all are loaded anew. */
    put(message: Message) {
      if (!timeline.put(message, feed.isLoaded) && feed.isLoaded) void loadNewest();
    },
  };
  return feed;
}
