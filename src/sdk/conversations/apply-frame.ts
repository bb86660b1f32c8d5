import type { ServerFrame } from "../../protocol/frames.ts";
import { later } from "../base/platform.ts";
import type { LiveConversation, Typing } from "../parts/conversation.ts";
import type { Core } from "../parts/core.ts";
import type { Change } from "../parts/frames.ts";
import type { ConversationEvents, MembersChange } from "../public/conversation.ts";
import type { Message } from "../public/types.ts";
import { jitter } from "../transport/reconnect-policy.ts";
import { withMembersChange } from "./info.ts";
import { isAmended, quoteOf, withNames, withQuote } from "./quotes.ts";

/**
 * When the members of a group change, all its clients read the group again. Each waits at random up to this long for each
 * member, so that they don't ask at the same moment.
 */
const REFRESH_WITHIN_MS = 10;

/** Returns the change that a frame is, if it is one. Servers of earlier releases put the version only into the message. */
function changeOf(frame: ServerFrame): Change | undefined {
  if (frame.type === "message") return { ...frame, version: frame.message.version, tag: frame.message.id };
  return "version" in frame && typeof frame.version === "number" && frame.type !== "ack" ? frame : undefined;
}

/** Applies the server's frames to one conversation. */
export function createFrameHandler(
  self: LiveConversation,
  core: Core,
  typing: Typing,
  emit: (event: "members", ...args: ConversationEvents["members"]) => void,
  emitNamed: Core["emitNamed"],
): (frame: ServerFrame) => void {
  const { sync, readState, outbox } = self;
  let willRefresh = false;

  function applyMessage(message: Message) {
    const { seq, sender_id, sender_name: full_name, sender_email: email } = message;
    const earlier = self.messages.findLast((one) => one.sender_id === sender_id && one.seq);
    // A rename that this client has missed. Most messages bring none, and 100,000 loaded ones cost nothing then.
    if (earlier && earlier.sender_name !== full_name)
      self.updateMessages((one) => withNames(one, new Map([[sender_id, { full_name, email }]])));
    typing.setTypist(sender_id, "", false);
    readState.update(sender_id === core.me?.id ? { head: seq, seq } : { head: seq });
    readState.updatePosition(sender_id, seq);
    if (readState.countMention(message, core.me?.id)) recount();
    // A conversation that was only opened by its id is one of the most recent now.
    self.isListed = true;
    self.updateNewest(message);
    sync.putMessage(message);
    outbox.confirm([message]);
    self.announce(message);
    self.limitMessages();
  }

  function applyMembers(change: MembersChange) {
    const { info } = self;
    if (info) self.info = withMembersChange(info, change);
    for (const userId of change.removed) readState.positions.delete(userId);
    self.notifyChanged();
    // Only the server knows who else is among the first members now, and what an unnamed group is called.
    if (!willRefresh) later(refresh, jitter((info?.participant_count ?? 0) * REFRESH_WITHIN_MS));
    willRefresh = true;
  }

  /** Only the server knows how many of some unread messages mention the user. */
  function recount() {
    if (core.isOnline() && readState.unread) core.conversations.refresh(self);
  }

  /** @param before the cursor before this frame. A frame of several changes may begin with some that were applied */
  function emitChanges(
    message: Message,
    { version, from = version, change, changes = [change] }: Change,
    before: number,
  ) {
    for (const one of changes.slice(Math.max(0, before + 1 - from))) {
      if (!one) continue;
      if (one.kind === "pin" && one.on) addPinned(message, one.user_id, from + changes.indexOf(one));
      const event = { conversation: self, message: self.timeline.toShown(message), change: one };
      emitNamed(one.kind, event);
      core.emitNamed(one.kind, event);
    }
  }

  function addPinned(message: Message, user_id: number, version: number) {
    const user_name = self.info?.participants.find(({ id }) => id === user_id)?.full_name;
    const [after_seq, at] = [readState.head, message.pinned?.at ?? new Date().toISOString()];
    const about = { user_id, user_name, users: [], user_count: 0, message_seq: message.seq };
    self.shownLines.add([{ kind: "pinned", after_seq, version, at, ...about }]);
  }

  function refresh() {
    willRefresh = false;
    if (core.isOnline()) core.conversations.refresh(self);
  }

  return (frame) => {
    const change = changeOf(frame);
    const { version } = sync;
    if (change && !sync.advanceCursor(change)) return;
    self.actions?.run();
    switch (frame.type) {
      case "subscribed":
        return sync.applySubscribed(frame);
      case "message":
        applyMessage(frame.message);
        return self.notifyChanged({ messages: true });
      case "message_changed":
        for (const timeline of self.timelines) timeline.put(frame.message, false);
        // An edit or a deletion, and no mark such as a reaction.
        if (!frame.change && (frame.message.mentions || readState.mentions)) recount();
        if (change && isAmended(change)) {
          const quote = quoteOf(frame.message, frame.excerpt);
          self.updateMessages((message) => withQuote(message, quote));
          core.emit("amended", self.timeline.toShown(frame.message), self);
        }
        self.notifyChanged({ messages: true });
        if (change) emitChanges(frame.message, change, version);
        return;
      case "participants":
        self.shownLines.add(frame.line && [frame.line]);
        emit("members", frame);
        return applyMembers(frame);
      case "reset":
        return sync.applyReset();
      case "pruned":
        return self.prune(frame.pruned_seq);
      case "typing":
        return typing.setTypist(frame.user_id, frame.user_name, frame.is_typing);
      case "unsubscribed":
        if (frame.code === "removed") self.markGone("removed");
        return;
      case "read":
        readState.updatePosition(frame.user_id, frame.seq);
        break;
      case "read_position":
        readState.update({ seq: frame.seq });
        if (readState.mentions) recount();
        break;
      case "activity":
        readState.update({ head: frame.last_seq });
        break;
      case "hidden":
        self.hiddenSeq = frame.last_seq;
        readState.update({ head: frame.last_seq });
        core.emit("hidden", self);
        break;
      default:
        // A change of an unknown type has moved the cursor, and the cache stores that.
        if (!change) return;
    }
    self.notifyChanged();
  };
}
