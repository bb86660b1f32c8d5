import { LRUCache } from "lru-cache";
import type { EncodedPage } from "../../protocol/messages.ts";
import { Failure } from "../base/failure.ts";
import type { Filling } from "./filling.ts";
import type { Head } from "./head.ts";
import { lineOf, peopleInLines, type StoredLine } from "./lines.ts";
import { type MessageLog, type PageQuery, startAround } from "./log.ts";
import { isReply, parsed, peopleInTexts, withNames } from "./texts.ts";
import type { MessageWindow } from "./window.ts";

/** The size of all cached pages together, and what a page takes beside its text. */
const KEPT_BYTES = 32 * 1024 * 1024;
const PAGE_BYTES = 1_024;
const KEPT_MS = 10_000;

/** One page, oldest first. Its messages are JSON, written once for all readers. */
export interface Page extends EncodedPage {
  newestSeq: number | undefined;
}

/** A page with the names that it shows. */
interface KeptPage {
  page: Page;
  lines: readonly StoredLine[];
  people: ReadonlySet<number>;
  /** The state of the names in the page (Names.state). A rename moves no head, so the names are set anew then. */
  names: object;
}

/**
 * Pages of conversations. Each read asks the log for the head. At one head a page is always the same, but for names. So it
 * comes from this node's cache, the window or the log: the first of them that has it at that head. Version and tag together
 * identify a head: a database that has gone back in time reaches the same version again, with other messages.
 */
export class Pages {
  private readonly kept = new LRUCache<string, KeptPage>({
    maxSize: KEPT_BYTES,
    ttl: KEPT_MS,
    // A page that was asked for over HTTP is there as texts and as the bytes of the answer.
    sizeCalculation: ({ page: { messages, lines } }, key) =>
      [...messages, ...lines].reduce((bytes, text) => bytes + 2 * Buffer.byteLength(text), PAGE_BYTES + key.length),
  });
  private readonly reads = new Map<string, Promise<KeptPage>>();
  private readonly filling: Filling;

  constructor(
    private readonly log: MessageLog,
    private readonly window: MessageWindow | undefined,
  ) {
    this.filling = log.filling;
  }

  /**
   * The page as it is at some moment after the call.
   * @throws Failure `conversation_not_found`
   */
  async read(conversationId: string, query: PageQuery): Promise<Page> {
    const head = await this.log.head(conversationId);
    if (!head) throw new Failure("conversation_not_found");
    const { limit, offset = 0, beforeSeq = "", afterSeq = "", aroundSeq = "" } = query;
    const key = `${conversationId} ${limit} ${offset} ${beforeSeq} ${afterSeq} ${aroundSeq}`;
    const kept = this.kept.get(key);
    if (kept && isAt(kept.page, head)) return this.today(kept);
    const found = await this.share(
      `${key} ${head.lastVersion} ${head.tag} ${head.prunedSeq} ${head.epoch}`,
      async () => {
        const page =
          (await this.fromWindow(conversationId, head, query)) ?? (await this.fromLog(conversationId, query));
        this.kept.set(key, page);
        return page;
      },
    );
    return this.today(found);
  }

  /** Forgets all pages. Call it when the database may have gone back in time. */
  clear(): void {
    this.kept.clear();
  }

  /** The page with the names of today. */
  private async today(kept: KeptPage): Promise<Page> {
    const { names } = this.filling;
    const { state } = names;
    if (kept.names === state) return kept.page;
    const found = await names.of(kept.people);
    const { page } = kept;
    kept.page = {
      ...page,
      messages: page.messages.map((text) => withNames(text, found)),
      lines: kept.lines.map((line) => JSON.stringify(lineOf(line, found))),
    };
    kept.names = state;
    return kept.page;
  }

  /** Many people ask for the newest page when a conversation has just changed. One read serves them all. */
  private share(key: string, read: () => Promise<KeptPage>): Promise<KeptPage> {
    const under = this.reads.get(key);
    if (under) return under;
    const reading = read().finally(() => this.reads.delete(key));
    this.reads.set(key, reading);
    return reading;
  }

  private async fromWindow(conversationId: string, head: Head, query: PageQuery): Promise<KeptPage | undefined> {
    if (!this.window) return undefined;
    const { first, last } = rangeOf(head, query);
    if (last < first) return this.pageOf(conversationId, head, [], undefined);
    const messages = await this.window.page(conversationId, head, first, last);
    return messages && this.pageOf(conversationId, head, await this.quotedAnew(messages), last);
  }

  /**
   * A window is as fresh as the messages of its conversation. But retention removes a quoted message without a change, and a
   * node of an older release writes quotes without their text.
   */
  private async quotedAnew(texts: string[]): Promise<string[]> {
    const replies = new Map(texts.flatMap((text, i) => (isReply(text) ? [[i, parsed(text)] as const] : [])));
    await this.filling.quotes.fill([...replies.values()]);
    return texts.map((text, i) => (replies.has(i) ? JSON.stringify(replies.get(i)) : text));
  }

  /** Reads the page, and gives it to the window when it is the newest page. */
  private async fromLog(conversationId: string, query: PageQuery): Promise<KeptPage> {
    const { messages, head } = await this.log.page(conversationId, query);
    const newestSeq = messages.at(-1)?.seq;
    if (newestSeq !== undefined && newestSeq === head.lastSeq) this.window?.refill(conversationId, head, messages);
    const texts = messages.map((message) => JSON.stringify(message));
    return this.pageOf(conversationId, head, texts, newestSeq);
  }

  private async pageOf(
    conversationId: string,
    head: Head,
    messages: readonly string[],
    newestSeq: number | undefined,
  ): Promise<KeptPage> {
    // An empty page has no place for lines, unless it is the whole conversation.
    const last = newestSeq ?? head.lastSeq;
    const isPlaced = messages.length > 0 || head.lastSeq === head.prunedSeq;
    const { lines, isCut } = isPlaced
      ? await this.log.lines(conversationId, head, last - messages.length + 1, last)
      : NO_LINES;
    const page: Page = {
      messages,
      lines: [],
      linesCut: isCut,
      newestSeq,
      total: head.lastSeq - head.prunedSeq,
      at: { last_version: head.lastVersion, tag: head.tag, pruned_seq: head.prunedSeq, epoch: head.epoch },
    };
    return { page, lines, people: new Set([...peopleInTexts(messages), ...peopleInLines(lines)]), names: UNNAMED };
  }
}

const NO_LINES = { lines: [], isCut: false };
/** Not the state of any names. */
const UNNAMED = {};

/** The messages of a page, as `MessageLog.page` finds them. */
function rangeOf({ lastSeq, prunedSeq }: Head, { limit, offset = 0, beforeSeq, afterSeq, aroundSeq }: PageQuery) {
  const oldest = prunedSeq + 1;
  const from = (first: number) => ({ first, last: Math.min(lastSeq, first + limit - 1) });
  if (aroundSeq !== undefined)
    return from(Math.max(oldest, Math.min(startAround(aroundSeq, limit), lastSeq - limit + 1)));
  if (afterSeq !== undefined) return from(Math.max(oldest, afterSeq + 1));
  const last = Math.min(lastSeq, beforeSeq === undefined ? lastSeq - offset : beforeSeq - 1);
  return { first: Math.max(oldest, last - limit + 1), last };
}

const isAt = ({ at }: Page, head: Head) =>
  at.last_version === head.lastVersion &&
  at.tag === head.tag &&
  at.pruned_seq === head.prunedSeq &&
  at.epoch === head.epoch;
