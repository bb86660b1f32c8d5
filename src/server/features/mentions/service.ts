import type { ConversationSummary } from "../../../protocol/conversations.ts";
import { MENTIONED_MAX, type Mentions as MentionsField } from "../../../protocol/mentions.ts";
import type { Message } from "../../../protocol/messages.ts";
import { mayMention, mentionsOf } from "../../../text/mentions.ts";
import { Failure } from "../../base/failure.ts";
import type { Logger } from "../../base/logger.ts";
import type { Bus } from "../../bus/bus.ts";
import type { SocketPlaces } from "../../places/places.ts";
import { may } from "../../rights/may.ts";
import type { MentionsCursor, MentionsStore } from "./store.ts";

/** The mentions of a message, as `confab_write_mentions` takes them. */
export type WrittenMentions = MentionsField & {
  /** The people who are online, for the scope `here`. */
  here?: number[];
};

interface Parts {
  store: MentionsStore;
  places: Pick<SocketPlaces, "online">;
  /** Those of these conversations in which the user is a member. */
  summariesOf(userId: number, ids: readonly string[]): Promise<Map<string, ConversationSummary>>;
  bus: Pick<Bus, "publish">;
  logger: Logger;
}

export class Mentions {
  constructor(private readonly parts: Parts) {}

  /**
   * The people whom a text mentions. `undefined`, at once, for a text that can't mention anybody. Other texts are looked up.
   * A mention of somebody who is no member is text.
   */
  of(conversationId: string, senderId: number, text: string): Promise<WrittenMentions | undefined> | undefined {
    return mayMention(text) ? this.lookUp(conversationId, senderId, text) : undefined;
  }

  private async lookUp(conversationId: string, senderId: number, text: string) {
    const found = mentionsOf(text);
    if (found.userIds.length === 0 && !found.scope) return undefined;
    const audience = await this.parts.store.audience(conversationId, senderId, found.userIds);
    // The log refuses it, with the right failure.
    if (!audience?.role) return undefined;
    const user_ids = audience.memberIds.slice(0, MENTIONED_MAX);
    // Two people need no word for both of them.
    const scope = audience.isGroup ? found.scope : undefined;
    if (user_ids.length === 0 && !scope) return undefined;
    if (!scope) return { user_ids };
    if (!may(audience.role, "mention_all")) throw new Failure("may_not_mention_all");
    if (scope === "all") return { user_ids, scope };
    const { online } = await this.parts.places.online(await this.parts.store.memberIds(conversationId));
    return { user_ids, scope, here: [...online] };
  }

  /**
   * Tells the mentioned people on all their devices, after the commit. Their counts do not depend on it. Never rejects.
   */
  async tell(message: Message): Promise<void> {
    if (!message.mentions || message.deleted_at !== undefined) return;
    const { store, bus, logger } = this.parts;
    try {
      for (const userId of await store.writeEntries(message)) bus.publish({ kind: "me", userId });
    } catch (error) {
      logger.warn({ err: error, message_id: message.id }, "can't put a mention into the streams of its people");
    }
  }

  /** A page of the messages that mention the user, newest first, with their conversations. */
  async list(
    userId: number,
    query: { before: MentionsCursor | undefined; limit: number; conversationId: string | undefined; unread: boolean },
  ): Promise<{ mentions: { message: Message; conversation: ConversationSummary }[]; next: MentionsCursor | null }> {
    const messages = await this.parts.store.list(userId, query);
    const ids = [...new Set(messages.map((message) => message.conversation_id))];
    const conversations = await this.parts.summariesOf(userId, ids);
    const mentions = messages.flatMap((message) => {
      const conversation = conversations.get(message.conversation_id);
      return conversation ? [{ message, conversation }] : [];
    });
    const last = messages.length === query.limit ? messages.at(-1) : undefined;
    const next = last ? { ms: Date.parse(last.created_at), conversationId: last.conversation_id, seq: last.seq } : null;
    return { mentions, next };
  }
}
