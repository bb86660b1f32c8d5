import type { ServerFrame } from "../../protocol/frames.ts";
import { later } from "../base/platform.ts";
import type { LiveConversation, Typing } from "../parts/conversation.ts";
import type { Core } from "../parts/core.ts";
import type { Change } from "../parts/frames.ts";
import type { ConversationEvents, MembersChange } from "../public/conversation.ts";
import type { Message } from "../public/types.ts";
import { jitter } from "../transport/reconnect-policy.ts";
import { withMembersChange } from "./info.ts";
import { MESSAGES_KEPT } from "./timeline.ts";

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
): (frame: ServerFrame) => void {
  const { sync, timeline, readState, outbox } = self;
  let willRefresh = false;

  function applyMessage(message: Message) {
    const { seq, sender_id } = message;
    typing.setTypist(sender_id, "", false);
    readState.update(sender_id === core.me?.id ? { head: seq, seq } : { head: seq });
    readState.updatePosition(sender_id, seq);
    // A conversation that was only opened by its id is one of the most recent now.
    self.isListed = true;
    self.updateNewest(message);
    sync.putMessage(message);
    outbox.confirm([message]);
    self.announce(message);
    // A conversation that is not open must not grow without limit.
    if (!self.isOpen && timeline.items.length > 2 * MESSAGES_KEPT) self.trimMessages();
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

  function refresh() {
    willRefresh = false;
    if (core.isOnline()) core.conversations.refresh(self);
  }

  return (frame) => {
    const change = changeOf(frame);
    if (change && !sync.advanceCursor(change)) return;
    switch (frame.type) {
      case "subscribed":
        return sync.applySubscribed(frame);
      case "message":
        applyMessage(frame.message);
        return self.notifyChanged({ messages: true });
      case "message_changed":
        timeline.put(frame.message, false);
        return self.notifyChanged({ messages: true });
      case "participants":
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
