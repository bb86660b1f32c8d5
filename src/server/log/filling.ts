import { EXCERPT_MAX } from "../../protocol/content.ts";
import type { Message } from "../../protocol/messages.ts";
import { labelOfFiles } from "../../text/files.ts";
import type { Mentioned } from "../../text/parsed.ts";
import { excerpt } from "../../text/plain.ts";
import { type Database, deadline } from "../platform/postgres/database.ts";
import type { Change, KnownChange } from "./changes.ts";
import { DELETED, type Name, Names, type NamesById } from "./names.ts";
import { Quotes } from "./quotes.ts";

/**
 * How long the answer to a commit waits for names and quotes, in ms. A message without its quote stays so on open pages,
 * so a slow database delays it rather. Clients wait longer than this for their acks.
 */
const COMMITTED_DEADLINE_MS = 3_000;

/**
 * Fills messages on their way out with what belongs to somebody else: the names of today, and the texts that they quote. A
 * rename or an edit so rewrites no other row. Every answer and every frame with messages that were read from rows MUST
 * pass here.
 */
export class Filling {
  readonly names: Names;
  readonly quotes: Quotes;

  constructor(db: Pick<Database, "query">) {
    this.names = new Names(db);
    this.quotes = new Quotes(db, (messages) => this.excerptsOf(messages));
  }

  /** The excerpts that quotes show of these messages, with the people whom they mention by the names of today. */
  async excerptsOf(messages: readonly Pick<Message, "content" | "files">[]): Promise<string[]> {
    const names = await this.names.of(new Set(messages.flatMap(({ content }) => mentionedIn(content))));
    const nameOf = (of: Mentioned) => (typeof of === "number" ? (names.get(of) ?? DELETED).name : of);
    return messages.map(({ content, files = [] }) =>
      content === "" ? labelOfFiles(files).slice(0, EXCERPT_MAX) : excerpt(content, EXCERPT_MAX, { nameOf }),
    );
  }

  /**
   * Fills these messages, which the caller has just read, and returns them.
   * @param changes of the messages: edits and deletions get their excerpts
   */
  async fill<M extends Message>(messages: M[], changes: readonly Change[] = []): Promise<M[]> {
    if (messages.length === 0) return messages;
    const amended = changes.filter((change) => isAmended(change));
    const excerpts = await this.excerptsOf(amended.map(({ message }) => message));
    for (const [i, change] of amended.entries()) change.excerpt = excerpts[i] ?? "";
    await this.quotes.fill(messages);
    const names = await this.names.of(peopleIn(messages));
    for (const message of messages) setNames(message, names);
    return messages;
  }

  /**
   * The same for messages that were just committed. Never rejects: a fault here must fail no send, so they go out as they are
   * stored then.
   * @param appended the append has read the names of their senders, and only quotes are missing
   */
  async fillCommitted(messages: Message[], appended: readonly Message[] = []): Promise<void> {
    const filling = Promise.all([this.fill(messages), this.fillQuotes(appended)]);
    await deadline(filling, COMMITTED_DEADLINE_MS).catch(() => {});
  }

  private async fillQuotes(messages: readonly Message[]): Promise<void> {
    if (messages.length === 0) return;
    await this.quotes.fill(messages);
    const shown = messages.flatMap(({ reply_to, mentions }) =>
      [reply_to?.sender_id ?? [], mentions?.user_ids ?? []].flat(),
    );
    const names = await this.names.of(new Set(shown));
    for (const message of messages) {
      setQuotedName(message, names);
      setMentionedNames(message, names);
    }
  }
}

/** An edit or a deletion, and no mark. */
const isAmended = (change: Change): change is KnownChange<"message_edited" | "message_deleted"> =>
  (change.kind === "message_edited" || change.kind === "message_deleted") && change.change === undefined;

/** The people whom a text may mention. Those in code are among them. */
const mentionedIn = (text: string) =>
  text.includes("<@") ? [...text.matchAll(/<@(\d{1,9})>/g)].map(([, id]) => Number(id)) : [];

/** The people whose names these messages show. */
export function peopleIn(messages: Iterable<Message>): Set<number> {
  const people = new Set<number>();
  for (const { sender_id, reply_to: quote, mentions } of messages) {
    people.add(sender_id);
    for (const userId of mentions?.user_ids ?? []) people.add(userId);
    if (quote?.sender_id !== undefined) people.add(quote.sender_id);
  }
  return people;
}

export function setNames(message: Message, names: NamesById): void {
  const sender: Name | undefined = names.get(message.sender_id);
  if (sender) {
    message.sender_name = sender.name;
    message.sender_email = sender.email;
  }
  setQuotedName(message, names);
  setMentionedNames(message, names);
}

function setMentionedNames(message: Message, names: NamesById): void {
  const { mentions } = message;
  if (mentions) message.mentions = { ...mentions, names: mentions.user_ids.map((id) => names.get(id)?.name ?? "") };
}

function setQuotedName(message: Message, names: NamesById): void {
  const { reply_to: quote } = message;
  const quoted = quote?.sender_id === undefined ? undefined : names.get(quote.sender_id);
  if (quote && quoted) message.reply_to = { ...quote, sender_name: quoted.name };
}
