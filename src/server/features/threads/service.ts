import type { ConversationDetail } from "../../../protocol/conversations.ts";
import type { Message } from "../../../protocol/messages.ts";
import { invalidField } from "../../base/failure.ts";
import type { Logger } from "../../base/logger.ts";
import type { Bus } from "../../bus/bus.ts";
import type { Conversations } from "../conversations/service.ts";
import { threadIdOf } from "./id.ts";
import type { ThreadsStore } from "./store.ts";

interface Parts {
  store: Pick<ThreadsStore, "start" | "setFollowing">;
  conversations: Pick<Conversations, "detail" | "threadFrame">;
  bus: Pick<Bus, "publish">;
  logger: Logger;
}

/** Threads: a thread is a conversation with a parent, and its members are those of the parent. Some of them follow it. */
export class Threads {
  constructor(private readonly parts: Parts) {}

  /** Starts the thread that answers a message, or returns the one that is there. */
  async start(
    userId: number,
    conversationId: string,
    messageId: string,
  ): Promise<{ thread: ConversationDetail; isNew: boolean }> {
    const { threadId, isNew, author } = await this.parts.store.start(userId, conversationId, messageId);
    if (author !== undefined) await this.announce(threadId, 0, author);
    return { thread: await this.parts.conversations.detail(userId, threadId), isNew };
  }

  /**
   * Starts the thread of a message that is sent there.
   * @throws Failure `validation_failed` when the message is not sent to the thread that it names
   */
  async startFor(
    { conversationId: threadId, senderId }: { conversationId: string; senderId: number },
    { conversation_id, message_id }: { conversation_id: string; message_id: string },
  ): Promise<void> {
    if (threadIdOf(conversation_id, message_id) !== threadId)
      throw invalidField("thread_of", "This is not the thread of that message.");
    const { author } = await this.parts.store.start(senderId, conversation_id, message_id);
    if (author !== undefined) await this.announce(threadId, 0, author);
  }

  /** The user follows the thread from now on, or no longer. Neither replies nor mentions undo that. */
  async setFollowing(userId: number, threadId: string, isFollowing: boolean): Promise<void> {
    const isNew = await this.parts.store.setFollowing(userId, threadId, isFollowing);
    if (isNew) await this.publish(userId, threadId, null, isFollowing);
  }

  /** Announces to people that they follow a thread since this message. Never rejects. */
  async followed({ conversation_id: threadId, version }: Message, userIds: readonly number[]): Promise<void> {
    for (const userId of userIds) await this.announce(threadId, version, userId);
  }

  /** The database has it already, so their next list has the thread too. */
  private async announce(threadId: string, version: number, userId: number) {
    try {
      await this.publish(userId, threadId, version, true);
    } catch (error) {
      this.parts.logger.warn(
        { err: error, conversation_id: threadId },
        "can't announce that somebody follows a thread",
      );
    }
  }

  private async publish(userId: number, threadId: string, version: number | null, isFollowing: boolean) {
    const shown = await this.parts.conversations.threadFrame(userId, threadId);
    if (shown) this.parts.bus.publish({ kind: "follow", userId, threadId, version, isFollowing, ...shown });
  }
}
