import { decide } from "../../../notify/decide.ts";
import { reasonTexts } from "../../../notify/reasons.ts";
import type { NotificationSettingsBody, NotificationsMe, WhyAnswer } from "../../../protocol/notifications.ts";
import { Failure } from "../../base/failure.ts";
import type { Access } from "../../log/access.ts";
import type { SocketPlaces } from "../../places/places.ts";
import type { OwnWrites } from "../me/own-writes.ts";
import type { NotificationsStore } from "./store.ts";

/** When and about what people are notified. */
export class Notifications {
  constructor(
    private readonly store: NotificationsStore,
    private readonly access: Pick<Access, "requireParticipant">,
    private readonly places: Pick<SocketPlaces, "online">,
    private readonly writes: OwnWrites,
  ) {}

  read(userId: number): Promise<NotificationsMe> {
    return this.store.read(userId);
  }

  async change(userId: number, body: NotificationSettingsBody): Promise<NotificationsMe> {
    return (await this.writes.run(userId, () => this.store.change(userId, body))).me;
  }

  /**
   * How the message would notify the user if it came now. The user who asks has read it and is looking at it. Neither says
   * why it did or did not notify them, so both are left out.
   */
  async why(userId: number, conversationId: string, messageId: string): Promise<WhyAnswer> {
    await this.access.requireParticipant(conversationId, userId);
    const found = await this.store.standing(userId, conversationId, messageId);
    if (!found) throw new Failure("message_not_found");
    const { message, isGroup, isThread, isFollowing, isMentioned, answeredId, level, mutedUntil, settings } = found;
    const { online } = await this.places.online([userId]);
    const decision = decide(
      {
        senderId: message.sender_id,
        seq: message.seq,
        content: message.content,
        isDeleted: message.deleted_at !== undefined,
        mentions: message.mentions,
        isReplyToYou: answeredId === userId,
      },
      {
        userId,
        kind: isThread ? "thread" : isGroup ? "group" : "direct",
        level,
        mutedUntil,
        readSeq: 0,
        isFollowing,
        wasHere: isMentioned,
      },
      settings,
      { isOnline: online.has(userId), isLooking: false },
      Date.now(),
    );
    return { ...decision, text: reasonTexts[decision.reason] };
  }
}
