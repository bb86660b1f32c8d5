import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import { z } from "zod";
import type { Preview } from "../../../protocol/previews.ts";
import { Failure } from "../../base/failure.ts";
import type { Logger } from "../../base/logger.ts";
import { jobKind } from "../../jobs/jobs.ts";
import type { Marks } from "../../log/marks.ts";
import { OutsideError } from "../../platform/outbound/error.ts";
import type { FetchOutside } from "../../platform/outbound/fetch-outside.ts";
import { addressesIn } from "./addresses.ts";
import { pageOf } from "./page.ts";
import type { Previewed, PreviewsStore } from "./store.ts";

/** A page may take this long, in ms: less than the lease of a job. */
const FETCH_MS = 6_000;
const PAGE_BYTES_MAX = 512 * 1024;
/** A host that does not answer is left alone for this long. */
const DEAD_MS = 10 * 60_000;
const DEAD_MOST = 1_000;
/** The faults by which a host is dead. */
const DEADLY = new Set(["unknown_host", "unreachable", "bad_certificate", "timeout"]);

const HEADERS = { accept: "text/html,application/xhtml+xml", "user-agent": "Confab (link previews)" };

/** Fetches what the addresses in messages lead to, and shows it below the messages. */
export class Previews {
  private readonly dead = new LRUCache<string, true>({ max: DEAD_MOST, ttl: DEAD_MS });

  constructor(
    private readonly parts: {
      store: PreviewsStore;
      marks: Pick<Marks, "set">;
      fetchOutside: FetchOutside;
      /** The host of this server. */
      ownHost: string | undefined;
      logger: Logger;
    },
  ) {}

  /** Removes the previews of a message for good. */
  remove(conversationId: string, userId: number, messageId: string) {
    return this.parts.marks.set({ conversationId, userId, messageId, kind: "preview", value: { previews: [] } });
  }

  /** Sets the previews of a message to those of its text. They are a state, so a repeat changes nothing. */
  async set(messageId: string): Promise<void> {
    const { store, marks, ownHost } = this.parts;
    const message = await store.message(messageId);
    // An empty list is one that a person has removed.
    if (!message || message.isDeleted || message.previews?.length === 0) return;
    const urls = addressesIn(message.content, ownHost);
    const found = await Promise.all(urls.map((url) => this.of(url, message)));
    const previews = found.filter((preview) => preview !== undefined);
    if (previews.length === 0 && message.previews === undefined) return;
    const value = {
      previews: previews.length === 0 ? null : previews,
      digest: createHash("md5").update(message.content).digest("hex"),
    };
    try {
      const { conversationId } = message;
      await marks.set({ conversationId, userId: null, messageId, kind: "preview", value });
    } catch (error) {
      // The message or its conversation went meanwhile.
      if (!(error instanceof Failure) || error.status >= 500) throw error;
    }
  }

  private async of(url: string, message: Previewed): Promise<Preview | undefined> {
    const { store, fetchOutside, logger } = this.parts;
    const known = await store.known(url);
    if (known !== undefined) return known ? { url, ...known } : undefined;
    const host = URL.parse(url)?.host ?? "";
    // A host that is away for a while does not take the preview of an edited message along.
    const before = message.previews?.find((preview) => preview.url === url);
    if (this.dead.has(host)) return before;
    try {
      const request = { headers: HEADERS, maxBytes: PAGE_BYTES_MAX, timeoutMs: FETCH_MS };
      const page = (await pageOf(await fetchOutside(url, request))) ?? null;
      await store.keep(url, page);
      return page ? { url, ...page } : undefined;
    } catch (error) {
      if (!(error instanceof OutsideError)) throw error;
      logger.debug({ err: error, host }, "an address has no preview");
      if (DEADLY.has(error.fault)) this.dead.set(host, true);
      await store.keep(url, null);
      return before;
    }
  }
}

/** The step of the jobs that set previews. */
export const setPreviewsOf = (previews: Pick<Previews, "set">) =>
  jobKind(z.object({ message_id: z.string() }), async ({ message_id }) => {
    await previews.set(message_id);
    return "done";
  });
