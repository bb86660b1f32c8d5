import { LRUCache } from "lru-cache";
import { encode } from "../../../protocol/frames.ts";
import type { Message } from "../../../protocol/messages.ts";
import type { Actor } from "../../base/actor.ts";
import type { Meter } from "../../base/meter.ts";
import type { Bus } from "../../bus/bus.ts";
import type { Access } from "../../log/access.ts";
import type { Announcer } from "../../log/announcer.ts";
import type { Appended } from "../../log/append.ts";
import type { MessageLog, PageQuery } from "../../log/log.ts";
import type { Memberships } from "../../log/memberships.ts";
import type { Page, Pages } from "../../log/pages.ts";
import type { Mentions } from "../mentions/service.ts";
import type { Addressed, DraftParts } from "./parts.ts";

/** In larger groups neither typing nor read frames are forwarded (docs/contract.md §7). */
export const QUIET_ABOVE = 100;

/** How many read positions are remembered, and for how long, in ms. */
const POSITIONS = { max: 50_000, ttl: 60_000 };

const positionKey = (conversationId: string, userId: number) => `${conversationId} ${userId}`;

/** Sends, edits, deletes and reads messages, whether they come by socket or by HTTP. */
export class Messages {
  /**
   * How far people are known to have read, so that reading the same page again writes nothing. A position never moves
   * back, and a person who joins again starts at the newest message. So a remembered position stays right unless the
   * database goes back in time.
   */
  private readonly readUpTo = new LRUCache<string, number>(POSITIONS);

  constructor(
    private readonly log: MessageLog,
    private readonly memberships: Pick<Memberships, "markRead">,
    private readonly access: Access,
    private readonly announcer: Announcer,
    private readonly bus: Bus,
    private readonly pages: Pages,
    private readonly meter: Meter,
    private readonly mentions: Pick<Mentions, "of" | "tell">,
    /** Announces to people that they follow a thread since this message. Never rejects. */
    private readonly threads: { followed(message: Message, userIds: readonly number[]): Promise<void> },
  ) {}

  /**
   * Appends a message; resolves when it is durable. The append checks the membership under the conversation's lock. MUST
   * enqueue before it returns, so that the sends of one socket keep their order.
   */
  send(send: Addressed, parts: DraftParts = {}): Promise<Appended> {
    const since = performance.now();
    const { conversationId, senderId, content, clientId } = send;
    const { fields, ifSeq, mentions, files, alsoInParent } = parts;
    const id = Bun.randomUUIDv7();
    const draft = { id, conversationId, senderId, content, clientId, fields, ifSeq, mentions, files, alsoInParent };
    return this.log.append(draft).then(
      (appended) => {
        const { message, first, copy, thread } = appended;
        if (first) {
          this.announceNew(message, thread !== undefined);
          this.meter.countMessage(since);
          if (mentions) void this.mentions.tell(message);
        } else {
          // Most resends follow a lost answer, and the announcement may have been lost with the answer.
          this.announcer.remind(message.conversation_id, message.version, message.seq);
        }
        if (copy) this.announceNew(copy, false);
        if (thread && thread.followed.length > 0) void this.threads.followed(message, thread.followed);
        return appended;
      },
      (error: unknown) => this.announcer.doubt(conversationId, error),
    );
  }

  private announceNew(message: Message, inThread: boolean) {
    const { conversation_id: conversationId, version, id: tag, seq: lastSeq } = message;
    this.announcer.announce({ kind: "message", conversationId, version, tag, lastSeq, message, inThread });
  }

  edit(conversationId: string, userId: number, messageId: string, content: string): Promise<Message> {
    return this.amend(conversationId, userId, messageId, content);
  }

  /** Deletes a message and leaves a tombstone with empty content. */
  remove(conversationId: string, userId: number, messageId: string): Promise<Message> {
    return this.amend(conversationId, userId, messageId, null);
  }

  private async amend(conversationId: string, userId: number, messageId: string, content: string | null) {
    const mentions = content === null ? undefined : await this.mentions.of(conversationId, userId, content);
    try {
      const amended = await this.log.amend(conversationId, userId, messageId, content, mentions);
      const { message, change, twin } = amended;
      if (change) this.announcer.announce(change);
      if (twin) this.announcer.announce(twin);
      if (change && mentions) void this.mentions.tell(message);
      return message;
    } catch (error) {
      return this.announcer.doubt(conversationId, error);
    }
  }

  /** A page for the member `actor`. The newest page counts as read unless `markRead` is false. */
  async page(conversationId: string, actor: Actor, query: PageQuery & { markRead: boolean }): Promise<Page> {
    await this.access.requireParticipant(conversationId, actor.userId);
    const page = await this.pages.read(conversationId, query);
    const { newestSeq } = page;
    const isNewest = (query.aroundSeq ?? query.afterSeq ?? query.beforeSeq) === undefined && !query.offset;
    if (query.markRead && isNewest && newestSeq !== undefined && !this.isRead(conversationId, actor, newestSeq))
      await this.markRead(conversationId, actor, newestSeq);
    return page;
  }

  /** Forgets the read positions. Call it when the database may have gone back in time. */
  forgetPositions(): void {
    this.readUpTo.clear();
  }

  private isRead(conversationId: string, { userId }: Actor, seq: number): boolean {
    return (this.readUpTo.get(positionKey(conversationId, userId)) ?? 0) >= seq;
  }

  /**
   * Moves the reader's position forward, to `seq` or the newest message. Announces it to their devices and the other members.
   * @param version the newest change that they have looked at
   */
  async markRead(conversationId: string, reader: Actor, seq: number | undefined, version?: number): Promise<void> {
    const position = await this.memberships.markRead(conversationId, reader.userId, seq, version);
    if (!position) return this.access.requireParticipant(conversationId, reader.userId);
    this.readUpTo.set(positionKey(conversationId, reader.userId), position.seq);
    if (!position.moved) return;
    const { userId: user_id, fullName: user_name } = reader;
    const where = { conversation_id: conversationId, seq: position.seq };
    this.bus.publish({
      kind: "read_position",
      conversationId,
      userId: user_id,
      frame: encode({ type: "read_position", ...where }),
    });
    if (position.participantCount > QUIET_ABOVE) return;
    this.bus.publish({
      kind: "ephemeral",
      conversationId,
      fromUserId: user_id,
      frame: encode({ type: "read", ...where, user_id, user_name }),
    });
  }
}
