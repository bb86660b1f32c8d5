import type { OutFrame } from "./connection.ts";
import type { Outgoing } from "./conversation-api.ts";
import type { Core, Frame, LiveConversation } from "./core.ts";
import { type Deferred, deferred } from "./deferred.ts";
import { ConfabError, type ErrorCode } from "./errors.ts";
import { randomId } from "./random-id.ts";
import type { Message } from "./wire.ts";

interface Sent {
  id: string;
  seq: number;
  version: number;
}

/** One thing that is on its way: a message, or an edit or a deletion of one. */
export interface Entry {
  /** Of a message its `client_id`. */
  id: string;
  kind: "message" | "edit" | "delete";
  /** Of the message, in the list of messages. */
  key: string;
  conversation_id: string;
  /** The message that is edited or deleted. */
  message_id?: string;
  content: string;
  created_at: string;
  /** What comes later is sent later. */
  order: number;
  error?: { code: ErrorCode; message: string };
}

/** An entry in memory. */
interface Item {
  entry: Entry;
  /** The server may have it: it must not change any more. */
  tried: boolean;
  /** The server has it, but its message has not come yet. */
  sent?: Sent;
  done: Deferred<Sent>;
}

const CONTENT_MAX = 5000;

export type Outbox = ReturnType<typeof createOutbox>;

/**
 * What is not sent yet of a conversation, kept in storage until the server has it. One is in flight at a time: the next
 * goes out when the one before is durable or refused for good, so none ever overtakes another.
 */
export function createOutbox(self: LiveConversation, core: Core) {
  const { timeline } = self;
  let queue: Item[] = [];
  let isBusy = false;
  let lastOrder = 0;

  const ofKey = (key: string) => queue.filter(({ entry }) => entry.key === key);
  const next = () => queue.find(({ entry, sent }) => !sent && !entry.error);

  function changed() {
    const { id: sender_id = 0, full_name: sender_name = "" } = core.me ?? {};
    timeline.draw(
      queue.filter(({ entry, sent }) => !sent || entry.kind === "message").map(({ entry }) => entry),
      { sender_id, sender_name },
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
    try {
      const sent = await core.connection.ask(frameOf(item.entry), { isWanted });
      if (isWanted()) settle(item, sent as Frame<"ack">);
    } catch (error) {
      if (!(error instanceof ConfabError)) core.onError(error);
      else if (isWanted()) refuse(item, error);
    }
    isBusy = false;
    // After a cut the next connection sends it again.
    void pump();
  }

  function refuse(item: Item, error: ConfabError) {
    item.entry = { ...item.entry, error: { code: error.code, message: error.message } };
    core.lease.keep(item.entry);
    item.done.reject(error);
    changed();
  }

  /** The server has it: an ack says so, or the message itself. */
  function settle(item: Item, sent: Sent) {
    const { kind, key, content } = item.entry;
    item.sent = sent;
    core.lease.unkeep(item.entry);
    item.done.resolve(sent);
    const message = kind === "message" ? undefined : timeline.find(key);
    if (kind === "message") self.reading.learn({ head: sent.seq, seq: sent.seq });
    // An edit or a deletion is done: so it is shown, until the server's own word comes.
    else if (message && !message.deleted_at && (kind === "delete" || message.content !== content)) {
      const now = new Date().toISOString();
      timeline.put({ ...message, content, ...(kind === "edit" ? { edited_at: now } : { deleted_at: now }) }, false);
    }
    tidy();
  }

  /** Drops what is over: what the server has, and shows. */
  function tidy() {
    queue = queue.filter(({ entry, sent }) => !sent || (entry.kind === "message" && self.isAwaited(sent.seq)));
    changed();
  }

  function remove(item: Item) {
    queue = queue.filter((other) => other !== item);
    core.lease.unkeep(item.entry);
  }

  function insert(entry: Entry, tried: boolean): Item {
    const item: Item = { entry, tried, done: deferred() };
    // Who does not care for the outcome is not told of it.
    item.done.promise.catch(() => {});
    lastOrder = Math.max(lastOrder, entry.order);
    queue = [...queue, item].sort((a, b) => a.entry.order - b.entry.order);
    core.lease.keep(entry);
    return item;
  }

  const nextOrder = () => Math.max(lastOrder + 1, Date.now());

  function add(kind: Entry["kind"], id: string, key: string, content: string, message_id?: string): Outgoing {
    if (!core.lease.isOwner() || self.isOver) throw new ConfabError("authentication_required", "Nobody is signed in");
    // An edit that has not gone out is not worth sending when there is a newer one.
    for (const item of ofKey(key))
      if (item.entry.kind !== "message" && (!item.tried || item.entry.error)) discardItem(item);
    const target = message_id === undefined ? {} : { message_id };
    const base = { id, kind, key, conversation_id: self.id, ...target, content };
    const item = insert({ ...base, created_at: new Date().toISOString(), order: nextOrder() }, false);
    // What the server would not even read is refused here, and shown as failed.
    if (content.length > CONTENT_MAX && [...content].length > CONTENT_MAX)
      refuse(item, new ConfabError("validation_failed", `Message content cannot exceed ${CONTENT_MAX} characters`));
    else changed();
    return { key, done: item.done.promise };
  }

  /** An edit or a deletion of a message that the server has. */
  function change(kind: "edit" | "delete", key: string, content: string): Outgoing {
    const message = timeline.find(key);
    if (!message) throw new ConfabError("not_sent", "Wait until the message has been sent");
    return add(kind, randomId(), key, content, message.id);
  }

  function retryItem(item: Item): Item {
    const { error, ...entry } = item.entry;
    if (!error) return item;
    remove(item);
    // Under the old id the server knows another text.
    if (error.code === "client_id_conflict") {
      const { id } = entry;
      entry.id = randomId();
      entry.key = entry.key.replace(id, entry.id);
    }
    const again = insert({ ...entry, order: nextOrder() }, true);
    changed();
    return again;
  }

  function discardItem(item: Item) {
    remove(item);
    item.done.reject(new ConfabError("discarded", "It was discarded"));
    changed();
  }

  return {
    pump,
    tidy,
    /** Something waits to be sent. */
    isSending: () => next() !== undefined,
    send(text: string): Outgoing {
      const id = randomId();
      return add("message", id, `${core.me?.id}:${id}`, trimmed(text));
    },
    edit(key: string, text: string): Outgoing {
      const content = trimmed(text);
      const item = ofKey(key).find(({ entry, sent }) => entry.kind === "message" && !sent);
      if (!item || (item.tried && !item.entry.error)) return change("edit", key, content);
      item.entry = { ...item.entry, content };
      const { entry, done } = retryItem(item);
      core.lease.keep(entry);
      changed();
      return { key: entry.key, done: done.promise };
    },
    delete: (key: string) => change("delete", key, ""),
    retry: (key: string) => ofKey(key).forEach(retryItem),
    discard: (key: string) => ofKey(key).forEach(discardItem),
    /** Its message has come. */
    arrived(message: Message) {
      const { client_id, sender_id } = message;
      const item = queue.find(({ entry }) => entry.id === client_id && entry.key === `${sender_id}:${client_id}`);
      if (item?.sent) tidy();
      else if (item) settle(item, message);
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

function frameOf({ kind: type, conversation_id, id, message_id, content }: Entry): OutFrame {
  if (type === "message") return { type, conversation_id, content, client_id: id };
  return { type, conversation_id, message_id, ...(type === "edit" ? { content } : {}) };
}

function trimmed(text: string): string {
  const content = text.trim();
  if (content === "") throw new ConfabError("validation_failed", "Message content cannot be empty");
  return content;
}
