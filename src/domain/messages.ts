import { encode } from "../protocol/frames.ts";
import type { Message, MessagePage } from "../protocol/messages.ts";
import type { Access } from "./access.ts";
import type { Announcer } from "./announcer.ts";
import type { Bus } from "./bus.ts";
import type { Appended, ConversationStore, MessageLog, MessageWindow, PageQuery } from "./ports.ts";

/** In larger groups neither typing nor read frames are forwarded (CONTRACT §7). */
export const QUIET_ABOVE = 100;

/** Who does something: what a frame about it names. */
export interface Actor {
  userId: number;
  fullName: string;
}

/** The one road of a message, whichever way it came in. */
export class Messages {
  constructor(
    private readonly log: MessageLog,
    private readonly conversations: ConversationStore,
    private readonly access: Access,
    private readonly announcer: Announcer,
    private readonly bus: Bus,
    private readonly window: MessageWindow | undefined,
  ) {}

  /**
   * Appends a message; resolves when it is durable. Membership is checked under the conversation's lock. MUST enqueue
   * before it returns, so that the sends of one socket keep their order.
   */
  send(send: {
    conversationId: string;
    senderId: number;
    content: string;
    clientId: string | undefined;
  }): Promise<Appended> {
    return this.log.append({ id: Bun.randomUUIDv7(), ...send }).then(
      (appended) => {
        const { message, first } = appended;
        if (first) {
          const { conversation_id: conversationId, version, seq: lastSeq } = message;
          this.announcer.announce({ kind: "message", conversationId, version, lastSeq, message });
        } else {
          // A resend mostly follows an answer that was lost, and so may the announcement have been.
          this.announcer.remind(message.conversation_id, message.version, message.seq);
        }
        return appended;
      },
      (error: unknown) => this.announcer.doubt(send.conversationId, error),
    );
  }

  edit(conversationId: string, userId: number, messageId: string, content: string): Promise<Message> {
    return this.amend(conversationId, userId, messageId, content);
  }

  /** Leaves a tombstone with empty content. */
  remove(conversationId: string, userId: number, messageId: string): Promise<Message> {
    return this.amend(conversationId, userId, messageId, null);
  }

  private async amend(conversationId: string, userId: number, messageId: string, content: string | null) {
    try {
      const { message, change } = await this.log.amend(conversationId, userId, messageId, content);
      if (change) this.announcer.announce(change);
      return message;
    } catch (error) {
      return this.announcer.doubt(conversationId, error);
    }
  }

  /** A page as its participant `actor` asks for it; the newest page counts as read unless `markRead` is false. */
  async page(conversationId: string, actor: Actor, query: PageQuery & { markRead: boolean }): Promise<MessagePage> {
    await this.access.requireParticipant(conversationId, actor.userId);
    const { messages, total } = await this.read(conversationId, query);
    const newest = messages.at(-1);
    const isNewest = query.afterSeq === undefined && query.beforeSeq === undefined && !query.offset;
    if (query.markRead && isNewest && newest) await this.markRead(conversationId, actor, newest.seq);
    return { conversation_id: conversationId, messages, count: messages.length, total };
  }

  /** From the window when it has the page and is fresh, else from the log, which then fills it. */
  private async read(conversationId: string, query: PageQuery): Promise<{ messages: Message[]; total: number }> {
    const { window } = this;
    const head = window && (await this.log.head(conversationId));
    if (!window || !head || query.afterSeq !== undefined) return this.log.page(conversationId, query);
    const last = Math.min(
      head.lastSeq,
      query.beforeSeq === undefined ? head.lastSeq - (query.offset ?? 0) : query.beforeSeq - 1,
    );
    const first = Math.max(head.prunedSeq + 1, last - query.limit + 1);
    const total = head.lastSeq - head.prunedSeq;
    if (last < first) return { messages: [], total };
    const kept = await window.page(conversationId, head, first, last);
    if (kept) return { messages: kept, total };
    const page = await this.log.page(conversationId, query);
    // Only what was the newest at `head` and still is may fill it: an edit in between must not be overwritten.
    const after = await this.log.head(conversationId);
    if (last === head.lastSeq && after?.lastVersion === head.lastVersion)
      window.refill(conversationId, head, page.messages);
    return page;
  }

  /** Moves the reader's position forward, to `seq` or the newest, and tells the others. */
  async markRead(conversationId: string, reader: Actor, seq: number | undefined): Promise<void> {
    const position = await this.conversations.markRead(conversationId, reader.userId, seq);
    if (!position) return this.access.requireParticipant(conversationId, reader.userId);
    if (!position.moved || position.participantCount > QUIET_ABOVE) return;
    const { userId: user_id, fullName: user_name } = reader;
    this.bus.publish({
      kind: "ephemeral",
      conversationId,
      fromUserId: user_id,
      frame: encode({ type: "read", conversation_id: conversationId, user_id, user_name, seq: position.seq }),
    });
  }
}
