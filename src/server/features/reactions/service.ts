import type { Message } from "../../../protocol/messages.ts";
import type { OwnReactions, ReactedPage } from "../../../protocol/reactions.ts";
import type { Limiter } from "../../limits/limits.ts";
import type { Access } from "../../log/access.ts";
import type { Marks } from "../../log/marks.ts";
import { readEmoji } from "./emoji.ts";
import { placeOf, textOf } from "./places.ts";
import type { MineQuery, ReactedQuery, ReactionsStore } from "./store.ts";

export interface Reaction {
  conversationId: string;
  userId: number;
  messageId: string;
  /** As the client has sent it. */
  emoji: string;
  on: boolean;
}

/** Sets and shows reactions, whether they come by socket or by HTTP. */
export class Reactions {
  constructor(
    private readonly store: Pick<ReactionsStore, "reacted" | "mine">,
    private readonly marks: Pick<Marks, "set">,
    private readonly access: Pick<Access, "requireParticipant">,
    private readonly limiter: Limiter | undefined,
  ) {}

  /**
   * Sets a reaction or takes it back; resolves when that is durable. A repeat changes nothing.
   * @returns the message as it is now, and the version of the conversation
   * @throws Failure `not_an_emoji`, `throttled`, or one of `confab_mark`
   */
  async set({ emoji: sent, on, ...place }: Reaction): Promise<{ message: Message; version: number }> {
    const emoji = readEmoji(sent);
    // Before the mark, so that a person who clicks without end costs no write.
    await this.limiter?.hit(String(place.userId));
    return this.marks.set({ ...place, kind: "reaction", value: { emoji, on } });
  }

  /** A page of the people who have reacted to a message. */
  async reacted(
    userId: number,
    conversationId: string,
    messageId: string,
    { emoji, after, limit }: { emoji: string | undefined; after: string | undefined; limit: number },
  ): Promise<ReactedPage> {
    const query: ReactedQuery = {
      emoji: emoji === undefined ? undefined : readEmoji(emoji),
      after: after === undefined ? undefined : placeOf(after),
      limit,
    };
    await this.access.requireParticipant(conversationId, userId);
    const { people, next } = await this.store.reacted(conversationId, messageId, query);
    return { people, next_after: next ? textOf(next) : null };
  }

  /** The user's own reactions to the messages of a range. */
  async mine(userId: number, conversationId: string, query: MineQuery): Promise<OwnReactions> {
    await this.access.requireParticipant(conversationId, userId);
    return this.store.mine(conversationId, userId, query);
  }
}
