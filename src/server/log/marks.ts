import type { Message } from "../../protocol/messages.ts";
import type { Announcer } from "./announcer.ts";
import type { MessageLog } from "./log.ts";
import type { Mark } from "./mark.ts";

/** Sets marks on messages, and announces them. */
export class Marks {
  constructor(
    private readonly log: Pick<MessageLog, "mark">,
    private readonly announcer: Announcer,
  ) {}

  /**
   * Sets a mark; resolves to the message when it is durable. A mark that is set already changes nothing. `confab_mark` checks
   * the membership under the conversation's lock. MUST enqueue before it returns, so that the marks of one socket keep
   * their order.
   */
  async set(mark: Mark): Promise<{ message: Message; version: number }> {
    try {
      const { message, change, lastVersion, lastSeq } = await this.log.mark(mark);
      if (change) this.announcer.announce(change);
      // The answer of an earlier attempt may have been lost, and its announcement with it.
      else this.announcer.remind(mark.conversationId, lastVersion, lastSeq);
      return { message, version: lastVersion };
    } catch (error) {
      return this.announcer.doubt(mark.conversationId, error);
    }
  }
}
