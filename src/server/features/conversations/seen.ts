import type { Conversation, ConversationSummary } from "../../../protocol/conversations.ts";
import { encode } from "../../../protocol/frames.ts";
import type { ConversationMe } from "../../../protocol/me.ts";
import { groupTitle } from "../../../protocol/names.ts";
import type { ConversationRecord } from "../members/group.ts";
import type { SummaryRecord, ThreadRecord } from "./records.ts";

/** The conversation as `userId` sees it. */
export function seenBy(
  record: ConversationRecord & { thread?: ThreadRecord },
  userId: number,
  me: ConversationMe,
): Conversation {
  const { thread } = record;
  const named = thread?.parent ?? record;
  return {
    id: record.id,
    kind: record.kind,
    name: record.name,
    display_name: named.name ?? displayName(named, userId),
    is_group: record.isGroup,
    owner_id: record.isGroup ? record.ownerId : null,
    ...(named.picture !== null && { picture: named.picture }),
    participants: record.participants,
    participant_count: record.participantCount,
    created_at: record.createdAt,
    updated_at: record.updatedAt,
    me,
    ...(thread && {
      parent_id: thread.parent.id,
      root_message_id: thread.root?.id ?? null,
      root_seq: thread.rootSeq,
      is_following: thread.isFollowing,
    }),
  };
}

function displayName({ isGroup, participants }: ConversationRecord, userId: number): string {
  if (isGroup) return groupTitle(participants.map((user) => user.first_name));
  return `Chat with ${participants.find((user) => user.id !== userId)?.full_name ?? "nobody"}`;
}

export const summaryFor = (row: SummaryRecord, userId: number): ConversationSummary => ({
  ...seenBy(row, userId, row.me),
  message_count: row.messageCount,
  pruned_seq: row.prunedSeq,
  unread_count: row.unreadCount,
  mention_count: row.mentionCount,
  last_message: row.lastMessage,
  ...(row.thread && { root: row.thread.root }),
});

/** The frame that shows the conversation to a user. */
export const frameFor = (record: ConversationRecord, userId: number, me: ConversationMe) =>
  encode({ type: "conversation", conversation_id: record.id, conversation: seenBy(record, userId, me) });
