import { createEmitter } from "../base/emitter.ts";
import type { Actions, LiveConversation } from "../parts/conversation.ts";
import type { Core } from "../parts/core.ts";
import type { ConversationChange, ConversationEvents } from "../public/conversation.ts";
import { ConfabError } from "../public/errors.ts";
import { createAnnouncer } from "./announcer.ts";
import { createFrameHandler } from "./apply-frame.ts";
import { withUser } from "./info.ts";
import { createLines } from "./lines.ts";
import { memberCalls } from "./members.ts";
import { createOutbox } from "./outbox.ts";
import { withNames } from "./quotes.ts";
import { createReadState } from "./read-state.ts";
import { createSettings } from "./settings.ts";
import { applySummary } from "./summary.ts";
import { createSync } from "./sync.ts";
import { createTimeline, MESSAGES_KEPT } from "./timeline.ts";
import { createTyping } from "./typing.ts";

/** While a window shows other messages, the conversation keeps at most this many. */
const MESSAGES_BESIDE_WINDOW = 5_000;

/** Puts the parts of one conversation together. Frames come in by `applyFrame`, and messages go out by the outbox. */
export function createConversation(id: string, core: Core): LiveConversation {
  let openCount = 0;
  let pendingChange: ConversationChange | undefined;
  const { on, emit, emitNamed } = createEmitter<ConversationEvents>(core.reportError);
  const withActions: Actions["show"] = (message) => self.actions?.show(message) ?? message;
  const timeline = createTimeline(withActions);
  const readState = createReadState((seq) => core.connection.send({ type: "read", conversation_id: id, seq }));
  const settings = createSettings(() => self);
  const typing = createTyping(
    (is_typing) => sync.isLive && core.connection.sendOnce({ type: "typing", conversation_id: id, is_typing }),
    () => self.notifyChanged(),
  );

  const self: LiveConversation = {
    ...memberCalls(id, core),
    id,
    host: core,
    timeline,
    windows: new Set(),
    shownLines: createLines(),
    get lines() {
      return self.shownLines.items;
    },
    get timelines() {
      return [timeline, ...[...self.windows].map((window) => window.timeline)];
    },
    readState,
    settings,
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

    get preferences() {
      return settings.preferences;
    },
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
    get mentions() {
      return readState.mentions;
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
      sync.closed();
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
      settings.version = -1;
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
      self.shownLines.rename(user);
      self.updateMessages((message) => withNames(message, new Map([[user.id, user]])));
      self.notifyChanged();
    },
    updateMessages(change) {
      if (self.timelines.map((one) => one.update(change)).includes(true)) self.notifyChanged({ messages: true });
    },
    updateEpoch() {
      const { epoch } = self;
      if (epoch === core.epoch) return false;
      self.epoch = core.epoch;
      self.hiddenSeq = -1;
      settings.version = -1;
      readState.reset();
      // Without an epoch and messages nothing is of another history, neither is a page that was asked for meanwhile.
      return sync.isLoaded || epoch !== undefined || timeline.newest !== undefined;
    },
    prune(seq) {
      const isNews = seq > readState.pruned;
      readState.update({ pruned: seq });
      self.shownLines.prune(readState.pruned - 1);
      const [pruned = 0, ...others] = self.timelines.map((one) => one.prune(readState.pruned));
      if (isNews || pruned > 0 || others.some(Boolean)) self.notifyChanged({ messages: true, pruned });
    },
    updateNewest(message) {
      timeline.updateNewest(message);
      self.activeAt = Math.max(self.activeAt, Date.parse(message.created_at) || 0);
    },
    trimMessages() {
      timeline.trim(MESSAGES_KEPT);
      self.notifyChanged({ messages: true, reset: true });
    },
    limitMessages() {
      const max = self.windows.size > 0 ? MESSAGES_BESIDE_WINDOW : self.isOpen ? Infinity : 2 * MESSAGES_KEPT;
      if (timeline.items.length > max) self.trimMessages();
    },
    announce: (message, isOwnEcho) => announcer.announce(message, isOwnEcho),
    announceHeld: () => announcer.announceHeld(),

    hasNewer: false,
    loadOlder: (limit) => sync.loadOlder(limit),
    loadNewer: async () => 0,
    async around(seq) {
      const { openWindow } = await import("./window.ts");
      return openWindow(self, core, createTimeline(withActions, false), seq);
    },
    messageAt: (seq) => sync.messageAt(seq),
    send(text, options) {
      if (self.goneReason) throw new ConfabError("not_a_participant", "You are not a participant in this conversation");
      const outgoing = outbox.send(text, options);
      typing.setTyping(false);
      return outgoing;
    },
    edit: (key, text) => outbox.edit(key, text),
    delete: (key) => outbox.delete(key),
    retry: (key) => outbox.retry(key),
    discard: (key) => outbox.discard(key),
    typing: typing.setTyping,
    async update(changes) {
      if (!core.settingsSender) await core.ready;
      if (!core.settingsSender) throw new ConfabError("offline", "The server can't be reached");
      return core.settingsSender.send(self, changes);
    },
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
  const applyFrame = createFrameHandler(self, core, typing, emit, emitNamed);
  return self;

  function emitChange() {
    const change = pendingChange;
    pendingChange = undefined;
    if (change) emit("change", change);
  }
}
