import { CONTENT_MAX } from "../../protocol/content.ts";
import { type Deferred, deferred } from "../base/deferred.ts";
import { randomId } from "../base/random-id.ts";
import type { LiveConversation, Outbox } from "../parts/conversation.ts";
import type { Core } from "../parts/core.ts";
import type { Frame, OutFrame } from "../parts/frames.ts";
import type { OutboxEntry } from "../parts/stored.ts";
import type { Outgoing } from "../public/conversation.ts";
import { ConfabError } from "../public/errors.ts";
import type { Message } from "../public/types.ts";
import { keyOf } from "./timeline.ts";

/** The server's answer to an entry. */
interface Confirmation {
  id: string;
  seq: number;
  version: number;
}

interface Item {
  entry: OutboxEntry;
  /** It was sent, so the server may have it and it must not change any more. */
  wasTried: boolean;
  /** The server has it. Its message may still be on its way. */
  confirmation?: Confirmation;
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
  const nextUnsent = () => items.find((item) => !item.confirmation && !item.entry.error);

  function itemsChanged() {
    const shown = items.filter((item) => !item.confirmation || item.entry.kind === "message");
    self.timeline.showOutbox(
      shown.map((item) => item.entry),
      core.me,
    );
    self.notifyChanged({ messages: true });
    void sendNext();
  }

  async function sendNext() {
    const item = nextUnsent();
    if (!item || isSending || self.isDetached || !core.isOnline()) return;
    isSending = item.wasTried = true;
    const isWanted = () => !self.isDetached && items.includes(item) && !item.confirmation;
    const { key } = item.entry;
    const before = self.timeline.find(key);
    try {
      const ack = await core.connection.request(frameOf(item.entry), Infinity, isWanted);
      if (isWanted()) confirmItem(item, ack as Frame<"ack">, self.timeline.find(key) === before);
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
    item.confirmation = confirmation;
    core.outboxOwner?.deleteEntry(item.entry);
    item.done.resolve(confirmation);
    const { kind, key, content } = item.entry;
    if (kind === "message") self.readState.update({ head: confirmation.seq, seq: confirmation.seq });
    // Shows the edit or deletion until its frame comes.
    else if (isUnchanged) self.timeline.applyConfirmed(key, content, kind);
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

  function add(kind: OutboxEntry["kind"], id: string, key: string, content: string, message_id?: string): Outgoing {
    if (!core.me || core.isClosed || self.isDetached)
      throw new ConfabError("authentication_required", "Nobody is signed in");
    // A newer edit or deletion replaces one that has not gone out.
    for (const item of withKey(key))
      if (item.entry.kind !== "message" && (!item.wasTried || item.entry.error)) discardItem(item);
    const created_at = new Date().toISOString();
    return submit(insert({ id, kind, key, conversation_id: self.id, message_id, content, created_at }, false));
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
    const message = self.timeline.find(key) ?? withKey(key).find((item) => item.confirmation)?.confirmation;
    if (!message) throw new ConfabError("not_sent", "It is not sent yet");
    return add(kind, randomId(), key, content, message.id);
  }

  /** Sends an entry again: at its place, or behind all others when it has failed. */
  function resubmit(item: Item): Outgoing {
    const { error, order: _, ...entry } = item.entry;
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
    return submit(insert(entry, true));
  }

  function discardItem(item: Item) {
    removeItem(item);
    item.done.reject(new ConfabError("discarded", "It was discarded"));
    itemsChanged();
  }

  return {
    removeConfirmed,
    hasUnsent: () => nextUnsent() !== undefined,
    send(text) {
      const client_id = randomId();
      const key = keyOf({ id: "", sender_id: core.me?.id ?? 0, client_id });
      return add("message", client_id, key, trimmed(text));
    },
    edit(key, text) {
      const content = trimmed(text);
      const item = withKey(key).find((item) => item.entry.kind === "message" && !item.confirmation);
      if (!item || (item.wasTried && !item.entry.error)) return addChange("edit", key, content);
      item.entry = { ...item.entry, content };
      return resubmit(item);
    },
    delete: (key) => addChange("delete", key, ""),
    retry(key) {
      for (const item of withKey(key)) if (item.entry.error) resubmit(item);
    },
    discard: (key) => withKey(key).forEach(discardItem),
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
      insert(entry, true);
      itemsChanged();
    },
  };
}

/** Whether a message of the server is the one that was sent. Under the same id it may have another text, without an edit. */
const isSameMessage = ({ confirmation, entry: { kind, content, error } }: Item, message: Message) =>
  kind === "message" &&
  (confirmation || content === message.content || (!error && (message.edited_at ?? message.deleted_at)));

/** The server ignores fields that a frame of this kind does not need. */
const frameOf = ({ kind: type, conversation_id, id: client_id, message_id, content }: OutboxEntry): OutFrame => ({
  type,
  conversation_id,
  message_id,
  content,
  client_id,
});

function trimmed(text: string): string {
  const content = text.trim();
  if (content === "") throw new ConfabError("validation_failed", "Message content cannot be empty");
  return content;
}
