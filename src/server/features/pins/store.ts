import type { Message } from "../../../protocol/messages.ts";
import type { Filling } from "../../log/filling.ts";
import { MESSAGE_COLUMNS, type MessageRow, messageOf } from "../../log/rows.ts";
import type { Database } from "../../platform/postgres/database.ts";

/** Reads pins. `confab_mark` writes them. */
export class PinsStore {
  constructor(
    private readonly db: Database,
    private readonly filling: Filling,
  ) {}

  async pinned(conversationId: string): Promise<Message[]> {
    const rows = await this.db.query<MessageRow>(
      `SELECT ${MESSAGE_COLUMNS} FROM (SELECT * FROM pins WHERE conversation_id = $1) p
       CROSS JOIN LATERAL (
         SELECT * FROM messages WHERE conversation_id = p.conversation_id AND seq = p.message_seq OFFSET 0
       ) m
       ORDER BY p.at DESC, p.message_seq DESC`,
      [conversationId],
    );
    return this.filling.fill(rows.map(messageOf));
  }
}
