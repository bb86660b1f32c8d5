import { CONTENT_MAX } from "../../protocol/content.ts";
import { type Deferred, deferred } from "../base/deferred.ts";
import { randomId } from "../base/random-id.ts";
import type { LiveConversation, Outbox, OutboxItem } from "../parts/conversation.ts";
import type { Core } from "../parts/core.ts";
import type { Frame, OutFrame } from "../parts/frames.ts";
import type { OutboxEntry } from "../parts/stored.ts";
import type { Outgoing } from "../public/conversation.ts";
import { ConfabError } from "../public/errors.ts";
import type { Message } from "../public/types.ts";
import { keyOf } from "./timeline.ts";

/** The server's answer to an entry. */
type Confirmation = NonNullable<OutboxItem["confirmation"]>;

interface Item extends OutboxItem {
  /** It was sent, so the server may have it and it must not change any more. */
  wasTried: boolean;
  /** Its `message` event was emitted. The echo may stay until a page includes the message, which emits nothing then. */
  isAnnounced?: boolean;
  done: Deferred<Confirmation>;
}

/**
 * Keeps the unsent entries of a conversation, also in the storage, and sends them one at a time. The next one goes out
 * when the server has confirmed the last one or has refused it for good, so none overtakes another.
 */
export function createOutbox(self: LiveConversation, core: Core): Outbox {
  let items: Item[] = [];
  let isSending = false;
  let lastOrder = 0;

  const withKey = (key: string) => items.filter((item) => item.entry.key === key);
  const nextUnsent = () => items.find(({ entry, confirmation }) => !confirmation && !entry.error && !isWaiting(entry));

  /** The server's version of the message with this key, where it is loaded. */
  function find(key: string): Message | undefined {
    for (const timeline of self.timelines) {
      const message = timeline.find(key);
      if (message) return message;
    }
    return undefined;
  }

  function itemsChanged() {
    const shown = items.filter((item) => !item.confirmation || item.entry.kind === "message");
    const entries = shown.map((item) => item.entry);
    for (const timeline of self.timelines) timeline.showOutbox(entries, core.me);
    self.notifyChanged({ messages: true });
    // Before the next message, so that the socket keeps their order.
    self.actions?.run();
    self.uploads?.run();
    void sendNext();
  }

  async function sendNext() {
    const item = nextUnsent();
    if (!item || isSending || self.isDetached || !core.isOnline()) return;
    isSending = item.wasTried = true;
    const isWanted = () => !self.isDetached && items.includes(item) && !item.confirmation;
    const { key } = item.entry;
    const before = find(key);
    try {
      const ack = await core.connection.request(frameOf(item.entry), Infinity, isWanted);
      if (isWanted()) confirmItem(item, ack as Frame<"ack">, find(key) === before);
    } catch (error) {
      if (!(error instanceof ConfabError)) core.reportError(error);
      else if (isWanted()) failItem(item, error);
    }
    isSending = false;
    // Sends the next entry. After a lost connection, the next connection sends this one again.
    removeConfirmed();
  }

  function failItem(item: Item, error: ConfabError) {
    item.entry = { ...item.entry, error: { code: error.code, message: error.message } };
    core.outboxOwner?.saveEntry(item.entry);
    item.done.reject(error);
    itemsChanged();
  }

  /** @param isUnchanged for an edit or a deletion: no frame has changed the message since it was sent */
  function confirmItem(item: Item, confirmation: Confirmation, isUnchanged = false) {
    const { kind, key, content } = item.entry;
    item.confirmation = confirmation;
    // Before the entry is deleted: an action that knows only the key would lose its message.
    self.actions?.messageConfirmed(key, confirmation.id);
    core.outboxOwner?.deleteEntry(item.entry);
    item.done.resolve(confirmation);
    if (kind === "message") self.readState.update({ head: confirmation.seq, seq: confirmation.seq });
    // Shows the edit or deletion until its frame comes.
    else if (isUnchanged) for (const timeline of self.timelines) timeline.applyConfirmed(key, content, kind);
  }

  function removeConfirmed() {
    items = items.filter(
      ({ confirmation, entry }) => !confirmation || (entry.kind === "message" && self.sync.isAwaited(confirmation.seq)),
    );
    itemsChanged();
  }

  function removeItem(item: Item) {
    items = items.filter((other) => other !== item);
    core.outboxOwner?.deleteEntry(item.entry);
  }

  /** Without an `order`, the entry goes to the end. */
  function insert(unplaced: Omit<OutboxEntry, "order"> & { order?: number }, wasTried: boolean): Item {
    const entry = { order: Math.max(lastOrder + 1, Date.now()), ...unplaced };
    const item: Item = { entry, wasTried, done: deferred() };
    // `done` may be ignored, so its rejection must not count as unhandled.
    item.done.promise.catch(() => {});
    lastOrder = Math.max(lastOrder, entry.order);
    items = [...items, item].sort((a, b) => a.entry.order - b.entry.order);
    core.outboxOwner?.saveEntry(entry);
    return item;
  }

  function add(
    kind: OutboxEntry["kind"],
    id: string,
    key: string,
    content: string,
    more: Pick<OutboxEntry, "message_id" | "options" | "uploads">,
  ): Outgoing {
    if (!core.me || core.isClosed || self.isDetached)
      throw new ConfabError("authentication_required", "Nobody is signed in");
    // A newer edit or deletion replaces one that has not gone out.
    for (const item of withKey(key))
      if (item.entry.kind !== "message" && (!item.wasTried || item.entry.error)) discardItem(item);
    const created_at = new Date().toISOString();
    return submit(insert({ id, kind, key, conversation_id: self.id, content, created_at, ...more }, false));
  }

  /** Fails a text that is too long here. The server would close the connection over a frame that is too large. */
  function submit(item: Item): Outgoing {
    const { content } = item.entry;
    if (content.length > CONTENT_MAX && [...content].length > CONTENT_MAX)
      failItem(item, new ConfabError("validation_failed", `Message content cannot exceed ${CONTENT_MAX} characters`));
    else itemsChanged();
    return { key: item.entry.key, done: item.done.promise };
  }

  /** Edits or deletes a message that the server has. */
  function addChange(kind: "edit" | "delete", key: string, content: string): Outgoing {
    const message = find(key) ?? withKey(key).find((item) => item.confirmation)?.confirmation;
    if (!message) throw new ConfabError("not_sent", "It is not sent yet");
    return add(kind, randomId(), key, content, { message_id: message.id });
  }

  /** Sends an entry again: at its place, or behind all others when it has failed. */
  function resubmit(item: Item): Outgoing {
    const { error, order: _, ...entry } = item.entry;
    // The user has seen what has come meanwhile.
    if (entry.options?.if_seq !== undefined) entry.options = { ...entry.options, if_seq: self.readState.head };
    if (!error) {
      core.outboxOwner?.saveEntry(item.entry);
      return submit(item);
    }
    removeItem(item);
    // The server knows another text under the old id.
    if (error.code === "client_id_conflict") {
      const { id } = entry;
      entry.id = randomId();
      entry.key = entry.key.replace(id, entry.id);
    }
    return submit(insert(entry, !isWaiting(entry)));
  }

  function discardItem(item: Item) {
    removeItem(item);
    item.done.reject(new ConfabError("discarded", "It was discarded"));
    itemsChanged();
  }

  return {
    removeConfirmed,
    hasUnsent: () => nextUnsent() !== undefined,
    get items() {
      return items;
    },
    send(text, { uploads, ...options } = {}) {
      const client_id = randomId();
      const key = keyOf({ id: "", sender_id: core.me?.id ?? 0, client_id });
      return add("message", client_id, key, trimmed(text, uploads ?? options.files), { options, uploads });
    },
    edit(key, text) {
      const item = withKey(key).find((item) => item.entry.kind === "message" && !item.confirmation);
      const content = trimmed(text, item ? item.entry.uploads : find(key)?.files);
      if (!item || (item.wasTried && !item.entry.error)) return addChange("edit", key, content);
      item.entry = { ...item.entry, content };
      return resubmit(item);
    },
    delete: (key) => addChange("delete", key, ""),
    retry(key) {
      for (const item of withKey(key)) if (item.entry.error) resubmit(item);
    },
    discard: (key) => withKey(key).forEach(discardItem),
    update(id, changes) {
      const item = items.find(({ entry, confirmation }) => entry.id === id && !confirmation);
      if (!item) return;
      item.entry = { ...item.entry, ...changes };
      core.outboxOwner?.saveEntry(item.entry);
      const { error } = changes;
      if (error) item.done.reject(new ConfabError(error.code, error.message));
      itemsChanged();
    },
    confirm(messages) {
      for (const message of messages) {
        const item = withKey(keyOf(message)).find((item) => isSameMessage(item, message));
        if (!item) continue;
        confirmItem(item, message);
        if (!item.isAnnounced) self.announce(message, true);
        item.isAnnounced = true;
      }
      removeConfirmed();
    },
    clear() {
      items = [];
      itemsChanged();
    },
    adopt(entry) {
      if (items.some((item) => item.entry.id === entry.id)) return;
      insert(entry, !isWaiting(entry));
      itemsChanged();
    },
  };
}

/** Whether a message of the server is the one that was sent. Under the same id it may have another text, without an edit. */
const isSameMessage = ({ confirmation, entry: { kind, content, error } }: Item, message: Message) =>
  kind === "message" &&
  (confirmation || content === message.content || (!error && (message.edited_at ?? message.deleted_at)));

/** The server ignores fields that a frame of this kind does not need. */
const frameOf = ({
  kind: type,
  conversation_id,
  id: client_id,
  message_id,
  content,
  options,
}: OutboxEntry): OutFrame => ({
  ...options,
  type,
  conversation_id,
  message_id,
  content,
  client_id,
});

/** The ids of its files are not known yet. */
const isWaiting = ({ uploads, options }: Omit<OutboxEntry, "order">) => uploads !== undefined && !options?.files;

function trimmed(text: string, files: readonly unknown[] = []): string {
  const content = text.trim();
  if (content === "" && files.length === 0)
    throw new ConfabError("validation_failed", "Message content cannot be empty");
  return content;
}
