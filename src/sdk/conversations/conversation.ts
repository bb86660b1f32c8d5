import type { ServerFrame } from "../../protocol/frames.ts";
import { createEmitter } from "../base/emitter.ts";
import { later } from "../base/platform.ts";
import type { Change, Core, LiveConversation } from "../parts.ts";
import type { ConversationChange, ConversationEvents, MembersChange } from "../public/conversation.ts";
import { ConfabError } from "../public/errors.ts";
import type { ConversationInfo, Message, User } from "../public/types.ts";
import { jitter } from "../transport/retry.ts";
import { members } from "./members.ts";
import { createOutbox } from "./outbox.ts";
import { createReading } from "./read-state.ts";
import { createFeed } from "./sync.ts";
import { createTimeline } from "./timeline.ts";
import { createTyping } from "./typing.ts";

/** Messages that are kept in memory of one that nobody has open. */
const KEEP = 100;
const PARTICIPANTS_SHOWN = 50;
/** All of a group ask the server when its people change: at random within this for each of them, so not at one moment. */
const ASK_WITHIN_MS = 10;

/** The change that a frame is, if it is one. Servers of earlier releases number a message in itself alone. */
function changeOf(frame: ServerFrame): Change | undefined {
  if (frame.type === "message") return { ...frame, version: frame.message.version, tag: frame.message.id };
  return "version" in frame && typeof frame.version === "number" && frame.type !== "ack" ? frame : undefined;
}

/** One conversation: its frames come in by `take`, what goes out goes by its outbox. */
export function createConversation(id: string, core: Core): LiveConversation {
  let opened = 0;
  let pending: ConversationChange | undefined;
  let isToAsk = false;
  /** Hidden until a message comes after this one. */
  let hiddenAt = -1;
  const held: { message: Message; isOwn: boolean | undefined }[] = [];
  const { on, emit } = createEmitter<ConversationEvents>(core.onError);
  const timeline = createTimeline();
  const reading = createReading((seq) => {
    core.connection.tell({ type: "read", conversation_id: id, seq });
  });
  const typing = createTyping(
    (is_typing) => feed.isLive && core.connection.post({ type: "typing", conversation_id: id, is_typing }),
    () => self.changed(),
  );

  const self: LiveConversation = {
    ...members(id, core),
    id,
    timeline,
    reading,
    info: undefined,
    goneReason: undefined,
    revision: 0,
    activeAt: 0,
    told: 0,
    isListed: false,
    isOver: false,
    epoch: core.epoch,
    messages: timeline.items,
    typists: typing.typists,
    readPositions: reading.positions,
    on,
    indexOf: timeline.indexOf,

    get feed() {
      return feed;
    },
    get outbox() {
      return outbox;
    },
    get isOpen() {
      return opened > 0;
    },
    get isHidden() {
      return hiddenAt >= reading.head;
    },
    get state() {
      if (self.goneReason) return "gone";
      if (opened === 0) return "closed";
      if (feed.isUpToDate) return "live";
      return feed.isFilled || timeline.items.length > 0 ? "stale" : "loading";
    },
    get title() {
      return self.info?.display_name ?? "";
    },
    get unread() {
      return reading.unread;
    },
    get readSeq() {
      return reading.seq;
    },
    get lastMessage() {
      return timeline.lastMessage;
    },
    get prunedSeq() {
      return reading.pruned;
    },
    get hasOlder() {
      return (timeline.first?.seq ?? 0) > reading.pruned + 1;
    },

    // Following

    open() {
      if (++opened > 1) return;
      feed.want();
      if (core.isOnline()) core.conversations.refresh(self);
      self.changed();
    },
    close() {
      if (opened === 0 || --opened > 0) return;
      typing.set(false);
      trim();
      outbox.tidy();
    },
    down() {
      feed.down();
      typing.clear();
      self.changed();
    },
    gone(reason = self.info ? "removed" : "not_found") {
      if (self.goneReason) return;
      self.goneReason = reason;
      feed.down();
      if (self.isListed && !self.isOver) core.emit("removed", self);
      self.changed();
    },
    revive() {
      if (!self.goneReason) return;
      self.goneReason = undefined;
      if (opened > 0) feed.want();
      self.changed();
    },
    loadOlder: (limit) => feed.loadOlder(limit),
    messageAt: (seq) => feed.messageAt(seq),

    // What comes

    take(frame: ServerFrame) {
      const change = changeOf(frame);
      if (change && !feed.advance(change)) return;
      switch (frame.type) {
        case "subscribed":
          return feed.subscribed(frame);
        case "message":
          arrived(frame.message);
          return self.changed({ messages: true });
        case "message_changed":
          timeline.put(frame.message, false);
          return self.changed({ messages: true });
        case "participants":
          emit("members", frame);
          return membersChanged(frame);
        case "reset":
          return feed.reset();
        case "pruned":
          return self.prune(frame.pruned_seq);
        case "typing":
          return typing.take(frame.user_id, frame.user_name, frame.is_typing);
        case "unsubscribed":
          if (frame.code === "removed") self.gone("removed");
          return;
        case "read":
          reading.learnPosition(frame.user_id, frame.seq);
          break;
        case "read_position":
          reading.learn({ seq: frame.seq });
          break;
        case "activity":
          reading.learn({ head: frame.last_seq });
          break;
        case "hidden":
          hiddenAt = frame.last_seq;
          reading.learn({ head: hiddenAt });
          core.emit("hidden", self);
          break;
        default:
          // Of a change the cursor has moved, and that is kept.
          if (!change) return;
      }
      self.changed();
    },
    meetHistory() {
      if (self.epoch === core.epoch) return false;
      self.epoch = core.epoch;
      hiddenAt = -1;
      reading.forget();
      return true;
    },
    prune(seq) {
      const isNews = seq > reading.pruned;
      reading.learn({ pruned: seq });
      const pruned = timeline.prune(reading.pruned);
      if (isNews || pruned > 0) self.changed({ messages: true, pruned });
    },
    noteNewest(message) {
      timeline.noteNewest(message);
      self.activeAt = Math.max(self.activeAt, Date.parse(message.created_at) || 0);
    },
    announce(message, isOwn) {
      if (feed.isLoading) return void held.push({ message, isOwn });
      if (message.seq > self.told) self.told = message.seq;
      else if (!isOwn) return;
      const shown = timeline.show(message);
      emit("message", shown);
      core.emit("message", shown, self);
    },
    announceHeld() {
      held.sort((a, b) => a.message.seq - b.message.seq);
      for (const { message, isOwn } of held.splice(0)) self.announce(message, isOwn);
    },

    // What the HTTP API says

    learn({ message_count, pruned_seq, unread_count, last_message, read_positions, is_hidden, ...info }) {
      const isOther = unread_count !== undefined && self.meetHistory();
      if (isOther && !feed.isFollowed) feed.forget();
      if (isOther) timeline.forgetNewest();
      self.info = info;
      self.activeAt = Math.max(isOther ? 0 : self.activeAt, Date.parse(info.updated_at) || 0);
      for (const { user_id, seq } of read_positions ?? []) reading.learnPosition(user_id, seq);
      if (last_message) {
        const { seq } = last_message;
        // What comes by the socket is told as new, though it may stand here before.
        if (!timeline.newest && !feed.isFollowed) self.told = seq;
        if (message_count !== undefined) pruned_seq ??= seq - message_count;
        // Of the very newest, what the feed says is newer.
        if (seq !== timeline.newest?.seq || !feed.isLive) self.noteNewest(last_message);
      }
      if (unread_count !== undefined && message_count !== undefined && pruned_seq !== undefined) {
        const head = pruned_seq + message_count;
        reading.learn({ head, seq: head - unread_count });
        self.told = Math.min(self.told, reading.head);
        self.prune(pruned_seq);
      }
      hiddenAt = is_hidden ? (pruned_seq ?? 0) + (message_count ?? 0) : -1;
      self.changed();
    },
    userChanged(user) {
      typing.rename(user.id, user.full_name);
      const { info } = self;
      const participants = info?.participants.map((one) => (one.id === user.id ? user : one));
      if (info && participants?.includes(user))
        self.info = { ...info, participants, display_name: info.name ?? nameOf(info, participants) };
      self.changed();
    },
    // What goes out

    send(text) {
      if (self.goneReason) throw new ConfabError("not_a_participant", "You are not a participant in this conversation");
      const outgoing = outbox.send(text);
      typing.set(false);
      return outgoing;
    },
    edit: (key, text) => outbox.edit(key, text),
    delete: (key) => outbox.delete(key),
    retry: (key) => outbox.retry(key),
    discard: (key) => outbox.discard(key),
    typing: typing.set,
    markRead(seq = reading.head) {
      if (reading.mark(seq)) self.changed();
    },

    changed({ messages = false, prepended = 0, reset = false, pruned = 0 } = {}) {
      self.revision++;
      core.keeper?.changed(self);
      core.conversations.changed();
      if (!pending) queueMicrotask(tellChange);
      pending ??= { messages: false, prepended: 0, reset: false, pruned: 0 };
      pending.messages ||= messages;
      pending.reset ||= reset;
      pending.prepended += prepended;
      pending.pruned += pruned;
    },
  };
  const outbox = createOutbox(self, core);
  const feed = createFeed(self, core);
  return self;

  function tellChange() {
    const change = pending;
    pending = undefined;
    if (change) emit("change", change);
  }

  function arrived(message: Message) {
    const { seq, sender_id } = message;
    typing.take(sender_id, "", false);
    reading.learn(sender_id === core.me?.id ? { head: seq, seq } : { head: seq });
    reading.learnPosition(sender_id, seq);
    // One that was only asked for by its id is among the most recent now.
    self.isListed = true;
    self.noteNewest(message);
    feed.put(message);
    outbox.arrived([message]);
    self.announce(message);
    // Nobody looks at it: what it keeps must not grow for ever.
    if (!self.isOpen && timeline.items.length > 2 * KEEP) trim();
  }

  function trim() {
    timeline.trim(KEEP);
    self.changed({ messages: true, reset: true });
  }

  function membersChanged({ added, removed, name, owner_id }: MembersChange) {
    const { info } = self;
    if (info) {
      const moved = [...removed, ...added.map((user) => user.id)];
      const stay = info.participants.filter((user) => !moved.includes(user.id));
      self.info = {
        ...info,
        name,
        owner_id: owner_id === undefined ? info.owner_id : owner_id,
        display_name: name ?? info.display_name,
        participants: [...stay, ...added].slice(0, PARTICIPANTS_SHOWN),
        participant_count: info.participant_count + added.length - removed.length,
      };
    }
    for (const userId of removed) reading.positions.delete(userId);
    self.changed();
    // Who moves up among those shown, and what an unnamed group is called, the server knows.
    if (!isToAsk) later(ask, jitter((info?.participant_count ?? 0) * ASK_WITHIN_MS));
    isToAsk = true;
  }

  /** As the server makes one for a conversation without a name of its own. */
  function nameOf({ is_group, display_name }: ConversationInfo, people: readonly User[]): string {
    if (is_group)
      return `Group with ${people
        .slice(0, 3)
        .map((user) => user.first_name)
        .join(", ")}`;
    const other = people.find(({ id }) => id !== core.me?.id);
    return other ? `Chat with ${other.full_name}` : display_name;
  }

  function ask() {
    isToAsk = false;
    if (core.isOnline()) core.conversations.refresh(self);
  }
}
