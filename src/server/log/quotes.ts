import type { Message } from "../../protocol/messages.ts";
import type { Quote } from "../../protocol/replies.ts";
import type { Database } from "../platform/postgres/database.ts";

/** The part of a quote that the database has, and the conversation that it is in. */
interface Place {
  conversationId: string;
  seq: number;
}

interface QuotedRow {
  n: number;
  id: string;
  sender_id: number;
  content: string;
  files: Message["files"] | null;
  is_deleted: boolean;
}

type Quoted = QuotedRow & { excerpt: string };

const keyOf = ({ conversationId, seq }: Place) => `${conversationId} ${seq}`;

/** Reads the messages that others quote. */
export class Quotes {
  /** @param excerptsOf makes the excerpts of messages */
  constructor(
    private readonly db: Pick<Database, "query">,
    private readonly excerptsOf: (messages: readonly Pick<Message, "content" | "files">[]) => Promise<string[]>,
  ) {}

  /** The place of a message; `undefined` when the conversation has no such message. */
  async find(conversationId: string, messageId: string): Promise<Pick<Quote, "id" | "seq"> | undefined> {
    const [row] = await this.db.query<{ id: string; seq: number }>(
      "SELECT id, seq FROM messages WHERE id = $1 AND conversation_id = $2",
      [messageId, conversationId],
    );
    return row;
  }

  /** Whether this user has sent a message with this `client_id` to the conversation. */
  async isSent(conversationId: string, senderId: number, clientId: string): Promise<boolean> {
    const rows = await this.db.query<{ seq: number }>(
      "SELECT seq FROM messages WHERE conversation_id = $1 AND sender_id = $2 AND client_id = $3",
      [conversationId, senderId, clientId],
    );
    return rows.length > 0;
  }

  /** Sets the quotes of these messages to the quoted messages as they are now. Names are still missing. */
  async fill(messages: readonly Message[]): Promise<void> {
    const replies = messages.flatMap((message) => {
      const { reply_to: quote, conversation_id: conversationId } = message;
      return quote ? [{ message, quote, place: { conversationId, seq: quote.seq } }] : [];
    });
    if (replies.length === 0) return;
    const places = new Map(replies.map(({ place }) => [keyOf(place), place]));
    const found = await this.read([...places.values()]);
    for (const { message, quote, place } of replies) message.reply_to = quoteOf(quote, found.get(keyOf(place)));
  }

  private async read(places: readonly Place[]): Promise<Map<string, Quoted>> {
    const rows = await this.db.query<QuotedRow>(QUOTED, [
      places.map(({ conversationId }) => conversationId),
      places.map(({ seq }) => seq),
    ]);
    const excerpts = await this.excerptsOf(rows.map(({ content, files }) => ({ content, files: files ?? undefined })));
    return new Map(
      rows.flatMap((row, i) => {
        const place = places[row.n - 1];
        return place ? [[keyOf(place), { ...row, excerpt: excerpts[i] ?? "" }] as const] : [];
      }),
    );
  }
}

/** A message with another id is of another history: a restored database uses a `seq` again. */
function quoteOf({ id, seq }: Quote, row: Quoted | undefined): Quote {
  if (row?.id !== id) return { id, seq, excerpt: "", deleted: true };
  const { sender_id, excerpt, is_deleted } = row;
  const quote: Quote = { id, seq, sender_id, sender_name: "", excerpt };
  if (is_deleted) quote.deleted = true;
  return quote;
}

const QUOTED = `SELECT asked.n::int AS n, m.id, m.sender_id, m.content, m.deleted_at IS NOT NULL AS is_deleted,
    CASE WHEN m.content = '' THEN m.fields -> 'files' END AS files
  FROM unnest($1::uuid[], $2::bigint[]) WITH ORDINALITY AS asked (conversation_id, seq, n)
  CROSS JOIN LATERAL (
    SELECT * FROM messages WHERE conversation_id = asked.conversation_id AND seq = asked.seq OFFSET 0
  ) m`;
