import type { Core, LiveConversation } from "../parts.ts";
import type { Store } from "./store.ts";
import type { Kept } from "./stored.ts";

const SAVE_AFTER_MS = 1_000;
/** The most recent ones are kept, with so many of their newest messages. */
const CONVERSATIONS = 50;
const MESSAGES = 100;

export type Keeper = ReturnType<typeof createKeeper>;

/** Keeps what was loaded, so that it is there at once after a reload, also without a connection. */
export function createKeeper({ conversations }: Pick<Core, "conversations">, store: Store) {
  const dirty = new Set<LiveConversation>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let folder: string | undefined;

  function save() {
    clearTimeout(timer);
    timer = undefined;
    const recent = conversations.ordered.slice(0, CONVERSATIONS);
    for (const conversation of dirty) {
      const key = folder + conversation.id;
      // One that is open may have been read before the server said what it is.
      const isKept = recent.includes(conversation) || (conversation.isOpen && !conversation.goneReason);
      if (isKept) void store.set(key, keep(conversation));
      else void store.delete(key);
    }
    dirty.clear();
  }

  return {
    save,
    /** Reads what was kept for this person. */
    async begin(userId: number): Promise<void> {
      const own = `cache/${userId}/`;
      const keys = await store.keys(own);
      for (const key of keys) {
        const kept = await store.get<Kept>(key);
        if (!kept?.messages) continue;
        const conversation = conversations.get(key.slice(own.length));
        // One that was opened by its id may have been left before the server said what it is.
        if (kept.info) conversation.isListed = true;
        restore(conversation, kept);
      }
      conversations.isLoaded ||= keys.length > 0;
      folder = own;
    },
    changed(conversation: LiveConversation) {
      if (folder === undefined) return;
      dirty.add(conversation);
      timer ??= setTimeout(save, SAVE_AFTER_MS);
    },
    /** @param forget nothing may be left of it */
    async end(forget: boolean): Promise<void> {
      if (forget) dirty.clear();
      save();
      const own = folder;
      folder = undefined;
      if (forget && own !== undefined) await store.clear(own);
    },
  };
}

function keep({ info, epoch, feed, reading, timeline }: LiveConversation): Kept {
  const { head, pruned, seq, positions } = reading;
  const kept = { info, epoch: epoch ?? undefined, head, pruned, seq, positions: [...positions] };
  return feed.isFilled
    ? { ...kept, tag: feed.tag, version: feed.version, messages: timeline.truths(MESSAGES) }
    : { ...kept, messages: timeline.newest ? [timeline.newest] : [] };
}

function restore(conversation: LiveConversation, kept: Kept) {
  const { info, epoch, version, tag, messages, positions, ...counts } = kept;
  const { feed, reading, timeline } = conversation;
  if (feed.isFollowed || feed.isFilled) return;
  if (info) conversation.learn(info);
  reading.learn(counts);
  conversation.epoch = epoch;
  for (const [userId, seq] of positions) reading.learnPosition(userId, seq);
  for (const message of messages.slice(-1)) {
    conversation.noteNewest(message);
    conversation.told = message.seq;
  }
  if (version !== undefined) {
    feed.version = version;
    feed.tag = tag;
    feed.isFilled = true;
    timeline.reset(messages);
  }
  conversation.changed({ messages: true, reset: true });
}
