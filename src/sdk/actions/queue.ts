import { type Deferred, deferred } from "../base/deferred.ts";
import { randomId } from "../base/random-id.ts";
import type { Actions, LiveConversation, Timeline } from "../parts/conversation.ts";
import type { ActionEntry } from "../parts/stored.ts";
import type { Action } from "../public/actions.ts";
import type { ChatMessage, Conversation } from "../public/conversation.ts";
import { ConfabError } from "../public/errors.ts";
import type { MessageFields } from "../public/message-fields.ts";
import type { Message } from "../public/types.ts";

// A module of its own. Features that have actions bring it, and a client that finds stored actions loads it.

interface Item {
  entry: ActionEntry;
  /** Unknown for an action of another client: `entry.fields` shows then. */
  readonly apply: Action["apply"];
  readonly isStored: boolean;
  isSending: boolean;
  /** The server has it. It shows until the conversation has the change `version`. */
  confirmation?: { version: number | undefined };
  readonly done: Deferred<unknown>;
}

/** Returns the conversation as the parts of the client see it. For modules of features. */
export function liveOf(conversation: Conversation): LiveConversation {
  if (isLive(conversation)) return conversation;
  throw new TypeError("This conversation belongs to no client");
}

const isLive = (conversation: Conversation): conversation is LiveConversation => "host" in conversation;

export function actionsOf(self: LiveConversation): Actions {
  self.actions ??= createActions(self);
  return self.actions;
}

/**
 * Keeps the actions of a conversation that the server has not confirmed, also in the storage. An action goes out behind the
 * messages, edits and deletions that were there before it. No message waits for an action: the server may hold up actions
 * that come too fast.
 */
function createActions(self: LiveConversation): Actions {
  const { host, outbox, sync } = self;
  let items: Item[] = [];
  /** A call is on its way. One at a time: only frames have an order, that of their socket. */
  let isCalling = false;

  function insert(entry: ActionEntry, { apply, isStored = true }: Partial<Action> = {}): Item {
    const item: Item = { entry, apply, isStored, isSending: false, done: deferred() };
    // `done` may be ignored, so its rejection must not count as unhandled.
    item.done.promise.catch(() => {});
    items = [...items, item].sort((a, b) => a.entry.place - b.entry.place);
    const same = items.filter((one) => !one.confirmation && isSame(one.entry, entry));
    // The newest wins. An older one that is on its way goes out before it, or not at all.
    const winner = same.pop();
    for (const older of same) {
      remove(older);
      winner?.done.promise.then(older.done.resolve, older.done.reject);
    }
    return item;
  }

  function update(item: Item, changes: Partial<ActionEntry>) {
    item.entry = { ...item.entry, ...changes };
    if (item.isStored && items.includes(item)) host.outboxOwner?.saveEntry(item.entry);
  }

  function remove(item: Item) {
    items = items.filter((other) => other !== item);
    host.outboxOwner?.deleteEntry(item.entry);
  }

  /** Shows the message anew, and sends what can go out. */
  function itemsChanged(entry: ActionEntry) {
    for (const timeline of self.timelines) {
      const message = find(timeline, entry);
      if (message) timeline.put(message, false);
    }
    outbox.removeConfirmed();
  }

  /** Finds the id of a message that the server has got meanwhile. Returns whether the action can go out. */
  function isReady(item: Item): boolean {
    const { message_key: key, message_id, place, request } = item.entry;
    const isBehind = outbox.items.some(
      ({ entry, confirmation }) => !confirmation && !entry.error && !entry.uploads && entry.order < place,
    );
    if (isBehind || (request && isCalling)) return false;
    if (key === undefined || message_id !== undefined) return true;
    const sent = outbox.items.find(({ entry }) => entry.kind === "message" && entry.key === key);
    const id = sent ? sent.confirmation?.id : self.timelines.map((one) => one.find(key)?.id).find(Boolean);
    if (id !== undefined) update(item, { message_id: id });
    else if (!sent && sync.isUpToDate) refuse(item, new ConfabError("discarded", "The message was discarded"));
    return id !== undefined;
  }

  async function send(item: Item) {
    const { frame, request, conversation_id, message_id } = item.entry;
    const isWanted = () => !self.isDetached && items.includes(item);
    const call = async () => {
      const { method, path, body } = request ?? { method: "", path: "" };
      // A newer one may have replaced it while it waited.
      return isWanted()
        ? (await host.http.call(method, path.replace("{message_id}", message_id ?? ""), body)).data
        : "";
    };
    item.isSending = true;
    isCalling ||= !frame;
    try {
      const answer = frame
        ? await host.connection.request({ ...frame, conversation_id, message_id }, Infinity, isWanted)
        : await host.connection.retryWhileConnected(call);
      if (isWanted()) confirm(item, answer);
    } catch (error) {
      if (!(error instanceof ConfabError)) host.reportError(error);
      else if (isWanted()) refuse(item, error);
    }
    item.isSending = false;
    if (!frame) isCalling = false;
    // After a lost connection, the next connection sends it again.
    actions.run();
  }

  function confirm(item: Item, answer: unknown) {
    const { version } = Object(answer) as { version?: unknown };
    item.confirmation = { version: item.entry.frame && typeof version === "number" ? version : undefined };
    host.outboxOwner?.deleteEntry(item.entry);
    item.done.resolve(answer);
  }

  function refuse(item: Item, error: ConfabError) {
    remove(item);
    item.done.reject(error);
    host.reportError(error);
    itemsChanged(item.entry);
  }

  /** Forgets a confirmed action when the messages of the server have it. */
  function settle(item: Item) {
    const { version } = item.confirmation ?? {};
    // A repeat has an old version: the change itself may be among those that the server replays now.
    const isReplaying = self.isOpen && !sync.isUpToDate;
    if (sync.isLive && version !== undefined && (isReplaying || sync.version < version)) return;
    items = items.filter((other) => other !== item);
    // No change brings the new state, or it is not known when. Until then this state shows.
    if (!sync.isLive || version === undefined)
      for (const timeline of self.timelines) {
        const message = find(timeline, item.entry);
        if (message) timeline.put({ ...message, ...fieldsOf(item, timeline.toShown(message)) }, false);
      }
    itemsChanged(item.entry);
  }

  const fieldsOf = ({ apply, entry }: Item, message: ChatMessage): MessageFields =>
    apply ? apply(message, host.me?.id ?? 0) : withoutNull(entry.fields);

  const actions: Actions = {
    act(action) {
      const { kind, key = "", message, frame, request } = action;
      if (!host.me || host.isClosed || self.isDetached)
        throw new ConfabError("authentication_required", "Nobody is signed in");
      if (self.goneReason) throw new ConfabError("not_a_participant", "You are not a participant in this conversation");
      const target =
        typeof message === "string" ? { message_id: message } : { message_id: message?.id, message_key: message?.key };
      const place = Math.max(Date.now(), ...outbox.items.map(({ entry }) => entry.order + 1));
      const entry = { id: randomId(), kind, key, conversation_id: self.id, frame, request, place, ...target };
      const item = insert(entry, action);
      const known = self.timelines.map((one) => find(one, entry)).find(Boolean);
      const shown = known ? self.timeline.toShown(known) : typeof message === "object" && actions.show(message);
      // The key also finds a message that nothing else tells the id of.
      update(item, shown ? { message_key: shown.key, fields: withNull(fieldsOf(item, shown)) } : {});
      itemsChanged(item.entry);
      return { done: item.done.promise };
    },
    show(message) {
      let shown = message;
      for (const item of items) if (isAbout(item.entry, message)) shown = { ...shown, ...fieldsOf(item, shown) };
      return shown;
    },
    run() {
      if (self.isDetached) items = [];
      for (const item of items) if (item.confirmation) settle(item);
      for (const item of items)
        if (host.isOnline() && !item.isSending && !item.confirmation && isReady(item)) void send(item);
    },
    messageConfirmed(key, id) {
      for (const item of items)
        if (item.entry.message_key === key && item.entry.message_id === undefined) update(item, { message_id: id });
    },
    adopt(entry) {
      if (items.some((item) => item.entry.id === entry.id)) return;
      update(insert(entry), {});
      itemsChanged(entry);
    },
  };
  return actions;
}

/** The server's message that an action is about, where this timeline has it. */
function find({ newest, items, find }: Timeline, entry: ActionEntry): Message | undefined {
  const loaded = entry.message_key === undefined && items.findLast((message) => isAbout(entry, message));
  const { key } = loaded || (newest && isAbout(entry, newest) ? newest : { key: entry.message_key });
  return key === undefined ? undefined : find(key);
}

const isAbout = ({ message_id, message_key }: ActionEntry, { id, key }: ChatMessage) =>
  message_key === key || (message_id !== undefined && message_id === id);

/** JSON has no `undefined`. */
const withNull = (fields: object) =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, value ?? null]));
const withoutNull = (fields: object = {}) =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, value ?? undefined]));

/** Whether two actions set the same thing. */
const isSame = (a: ActionEntry, b: ActionEntry) =>
  a.kind === b.kind &&
  a.key === b.key &&
  (a.message_id && b.message_id ? a.message_id === b.message_id : a.message_key === b.message_key);
