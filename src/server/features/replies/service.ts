import type { MessageFields } from "../../../protocol/message-fields.ts";
import { Failure } from "../../base/failure.ts";
import type { Access } from "../../log/access.ts";
import type { Draft } from "../../log/append.ts";
import type { Quotes } from "../../log/quotes.ts";

/** Finds the messages that new ones answer. */
export class Replies {
  constructor(
    private readonly quotes: Pick<Quotes, "find" | "isSent">,
    private readonly access: Pick<Access, "requireParticipant">,
  ) {}

  /**
   * The fields of a message that answers another one.
   * @throws Failure when the sender is no member, or `reply_not_found` when the conversation has no such message
   */
  async fieldsOf(
    { conversationId, senderId, clientId }: Pick<Draft, "conversationId" | "senderId" | "clientId">,
    replyTo: string,
  ): Promise<MessageFields> {
    // An outsider must not learn which messages there are.
    await this.access.requireParticipant(conversationId, senderId);
    const quoted = await this.quotes.find(conversationId, replyTo);
    if (quoted) return { reply_to: quoted };
    // Retention may have removed the quoted message since the first attempt. A repeated send gets the first message back.
    if (clientId !== undefined && (await this.quotes.isSent(conversationId, senderId, clientId))) return {};
    throw new Failure("reply_not_found");
  }
}
