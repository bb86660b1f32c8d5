import { LRUCache } from "lru-cache";
import type { EncodedPage } from "../../protocol/messages.ts";
import { Failure } from "../base/failure.ts";
import type { Head } from "./head.ts";
import type { MessageLog, PageQuery } from "./log.ts";
import type { MessageWindow } from "./window.ts";

/** The size of all cached pages together, and what a page takes beside its text. */
const KEPT_BYTES = 32 * 1024 * 1024;
const PAGE_BYTES = 1_024;
const KEPT_MS = 10_000;

/** One page, oldest first. Its messages are JSON, written once for all readers. */
export interface Page extends EncodedPage {
  newestSeq: number | undefined;
}

/**
 * Pages of conversations. Each read asks the log for the head. At one head a page is always the same. So it comes from
 * this node's cache, the window or the log: the first of them that has it at that head. Version and tag together
 * identify a head: a database that has gone back in time reaches the same version again, with other messages.
 */
export class Pages {
  private readonly kept = new LRUCache<string, Page>({
    maxSize: KEPT_BYTES,
    ttl: KEPT_MS,
    sizeCalculation: ({ messages }, key) =>
      messages.reduce((bytes, message) => bytes + Buffer.byteLength(message), PAGE_BYTES + key.length),
  });
  private readonly reads = new Map<string, Promise<Page>>();

  constructor(
    private readonly log: MessageLog,
    private readonly window: MessageWindow | undefined,
  ) {}

  /**
   * The page as it is at some moment after the call.
   * @throws Failure `conversation_not_found`
   */
  async read(conversationId: string, query: PageQuery): Promise<Page> {
    const head = await this.log.head(conversationId);
    if (!head) throw new Failure("conversation_not_found");
    const { limit, offset = 0, beforeSeq = "", afterSeq = "" } = query;
    const key = `${conversationId} ${limit} ${offset} ${beforeSeq} ${afterSeq}`;
    const kept = this.kept.get(key);
    if (kept && isAt(kept, head)) return kept;
    return this.share(`${key} ${head.lastVersion} ${head.tag} ${head.prunedSeq} ${head.epoch}`, async () => {
      const page = (await this.fromWindow(conversationId, head, query)) ?? (await this.fromLog(conversationId, query));
      this.kept.set(key, page);
      return page;
    });
  }

  /** Forgets all pages. Call it when the database may have gone back in time. */
  clear(): void {
    this.kept.clear();
  }

  /** Many people ask for the newest page when a conversation has just changed. One read serves them all. */
  private share(key: string, read: () => Promise<Page>): Promise<Page> {
    const under = this.reads.get(key);
    if (under) return under;
    const reading = read().finally(() => this.reads.delete(key));
    this.reads.set(key, reading);
    return reading;
  }

  private async fromWindow(conversationId: string, head: Head, query: PageQuery): Promise<Page | undefined> {
    if (!this.window || query.afterSeq !== undefined) return undefined;
    const { lastSeq, prunedSeq } = head;
    const { beforeSeq, offset = 0 } = query;
    const last = Math.min(lastSeq, beforeSeq === undefined ? lastSeq - offset : beforeSeq - 1);
    const first = Math.max(prunedSeq + 1, last - query.limit + 1);
    if (last < first) return pageOf(head, [], undefined);
    const messages = await this.window.page(conversationId, head, first, last);
    return messages && pageOf(head, messages, last);
  }

  /** Reads the page, and gives it to the window when it is the newest page. */
  private async fromLog(conversationId: string, query: PageQuery): Promise<Page> {
    const { messages, head } = await this.log.page(conversationId, query);
    const newestSeq = messages.at(-1)?.seq;
    if (newestSeq !== undefined && newestSeq === head.lastSeq) this.window?.refill(conversationId, head, messages);
    return pageOf(
      head,
      messages.map((message) => JSON.stringify(message)),
      newestSeq,
    );
  }
}

const pageOf = (head: Head, messages: readonly string[], newestSeq: number | undefined): Page => ({
  messages,
  newestSeq,
  total: head.lastSeq - head.prunedSeq,
  at: { last_version: head.lastVersion, tag: head.tag, pruned_seq: head.prunedSeq, epoch: head.epoch },
});

const isAt = ({ at }: Page, head: Head) =>
  at.last_version === head.lastVersion &&
  at.tag === head.tag &&
  at.pruned_seq === head.prunedSeq &&
  at.epoch === head.epoch;
