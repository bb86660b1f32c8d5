import { later } from "../base/platform.ts";
import type { LiveConversation } from "../parts/conversation.ts";
import type { Summary } from "../parts/frames.ts";
import { jitter } from "../transport/reconnect-policy.ts";

/** A recount waits this long. By then the server knows what was read on this device. */
const RECOUNT_AFTER_MS = 1_000;

const unreadIn = (conversations: LiveConversation[]) =>
  conversations.reduce((sum, one) => sum + (one.goneReason || one.isHidden ? 0 : one.unread), 0);

/**
 * Counts the unread messages of all conversations: those of known conversations here, and those of all others on the server.
 * @param known all conversations that the client knows
 * @param requestCount reads a page of the list, and so the server's count
 */
export function createUnreadTotal(known: () => LiveConversation[], requestCount: () => void) {
  /** The conversations whose unread messages are counted here. All others have `elsewhere` in total. */
  let counted = new Set<LiveConversation>();
  let elsewhere = 0;
  let willRecount = false;

  function recountSoon() {
    if (willRecount) return;
    willRecount = true;
    // Retention notifies all clients at once. The jitter spreads their requests.
    later(() => {
      willRecount = false;
      requestCount();
    }, RECOUNT_AFTER_MS + jitter(RECOUNT_AFTER_MS));
  }

  return {
    get count() {
      return unreadIn([...counted]) + elsewhere;
    },
    /** Call it before a page is requested, and pass the result to `applyPage`. */
    snapshot: () => new Map([...counted].map((one) => [one, one.unread])),
    /** @param serverCount unread messages in all conversations. Servers of earlier releases don't send it */
    applyPage(
      before: Map<LiveConversation, number>,
      page: LiveConversation[],
      items: Summary[],
      serverCount: number | undefined,
    ) {
      counted = new Set(known().filter(({ readState }) => readState.isKnown));
      const others = [...counted].filter((one) => !page.includes(one));
      const here = items.reduce((sum, { unread_count }) => sum + unread_count, unreadIn(others));
      elsewhere = serverCount === undefined ? 0 : Math.max(0, serverCount - here);
      // A message came or was read meanwhile, and the server's count may or may not include it.
      if (others.some((one) => before.get(one) !== one.unread)) recountSoon();
    },
    recount() {
      if (elsewhere > 0) recountSoon();
    },
    /**
     * Counts conversations that became known otherwise than by a page. If `elsewhere` is above 0, it may include their
     * unread messages, so the server is asked again.
     */
    countNew() {
      for (const one of known()) {
        if (!one.readState.isKnown || counted.has(one)) continue;
        if (elsewhere > 0) return recountSoon();
        counted.add(one);
      }
    },
    clear() {
      counted.clear();
      elsewhere = 0;
    },
  };
}
