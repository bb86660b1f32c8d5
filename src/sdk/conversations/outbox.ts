import { type Deferred, deferred } from "../base/deferred.ts";
import { randomId } from "../base/random-id.ts";
import type { Entry } from "../offline/stored.ts";
import type { Core, Frame, LiveConversation } from "../parts.ts";
import type { Outgoing } from "../public/conversation.ts";
import { ConfabError } from "../public/errors.ts";
import type { Message } from "../public/types.ts";
import type { OutFrame } from "../transport/connection.ts";
import { keyOf } from "./timeline.ts";

interface Sent {
  id: string;
  seq: number;
  version: number;
}

/** An entry in memory. */
interface Item {
  entry: Entry;
  /** The server may have it: it must not change any more. */
  tried: boolean;
  /** The server has it, but its message has not come yet. */
  sent?: Sent;
  /** Its message has come, and was told of. It may stay shown until a page has it, and that one tells of it no more. */
  isTold?: boolean;
  done: Deferred<Sent>;
}

const CONTENT_MAX = 5000;

export type Outbox = ReturnType<typeof createOutbox>;

/**
 * What is not sent yet of a conversation, kept in storage until the server has it. One is in flight at a time: the next
 * goes out when the one before is durable or refused for good, so none ever overtakes another.
 */
export function createOutbox(self: LiveConversation, core: Core) {
  let queue: Item[] = [];
  let isBusy = false;
  let lastOrder = 0;

  const ofKey = (key: string) => queue.filter((item) => item.entry.key === key);
  const next = () => queue.find((item) => !item.sent && !item.entry.error);

  function changed() {
    const shown = queue.filter((item) => !item.sent || item.entry.kind === "message");
    self.timeline.draw(
      shown.map((item) => item.entry),
      core.me,
    );
    self.changed({ messages: true });
    void pump();
  }

  /** Sends what can be sent. */
  async function pump() {
    const item = next();
    if (!item || isBusy || self.isOver || !core.isOnline()) return;
    isBusy = item.tried = true;
    const isWanted = () => !self.isOver && queue.includes(item) && !item.sent;
    const { key } = item.entry;
    const before = self.timeline.find(key);
    try {
      const sent = await core.connection.ask(frameOf(item.entry), Infinity, isWanted);
      if (isWanted()) settle(item, sent as Frame<"ack">, self.timeline.find(key) === before);
    } catch (error) {
      if (!(error instanceof ConfabError)) core.onError(error);
      else if (isWanted()) refuse(item, error);
    }
    isBusy = false;
    // Sends what comes next; after a cut the next connection sends this one again.
    tidy();
  }

  function refuse(item: Item, error: ConfabError) {
    item.entry = { ...item.entry, error: { code: error.code, message: error.message } };
    core.lease?.keep(item.entry);
    item.done.reject(error);
    changed();
  }

  /**
   * The server has it: an ack says so, or the message itself.
   * @param isUntold of an edit or a deletion: the server has said nothing of the message meanwhile
   */
  function settle(item: Item, sent: Sent, isUntold = false) {
    item.sent = sent;
    core.lease?.unkeep(item.entry);
    item.done.resolve(sent);
    const { kind, key, content } = item.entry;
    if (kind === "message") self.reading.learn({ head: sent.seq, seq: sent.seq });
    // An edit or a deletion is done: so it is shown, until the server's own word comes.
    else if (isUntold) self.timeline.amend(key, content, kind);
  }

  /** Drops what is over: what the server has, and shows. */
  function tidy() {
    queue = queue.filter((item) => !item.sent || (item.entry.kind === "message" && self.feed.isAwaited(item.sent.seq)));
    changed();
  }

  function remove(item: Item) {
    queue = queue.filter((other) => other !== item);
    core.lease?.unkeep(item.entry);
  }

  /** At the end, when it has no place of its own. */
  function insert(unplaced: Omit<Entry, "order"> & { order?: number }, tried: boolean): Item {
    const entry = { order: Math.max(lastOrder + 1, Date.now()), ...unplaced };
    const item: Item = { entry, tried, done: deferred() };
    // Who does not care for the outcome is not told of it.
    item.done.promise.catch(() => {});
    lastOrder = Math.max(lastOrder, entry.order);
    queue = [...queue, item].sort((a, b) => a.entry.order - b.entry.order);
    core.lease?.keep(entry);
    return item;
  }

  function add(kind: Entry["kind"], id: string, key: string, content: string, message_id?: string): Outgoing {
    if (!core.me || core.isClosed || self.isOver)
      throw new ConfabError("authentication_required", "Nobody is signed in");
    // An edit that has not gone out is not worth sending when there is a newer one.
    for (const item of ofKey(key))
      if (item.entry.kind !== "message" && (!item.tried || item.entry.error)) discardItem(item);
    const created_at = new Date().toISOString();
    return submit(insert({ id, kind, key, conversation_id: self.id, message_id, content, created_at }, false));
  }

  /** What the server would not even read, but end the connection over, is refused here, and shown as failed. */
  function submit(item: Item): Outgoing {
    const { content } = item.entry;
    if (content.length > CONTENT_MAX && [...content].length > CONTENT_MAX)
      refuse(item, new ConfabError("validation_failed", `Message content cannot exceed ${CONTENT_MAX} characters`));
    else changed();
    return { key: item.entry.key, done: item.done.promise };
  }

  /** An edit or a deletion of a message that the server has. */
  function change(kind: "edit" | "delete", key: string, content: string): Outgoing {
    const message = self.timeline.find(key) ?? ofKey(key).find((item) => item.sent)?.sent;
    if (!message) throw new ConfabError("not_sent", "It is not sent yet");
    return add(kind, randomId(), key, content, message.id);
  }

  /** As it is now: at its place, or behind all others when it has failed. */
  function resubmit(item: Item): Outgoing {
    const { error, order: _, ...entry } = item.entry;
    if (!error) {
      core.lease?.keep(item.entry);
      return submit(item);
    }
    remove(item);
    // Under the old id the server knows another text.
    if (error.code === "client_id_conflict") {
      const { id } = entry;
      entry.id = randomId();
      entry.key = entry.key.replace(id, entry.id);
    }
    return submit(insert(entry, true));
  }

  function discardItem(item: Item) {
    remove(item);
    item.done.reject(new ConfabError("discarded", "It was discarded"));
    changed();
  }

  return {
    tidy,
    /** Something waits to be sent. */
    isSending: () => next() !== undefined,
    send(text: string): Outgoing {
      const client_id = randomId();
      const key = keyOf({ id: "", sender_id: core.me?.id ?? 0, client_id });
      return add("message", client_id, key, trimmed(text));
    },
    edit(key: string, text: string): Outgoing {
      const content = trimmed(text);
      const item = ofKey(key).find((item) => item.entry.kind === "message" && !item.sent);
      if (!item || (item.tried && !item.entry.error)) return change("edit", key, content);
      item.entry = { ...item.entry, content };
      return resubmit(item);
    },
    delete: (key: string) => change("delete", key, ""),
    retry(key: string) {
      for (const item of ofKey(key)) if (item.entry.error) resubmit(item);
    },
    discard: (key: string) => ofKey(key).forEach(discardItem),
    /** Messages have come. Another text under one's id, where nobody has edited it, is not this one. */
    arrived(messages: readonly Message[]) {
      for (const message of messages) {
        const isThis = ({ sent, entry: { kind, content, error } }: Item) =>
          kind === "message" &&
          (sent || content === message.content || (!error && (message.edited_at ?? message.deleted_at)));
        const item = ofKey(keyOf(message)).find(isThis);
        if (!item) continue;
        settle(item, message);
        if (!item.isTold) self.announce(message, true);
        item.isTold = true;
      }
      tidy();
    },
    /** Nobody's any more; what is kept stays kept. */
    clear() {
      queue = [];
      changed();
    },
    /** Takes over what an earlier client has left. */
    adopt(entry: Entry) {
      if (queue.some((item) => item.entry.id === entry.id)) return;
      insert(entry, true);
      changed();
    },
  };
}

/** What a frame of its kind does not need the server leaves unread. */
const frameOf = ({ kind: type, conversation_id, id: client_id, message_id, content }: Entry): OutFrame => ({
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
