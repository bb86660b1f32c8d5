import { createEmitter } from "../base/emitter.ts";
import type { LiveConversation } from "../parts/conversation.ts";
import type { Core } from "../parts/core.ts";
import type { ConversationChange, ConversationEvents } from "../public/conversation.ts";
import { ConfabError } from "../public/errors.ts";
import { createAnnouncer } from "./announcer.ts";
import { createFrameHandler } from "./apply-frame.ts";
import { withUser } from "./info.ts";
import { memberCalls } from "./members.ts";
import { createOutbox } from "./outbox.ts";
import { createReadState } from "./read-state.ts";
import { applySummary } from "./summary.ts";
import { createSync } from "./sync.ts";
import { createTimeline, MESSAGES_KEPT } from "./timeline.ts";
import { createTyping } from "./typing.ts";

/** Puts the parts of one conversation together. Frames come in by `applyFrame`, and messages go out by the outbox. */
export function createConversation(id: string, core: Core): LiveConversation {
  let openCount = 0;
  let pendingChange: ConversationChange | undefined;
  const { on, emit } = createEmitter<ConversationEvents>(core.reportError);
  const timeline = createTimeline();
  const readState = createReadState((seq) => core.connection.send({ type: "read", conversation_id: id, seq }));
  const typing = createTyping(
    (is_typing) => sync.isLive && core.connection.sendOnce({ type: "typing", conversation_id: id, is_typing }),
    () => self.notifyChanged(),
  );

  const self: LiveConversation = {
    ...memberCalls(id, core),
    id,
    timeline,
    readState,
    info: undefined,
    goneReason: undefined,
    revision: 0,
    activeAt: 0,
    announcedSeq: 0,
    isListed: false,
    hiddenSeq: -1,
    isDetached: false,
    epoch: core.epoch,
    messages: timeline.items,
    typists: typing.typists,
    readPositions: readState.positions,
    on,
    indexOf: timeline.indexOf,

    get sync() {
      return sync;
    },
    get outbox() {
      return outbox;
    },
    get isOpen() {
      return openCount > 0;
    },
    get isHidden() {
      return self.hiddenSeq >= readState.head;
    },
    get state() {
      if (self.goneReason) return "gone";
      if (openCount === 0) return "closed";
      if (sync.isUpToDate) return "live";
      return sync.isLoaded || timeline.items.length > 0 ? "stale" : "loading";
    },
    get title() {
      return self.info?.display_name ?? "";
    },
    get unread() {
      return readState.unread;
    },
    get readSeq() {
      return readState.seq;
    },
    get lastMessage() {
      return timeline.lastMessage;
    },
    get prunedSeq() {
      return readState.pruned;
    },
    get hasOlder() {
      return (timeline.first?.seq ?? 0) > readState.pruned + 1;
    },

    open() {
      if (++openCount > 1) return;
      sync.ensureLoaded();
      if (core.isOnline()) core.conversations.refresh(self);
      self.notifyChanged();
    },
    close() {
      if (openCount === 0 || --openCount > 0) return;
      typing.setTyping(false);
      self.trimMessages();
      outbox.removeConfirmed();
    },
    connectionLost() {
      sync.subscriptionEnded();
      typing.clear();
      self.notifyChanged();
    },
    markGone(reason = self.info ? "removed" : "not_found") {
      if (self.goneReason) return;
      self.goneReason = reason;
      sync.subscriptionEnded();
      if (self.isListed && !self.isDetached) core.emit("removed", self);
      self.notifyChanged();
    },
    markJoined() {
      if (!self.goneReason) return;
      self.goneReason = undefined;
      if (openCount > 0) sync.ensureLoaded();
      self.notifyChanged();
    },

    applyFrame: (frame) => applyFrame(frame),
    applySummary: (summary) => applySummary(self, summary),
    applyUser(user) {
      typing.rename(user.id, user.full_name);
      if (self.info) self.info = withUser(self.info, user, core.me);
      self.notifyChanged();
    },
    updateEpoch() {
      if (self.epoch === core.epoch) return false;
      self.epoch = core.epoch;
      self.hiddenSeq = -1;
      readState.reset();
      return true;
    },
    prune(seq) {
      const isNews = seq > readState.pruned;
      readState.update({ pruned: seq });
      const pruned = timeline.prune(readState.pruned);
      if (isNews || pruned > 0) self.notifyChanged({ messages: true, pruned });
    },
    updateNewest(message) {
      timeline.updateNewest(message);
      self.activeAt = Math.max(self.activeAt, Date.parse(message.created_at) || 0);
    },
    trimMessages() {
      timeline.trim(MESSAGES_KEPT);
      self.notifyChanged({ messages: true, reset: true });
    },
    announce: (message, isOwnEcho) => announcer.announce(message, isOwnEcho),
    announceHeld: () => announcer.announceHeld(),

    loadOlder: (limit) => sync.loadOlder(limit),
    messageAt: (seq) => sync.messageAt(seq),
    send(text) {
      if (self.goneReason) throw new ConfabError("not_a_participant", "You are not a participant in this conversation");
      const outgoing = outbox.send(text);
      typing.setTyping(false);
      return outgoing;
    },
    edit: (key, text) => outbox.edit(key, text),
    delete: (key) => outbox.delete(key),
    retry: (key) => outbox.retry(key),
    discard: (key) => outbox.discard(key),
    typing: typing.setTyping,
    markRead(seq = readState.head) {
      if (readState.markRead(seq)) self.notifyChanged();
    },

    notifyChanged({ messages = false, prepended = 0, reset = false, pruned = 0 } = {}) {
      self.revision++;
      core.cache?.markChanged(self);
      core.conversations.notifyChanged();
      if (!pendingChange) queueMicrotask(emitChange);
      pendingChange ??= { messages: false, prepended: 0, reset: false, pruned: 0 };
      pendingChange.messages ||= messages;
      pendingChange.reset ||= reset;
      pendingChange.prepended += prepended;
      pendingChange.pruned += pruned;
    },
  };
  const outbox = createOutbox(self, core);
  const sync = createSync(self, core);
  const announcer = createAnnouncer(self, core, emit);
  const applyFrame = createFrameHandler(self, core, typing, emit);
  return self;

  function emitChange() {
    const change = pendingChange;
    pendingChange = undefined;
    if (change) emit("change", change);
  }
}
