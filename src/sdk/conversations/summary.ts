import type { LiveConversation } from "../parts/conversation.ts";
import type { Summary } from "../parts/frames.ts";
import type { ConversationInfo } from "../public/types.ts";
import { withNames } from "./quotes.ts";

/** Applies what an HTTP answer says about a conversation: a part of it, an entry of the list, or all of it. */
export function applySummary(
  self: LiveConversation,
  {
    message_count,
    pruned_seq,
    unread_count,
    mention_count,
    last_message,
    read_positions,
    is_hidden,
    me,
    ...info
  }: ConversationInfo & Partial<Summary>,
) {
  const { timeline, readState, sync } = self;
  const isOtherEpoch = unread_count !== undefined && self.updateEpoch();
  if (isOtherEpoch) {
    // Also with a subscription: an answer that comes later finds the epoch up to date, and keeps the messages.
    sync.discardMessages();
    timeline.resetNewest();
  }
  self.info = info;
  self.activeAt = Math.max(isOtherEpoch ? 0 : self.activeAt, Date.parse(info.updated_at) || 0);
  for (const { user_id, seq } of read_positions ?? []) readState.updatePosition(user_id, seq);
  const people = new Map(info.participants.map((user) => [user.id, user]));
  self.updateMessages((message) => withNames(message, people));
  if (last_message) {
    const { seq } = last_message;
    // With a subscription, the socket brings this message as a new one, even if the list had it first.
    if (!timeline.newest && !sync.isSubscribed) self.announcedSeq = seq;
    if (message_count !== undefined) pruned_seq ??= seq - message_count;
    // The subscription has a newer state of the newest message than this answer.
    if (seq !== timeline.newest?.seq || !sync.isLive) self.updateNewest(last_message);
  }
  if (unread_count !== undefined && message_count !== undefined && pruned_seq !== undefined) {
    const head = pruned_seq + message_count;
    readState.update({ head, seq: head - unread_count });
    readState.setMentions(mention_count, head);
    self.announcedSeq = Math.min(self.announcedSeq, readState.head);
    self.prune(pruned_seq);
  }
  if (me) self.settings.apply(me, me.me_version);
  self.hiddenSeq = is_hidden ? (pruned_seq ?? 0) + (message_count ?? 0) : -1;
  self.notifyChanged();
}
