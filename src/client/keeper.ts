import type { Core, LiveConversation } from "./core.ts";
import type { ConversationInfo, Message } from "./wire.ts";

/** What is kept of a conversation. */
export interface Kept {
  info: ConversationInfo | undefined;
  head: number;
  pruned: number;
  seq: number;
  positions: [number, number][];
  /** Of which `messages` are; without it they are the newest alone. */
  version?: number;
  messages: Message[];
}

const SAVE_AFTER_MS = 1_000;
/** The most recent ones are kept. */
const CONVERSATIONS = 50;

export type Keeper = ReturnType<typeof createKeeper>;

/** Keeps what was loaded, so that it is there at once after a reload, also without a connection. */
export function createKeeper({ store, conversations }: Pick<Core, "store" | "conversations">) {
  const dirty = new Set<LiveConversation>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let folder: string | undefined;

  function save() {
    clearTimeout(timer);
    timer = undefined;
    const recent = conversations.ordered.slice(0, CONVERSATIONS);
    for (const conversation of dirty) {
      const key = folder + conversation.id;
      if (recent.includes(conversation)) void store.set(key, conversation.keep());
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
        if (!kept?.info) continue;
        const conversation = conversations.get(key.slice(own.length));
        conversation.isListed = true;
        conversation.restore(kept);
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
