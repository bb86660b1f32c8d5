import type { Timeline } from "../parts/conversation.ts";
import type { OutboxEntry } from "../parts/stored.ts";
import type { ChatMessage, LocalMessage, SentMessage } from "../public/conversation.ts";
import { ConfabError } from "../public/errors.ts";
import type { Message, User } from "../public/types.ts";

/** A conversation that is not open keeps this many messages in memory. */
export const MESSAGES_KEPT = 100;

/**
 * Holds the messages of a conversation as they are shown: those of the server, dense by `seq`, then the local echoes.
 * @param withActions returns a message as it is with the user's unconfirmed actions
 * @param hasEchoes `false` for a window, whose end is not the place of unsent messages
 */
export function createTimeline(withActions: <T extends ChatMessage>(message: T) => T, hasEchoes = true): Timeline {
  const items: ChatMessage[] = [];
  /** How many items, from the first one, the server has. */
  let sentCount = 0;
  let newest: SentMessage | undefined;
  /** Unconfirmed edits and deletions, by the keys of their messages. */
  let changes = new Map<string, OutboxEntry>();
  /** The server's version of each shown message. */
  const originals = new WeakMap<ChatMessage, Message>();

  const sentAt = (index: number) => (index < sentCount ? (items[index] as SentMessage | undefined) : undefined);
  const originalOf = (message: SentMessage): Message => originals.get(message) ?? message;
  /** Its index, not that of an echo which the answer to another tab has made superfluous. */
  const findIndex = (key: string) => items.findLastIndex((message, index) => index < sentCount && message.key === key);

  function find(key: string): Message | undefined {
    const shown = (items[findIndex(key)] as SentMessage | undefined) ?? newest;
    return shown?.key === key ? originalOf(shown) : undefined;
  }

  function toShown(message: Message): SentMessage {
    const key = keyOf(message);
    const entry = changes.get(key);
    const shown = withActions<SentMessage>({ ...message, key, state: "sent", ...(entry && changeOf(entry)) });
    originals.set(shown, message);
    return shown;
  }

  function updateNewest(message: Message) {
    if (message.seq >= (newest?.seq ?? 0)) newest = toShown(message);
  }

  const timeline: Timeline = {
    items,
    toShown,
    updateNewest,
    find,
    get newest() {
      return newest;
    },
    get first() {
      return sentAt(0);
    },
    get last() {
      return sentAt(sentCount - 1);
    },
    get lastMessage() {
      const last = items.at(-1);
      return last && (last.state !== "sent" || last.seq >= (newest?.seq ?? 0)) ? last : newest;
    },
    indexOf(seq) {
      const index = seq - (sentAt(0)?.seq ?? Infinity);
      return index >= 0 && index < sentCount ? index : -1;
    },
    serverMessages: (count) =>
      items.slice(Math.max(0, sentCount - count), sentCount).map((shown) => originalOf(shown as SentMessage)),
    put(message, mayAppend = true) {
      updateNewest(message);
      const index = message.seq - (sentAt(0)?.seq ?? message.seq);
      if (index >= 0 && index < sentCount) items[index] = toShown(message);
      else if (index === sentCount && mayAppend) items.splice(sentCount++, 0, toShown(message));
      return index < sentCount;
    },
    applyConfirmed(key, content, kind) {
      const message = find(key);
      const now = new Date().toISOString();
      if (message && !message.deleted_at && (kind === "delete" || message.content !== content))
        timeline.put({ ...message, content, [kind === "edit" ? "edited_at" : "deleted_at"]: now }, false);
    },
    replaceAll(page) {
      items.splice(0, sentCount, ...page.map(toShown));
      sentCount = page.length;
      newest = timeline.last;
    },
    prepend(page) {
      const first = sentAt(0)?.seq ?? Infinity;
      const older = page.filter(({ seq }) => seq < first);
      if (older.at(-1)?.seq !== first - 1) return 0;
      items.unshift(...older.map(toShown));
      sentCount += older.length;
      return older.length;
    },
    resetNewest() {
      newest = timeline.last;
    },
    prune(seq) {
      const pruned = Math.min(sentCount, Math.max(0, seq + 1 - (sentAt(0)?.seq ?? Infinity)));
      items.splice(0, pruned);
      sentCount -= pruned;
      if (newest && newest.seq <= seq) newest = undefined;
      return pruned;
    },
    trim(count, isAtEnd = false) {
      const surplus = Math.max(0, sentCount - count);
      items.splice(isAtEnd ? count : 0, surplus);
      sentCount -= surplus;
    },
    update(change) {
      let isChanged = false;
      const updated = (shown: SentMessage) => {
        const original = originalOf(shown);
        const message = change(original);
        if (message === original) return shown;
        isChanged = true;
        return toShown(message);
      };
      for (let i = 0; i < sentCount; i++) items[i] = updated(items[i] as SentMessage);
      if (newest) newest = updated(newest);
      return isChanged;
    },
    showOutbox(entries, me) {
      const before = changes;
      changes = new Map(entries.filter(isChange).map((entry) => [entry.key, entry]));
      for (const key of [...before.keys(), ...changes.keys()]) {
        const message = find(key);
        if (message) timeline.put(message, false);
      }
      if (newest) newest = toShown(originalOf(newest));
      const echoes = entries
        .filter((entry) => hasEchoes && !isChange(entry))
        .map((entry) => withActions(echoOf(entry, me)));
      items.splice(sentCount, items.length, ...echoes);
    },
  };
  return timeline;
}

/** Returns the key of a message. It is the same for the local echo and for the message that the server sends. */
export const keyOf = ({ id, sender_id, client_id }: Pick<Message, "id" | "sender_id" | "client_id">) =>
  client_id ? `${sender_id}:${client_id}` : id;

const isChange = (entry: OutboxEntry) => entry.kind !== "message";

const stateOf = ({ error }: OutboxEntry) =>
  error
    ? { state: "failed" as const, error: new ConfabError(error.code, error.message) }
    : { state: "pending" as const };

const changeOf = (entry: OutboxEntry): Partial<SentMessage> => ({
  change: { kind: entry.kind as "edit" | "delete", ...stateOf(entry) },
  ...(entry.kind === "edit" && !entry.error && { content: entry.content }),
});

const echoOf = (entry: OutboxEntry, me: User | undefined): LocalMessage => ({
  key: entry.key,
  client_id: entry.id,
  conversation_id: entry.conversation_id,
  sender_id: me?.id ?? 0,
  sender_name: me?.full_name ?? "",
  content: entry.content,
  options: entry.options,
  ...(entry.uploads && { files: [...entry.uploads], uploads: entry.uploads }),
  created_at: entry.created_at,
  ...stateOf(entry),
});
