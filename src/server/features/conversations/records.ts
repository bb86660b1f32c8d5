import type { ConversationMe } from "../../../protocol/me.ts";
import type { Message } from "../../../protocol/messages.ts";
import type { ConversationRecord } from "../members/group.ts";
import type { Asked, EndedRequest } from "../requests/statements.ts";

/** The facts that the list of one member shows beside the conversation itself. */
export interface SummaryRecord extends ConversationRecord {
  /** The member has hidden the conversation, and no message has come since. */
  isHidden: boolean;
  me: ConversationMe;
  messageCount: number;
  prunedSeq: number;
  unreadCount: number;
  /** The unread messages that mention the member. */
  mentionCount: number;
  lastMessage: Message | null;
  thread?: ThreadRecord;
}

/** The facts of a thread. */
export interface ThreadRecord {
  /** The conversation that it belongs to. */
  parent: ConversationRecord;
  rootSeq: number;
  /** The message that it answers. Null when retention has removed it. */
  root: Message | null;
  isFollowing: boolean;
}

export interface NewConversation {
  id: string;
  ownerId: number;
  /** All wanted members, the owner among them. More than two make a group, however many of them must be asked. */
  participantIds: number[];
  /** Makes a group of two people or fewer. */
  isGroup?: true;
  /** The wanted members who must agree before they join. */
  toAsk?: ReadonlySet<number>;
  name: string | null;
  /** The id of the request that the 1-on-1 answers. */
  accepts?: string;
}

export interface CreateOutcome {
  /** `undefined`: a 1-on-1 whose other person is asked. */
  conversation: ConversationRecord | undefined;
  /** False: the 1-on-1 existed already. */
  created: boolean;
  /** The owner had hidden the 1-on-1. */
  unhidden: boolean;
  asked: Asked[];
  ended: EndedRequest[];
}
