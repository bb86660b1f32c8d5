import type { AdminConversation } from "../../../protocol/admin.ts";
import type { Message } from "../../../protocol/messages.ts";
import { Failure } from "../../base/failure.ts";
import type { Jobs } from "../../jobs/jobs.ts";
import type { Announcer } from "../../log/announcer.ts";
import type { Filling } from "../../log/filling.ts";
import type { PageQuery } from "../../log/log.ts";
import type { Page, Pages } from "../../log/pages.ts";
import type { Admin } from "../audit/entry.ts";
import type { AdminConversationsStore, ConversationsQuery } from "./conversations-store.ts";

interface Parts {
  store: AdminConversationsStore;
  filling: Pick<Filling, "fill">;
  jobs: Pick<Jobs, "wake">;
  pages: Pages;
  announcer: Announcer;
}

/**
 * The acts of superusers on conversations. The routes check that the caller is a superuser. Each call that changes
 * something checks again.
 */
export class AdminConversations {
  constructor(private readonly parts: Parts) {}

  list(query: ConversationsQuery) {
    return this.parts.store.list(query);
  }

  async detail(id: string): Promise<AdminConversation> {
    const conversation = await this.parts.store.detail(id);
    if (!conversation) throw new Failure("conversation_not_found");
    return conversation;
  }

  participants(id: string, page: { after: number; limit: number }) {
    return this.parts.store.participants(id, page);
  }

  /** A page of messages. The reading is written down before anything is shown, and no read position moves. */
  async readMessages(by: Admin, id: string, query: PageQuery): Promise<Page> {
    const { pages, store } = this.parts;
    const page = await pages.read(id, query);
    const count = page.messages.length;
    const last_seq = page.newestSeq ?? 0;
    // `seq` is dense.
    const first_seq = count === 0 ? 0 : last_seq - count + 1;
    await store.noteReading(by, id, { count, first_seq, last_seq });
    return page;
  }

  /** Deletes a message of any sender and leaves a tombstone. */
  async deleteMessage(by: Admin, conversationId: string, messageId: string): Promise<Message> {
    const { store, announcer } = this.parts;
    try {
      const { message, change, twin } = await store.removeMessage(by, conversationId, messageId);
      await this.parts.filling.fill(
        [message],
        [change, twin].flatMap((one) => one ?? []),
      );
      if (change) announcer.announce(change);
      if (twin) announcer.announce(twin);
      return message;
    } catch (error) {
      return announcer.doubt(conversationId, error);
    }
  }

  /** Removes a conversation and everything in it: for everybody, on every node, for good. */
  async remove(by: Admin, id: string): Promise<void> {
    const { store, jobs, announcer } = this.parts;
    try {
      await store.remove(by, id);
    } catch (error) {
      announcer.doubt(id, error, true);
    }
    announcer.announceRemoval(id);
    // A job erases the messages and changes.
    jobs.wake();
  }
}
