import type { Entry } from "../offline/stored.ts";
import type { ChatMessage, LocalMessage, SentMessage } from "../public/conversation.ts";
import { ConfabError } from "../public/errors.ts";
import type { Message, User } from "../public/types.ts";

export type Timeline = ReturnType<typeof createTimeline>;

/** A conversation's messages as they are shown: those the server has, dense by `seq`, then the local echoes. */
export function createTimeline() {
  /** Changes in place; its elements are replaced. */
  const items: ChatMessage[] = [];
  /** How many of them the server has. */
  let sent = 0;
  /** The newest that is known; the items may be none, or old. */
  let newest: SentMessage | undefined;
  /** Edits and deletions that are under way, by the keys of their messages. */
  let changes = new Map<string, Entry>();
  /** What the server says of what is shown. */
  const truths = new WeakMap<ChatMessage, Message>();

  const at = (index: number) => (index < sent ? (items[index] as SentMessage | undefined) : undefined);
  const truthOf = (message: SentMessage): Message => truths.get(message) ?? message;
  const findIndex = (key: string) => items.findLastIndex((message) => message.key === key);

  /** What the server has under this key. */
  function find(key: string): Message | undefined {
    const shown = at(findIndex(key)) ?? newest;
    return shown?.key === key ? truthOf(shown) : undefined;
  }

  /** As it is shown: with what is being changed of it. */
  function show(message: Message): SentMessage {
    const key = keyOf(message);
    const entry = changes.get(key);
    const shown: SentMessage = { ...message, key, state: "sent", ...(entry && changeOf(entry)) };
    truths.set(shown, message);
    return shown;
  }

  function noteNewest(message: Message) {
    if (message.seq >= (newest?.seq ?? 0)) newest = show(message);
  }

  const timeline = {
    items,
    show,
    noteNewest,
    get newest() {
      return newest;
    },
    get first() {
      return at(0);
    },
    get last() {
      return at(sent - 1);
    },
    get lastMessage(): ChatMessage | undefined {
      const last = items.at(-1);
      return last && (last.state !== "sent" || last.seq >= (newest?.seq ?? 0)) ? last : newest;
    },
    indexOf(seq: number) {
      const index = seq - (at(0)?.seq ?? Infinity);
      return index >= 0 && index < sent ? index : -1;
    },
    find,
    /** The newest ones as the server has them. */
    truths: (count: number) =>
      items.slice(Math.max(0, sent - count), sent).map((shown) => truthOf(shown as SentMessage)),

    /** Puts the message where it belongs. False when there is a gap before it. */
    put(message: Message, mayAppend = true): boolean {
      noteNewest(message);
      const index = message.seq - (at(0)?.seq ?? message.seq);
      if (index >= 0 && index < sent) items[index] = show(message);
      else if (index === sent && mayAppend) items.splice(sent++, 0, show(message));
      return index < sent;
    },
    /** An edit or a deletion of it has been done, whatever else the server will say of it. */
    amend(key: string, content: string, kind: Entry["kind"]) {
      const message = find(key);
      const now = new Date().toISOString();
      if (message && !message.deleted_at && (kind === "delete" || message.content !== content))
        timeline.put({ ...message, content, [kind === "edit" ? "edited_at" : "deleted_at"]: now }, false);
    },
    /** A page in place of all that was there. */
    reset(page: readonly Message[]) {
      items.splice(0, sent, ...page.map(show));
      sent = page.length;
      newest = timeline.last;
    },
    /** Takes those that fit right before the first; returns how many. */
    prepend(page: readonly Message[]): number {
      const first = at(0)?.seq ?? Infinity;
      const fitting = page.filter(({ seq }) => seq < first);
      if (fitting.at(-1)?.seq !== first - 1) return 0;
      items.unshift(...fitting.map(show));
      sent += fitting.length;
      return fitting.length;
    },
    /** The newest is the last of those that are there: what else was known is of another history. */
    forgetNewest() {
      newest = timeline.last;
    },
    /** Forgets all up to this one; returns how many of those that are there. */
    prune(seq: number): number {
      const pruned = Math.min(sent, Math.max(0, seq + 1 - (at(0)?.seq ?? Infinity)));
      items.splice(0, pruned);
      sent -= pruned;
      if (newest && newest.seq <= seq) newest = undefined;
      return pruned;
    },
    /** Forgets all but the newest. */
    trim(keep: number) {
      const surplus = Math.max(0, sent - keep);
      items.splice(0, surplus);
      sent -= surplus;
    },
    /** Shows what is on its way now, of oneself. */
    draw(entries: readonly Entry[], me: User | undefined) {
      const before = changes;
      changes = new Map(entries.filter(isChange).map((entry) => [entry.key, entry]));
      for (const key of [...before.keys(), ...changes.keys()]) {
        const index = findIndex(key);
        const shown = at(index);
        if (shown) items[index] = show(truthOf(shown));
      }
      if (newest) newest = show(truthOf(newest));
      const echoes = entries.filter((entry) => !isChange(entry)).map((entry) => echo(entry, me));
      items.splice(sent, items.length, ...echoes);
    },
  };
  return timeline;
}

/** The same from echo to delivery. */
export const keyOf = ({ id, sender_id, client_id }: Pick<Message, "id" | "sender_id" | "client_id">) =>
  client_id ? `${sender_id}:${client_id}` : id;

const isChange = (entry: Entry) => entry.kind !== "message";

const stateOf = ({ error }: Entry) =>
  error
    ? { state: "failed" as const, error: new ConfabError(error.code, error.message) }
    : { state: "pending" as const };

const changeOf = (entry: Entry): Partial<SentMessage> => ({
  change: { kind: entry.kind as "edit" | "delete", ...stateOf(entry) },
  ...(entry.kind === "edit" && !entry.error && { content: entry.content }),
});

const echo = (entry: Entry, me: User | undefined): LocalMessage => ({
  key: entry.key,
  client_id: entry.id,
  conversation_id: entry.conversation_id,
  sender_id: me?.id ?? 0,
  sender_name: me?.full_name ?? "",
  content: entry.content,
  created_at: entry.created_at,
  ...stateOf(entry),
});
