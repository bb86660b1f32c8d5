import { LRUCache } from "lru-cache";
import type { Head, MessageLog, MessageWindow, PageQuery } from "./ports.ts";

/** What is kept at hand of all pages together, and what one takes beside its text. */
const KEPT_BYTES = 32 * 1024 * 1024;
const PAGE_BYTES = 1_024;
/** A log that was put back (a restored backup) may come to the same version anew, with other messages: bounds for how long. */
const KEPT_MS = 10_000;

/** One page, oldest first, its messages in the form in which they go out: as JSON, written once. */
export interface Page {
  messages: readonly string[];
  newestSeq: number | undefined;
  /** How many messages retention has left. */
  total: number;
}

interface KeptPage extends Page {
  /** Where the conversation stood. */
  at: Head;
}

/**
 * Pages of conversations. The head is asked of the log each time; at one head a page is always the same, so it comes
 * from this node's memory, from the window, or from the log, whichever has it as it is at that head.
 */
export class Pages {
  private readonly kept = new LRUCache<string, KeptPage>({
    maxSize: KEPT_BYTES,
    ttl: KEPT_MS,
    sizeCalculation: ({ messages }, key) =>
      messages.reduce((bytes, message) => bytes + Buffer.byteLength(message), PAGE_BYTES + key.length),
  });
  private readonly reads = new Map<string, Promise<KeptPage>>();

  constructor(
    private readonly log: MessageLog,
    private readonly window: MessageWindow | undefined,
  ) {}

  /** As the page is at some moment after the call. */
  async read(conversationId: string, query: PageQuery): Promise<Page> {
    const head = await this.log.head(conversationId);
    if (!head) return { messages: [], newestSeq: undefined, total: 0 };
    const { limit, offset = 0, beforeSeq = "", afterSeq = "" } = query;
    const key = `${conversationId} ${limit} ${offset} ${beforeSeq} ${afterSeq}`;
    const kept = this.kept.get(key);
    if (kept && kept.at.lastVersion === head.lastVersion && kept.at.prunedSeq === head.prunedSeq) return kept;
    return this.share(`${key} ${head.lastVersion} ${head.prunedSeq}`, async () => {
      const page = (await this.fromWindow(conversationId, head, query)) ?? (await this.fromLog(conversationId, query));
      this.kept.set(key, page);
      return page;
    });
  }

  /** Many ask for the newest page of a conversation that has just moved: one of them reads it. */
  private share(key: string, read: () => Promise<KeptPage>): Promise<KeptPage> {
    const under = this.reads.get(key);
    if (under) return under;
    const reading = read().finally(() => this.reads.delete(key));
    this.reads.set(key, reading);
    return reading;
  }

  private async fromWindow(conversationId: string, head: Head, query: PageQuery): Promise<KeptPage | undefined> {
    if (!this.window || query.afterSeq !== undefined) return undefined;
    const { lastSeq, prunedSeq } = head;
    const { beforeSeq, offset = 0 } = query;
    const last = Math.min(lastSeq, beforeSeq === undefined ? lastSeq - offset : beforeSeq - 1);
    const first = Math.max(prunedSeq + 1, last - query.limit + 1);
    if (last < first) return { at: head, messages: [], newestSeq: undefined, total: totalOf(head) };
    const messages = await this.window.page(conversationId, head, first, last);
    return messages && { at: head, messages, newestSeq: last, total: totalOf(head) };
  }

  /** Where the window has no newest page that is fresh, it gets this one. */
  private async fromLog(conversationId: string, query: PageQuery): Promise<KeptPage> {
    const { messages, head } = await this.log.page(conversationId, query);
    const newestSeq = messages.at(-1)?.seq;
    if (newestSeq !== undefined && newestSeq === head.lastSeq) this.window?.refill(conversationId, head, messages);
    return { at: head, messages: messages.map((message) => JSON.stringify(message)), newestSeq, total: totalOf(head) };
  }
}

const totalOf = ({ lastSeq, prunedSeq }: Head) => lastSeq - prunedSeq;
