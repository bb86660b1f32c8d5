import type { Logger } from "../../base/logger.ts";
import type { Conversations } from "../conversations/service.ts";

/** Adds new accounts to the group that admins chose for everybody. */
export class Newcomers {
  constructor(
    private readonly settings: { readonly defaultConversationId: string | null },
    private readonly conversations: Pick<Conversations, "admit">,
    private readonly logger: Logger,
  ) {}

  /**
   * Call it after the account is made. Call it again at the first login, in case of a crash in between. Never rejects:
   * the account exists with or without the group.
   */
  async welcome(userId: number): Promise<void> {
    const conversationId = this.settings.defaultConversationId;
    if (conversationId === null) return;
    await this.conversations.admit(conversationId, userId).catch((error: unknown) => {
      const details = { err: error, user_id: userId, conversation_id: conversationId };
      this.logger.warn(details, "a new account could not join the group for everybody");
    });
  }
}
