import type { LiveConversation } from "../parts/conversation.ts";
import type { Core } from "../parts/core.ts";
import type { Cache } from "../parts/offline.ts";
import type { Store } from "../parts/store.ts";
import type { StoredConversation } from "../parts/stored.ts";

const SAVE_AFTER_MS = 1_000;
/** The most recent conversations are stored, each with this many of its newest messages. */
const CONVERSATIONS_MAX = 50;
const MESSAGES_MAX = 100;
const LINES_MAX = 50;

/** Stores loaded conversations, so that a reload shows them at once, also offline. */
export function createCache(core: Core, store: Store): Cache {
  const { conversations } = core;
  const changed = new Set<LiveConversation>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let folder: string | undefined;

  function save() {
    clearTimeout(timer);
    timer = undefined;
    const recent = conversations.main.items.slice(0, CONVERSATIONS_MAX);
    for (const conversation of changed) {
      const key = folder + conversation.id;
      // An open conversation may have messages before it is known to be in the list.
      const isKept = recent.includes(conversation) || (conversation.isOpen && !conversation.goneReason);
      if (isKept) void store.set(key, toStored(conversation, core.meVersion));
      else void store.delete(key);
    }
    changed.clear();
  }

  return {
    save,
    async start(userId) {
      const own = `cache/${userId}/`;
      const keys = await store.keys(own);
      const places = new Map<string | undefined, number>();
      for (const key of keys) {
        const stored = await store.get<StoredConversation>(key);
        if (!stored?.messages) continue;
        const conversation = conversations.get(key.slice(own.length));
        // Without `info`, the page was left before the server said what this conversation is.
        if (stored.info) conversation.isListed = true;
        restore(conversation, stored);
        const { epoch, me } = stored;
        places.set(epoch, Math.min(me?.me_version ?? -1, places.get(epoch) ?? Infinity));
      }
      // Several histories have no common place. The list is loaded then, which has the newest states too.
      const [[epoch, meVersion] = [undefined, -1]] = places;
      if (places.size === 1 && epoch && meVersion >= 0) {
        core.epoch ??= epoch;
        core.meVersion = meVersion;
      }
      conversations.main.isLoaded ||= keys.length > 0;
      folder = own;
    },
    markChanged(conversation) {
      if (folder === undefined) return;
      changed.add(conversation);
      timer ??= setTimeout(save, SAVE_AFTER_MS);
    },
    async stop(isToForget) {
      if (isToForget) changed.clear();
      save();
      const own = folder;
      folder = undefined;
      if (isToForget && own !== undefined) await store.clear(own);
    },
  };
}

function toStored(
  { info, epoch, settings, sync, readState, timeline, lines }: LiveConversation,
  meVersion: number | undefined,
): StoredConversation {
  const { head, pruned, seq, positions } = readState;
  // This state includes everything up to the cursor.
  const me = meVersion === undefined ? {} : { me: { ...settings.state, me_version: meVersion } };
  const stored = { info, epoch: epoch ?? undefined, head, pruned, seq, positions: [...positions], ...me };
  return sync.isLoaded
    ? {
        ...stored,
        tag: sync.tag,
        version: sync.version,
        messages: timeline.serverMessages(MESSAGES_MAX),
        lines: lines.slice(-LINES_MAX),
      }
    : { ...stored, messages: timeline.newest ? [timeline.newest] : [] };
}

function restore(conversation: LiveConversation, stored: StoredConversation) {
  const { info, epoch, version, tag, me, messages, lines, positions, ...counters } = stored;
  const { settings, sync, readState, timeline } = conversation;
  if (sync.isSubscribed || sync.isLoaded) return;
  if (info) conversation.applySummary(info);
  readState.update(counters);
  if (me) settings.apply(me, me.me_version);
  conversation.epoch = epoch;
  for (const [userId, seq] of positions) readState.updatePosition(userId, seq);
  for (const message of messages.slice(-1)) {
    conversation.updateNewest(message);
    conversation.announcedSeq = message.seq;
  }
  if (version !== undefined) {
    sync.version = version;
    sync.tag = tag;
    sync.isLoaded = true;
    timeline.replaceAll(messages);
    conversation.shownLines.add(lines);
  }
  conversation.notifyChanged({ messages: true, reset: true });
}
