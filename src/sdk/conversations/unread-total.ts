import { later } from "../base/platform.ts";
import type { LiveConversation } from "../parts/conversation.ts";
import type { Summary } from "../parts/frames.ts";
import type { Meta } from "../parts/transport.ts";
import { jitter } from "../transport/reconnect-policy.ts";
import { muteEnds } from "./settings.ts";

/** A recount waits this long. By then the server knows what was read on this device. */
const RECOUNT_AFTER_MS = 1_000;

/** Unread messages. A conversation without any that is marked as unread counts as one. */
function unreadHere(one: LiveConversation): number {
  const { archived, isMuted, markedUnread } = one.preferences;
  return one.info?.parent_id || one.goneReason || one.isHidden || archived || isMuted
    ? 0
    : Math.max(one.unread, Number(markedUnread));
}

const mentionsHere = (one: LiveConversation) => (unreadHere(one) ? one.mentions : 0);

/** The same as the server has counted it for an entry of a page. */
const unreadThere = ({ unread_count, me }: Summary) =>
  me?.archived || (me && muteEnds(me) > Date.now()) ? 0 : Math.max(unread_count, Number(me?.unread ?? 0));

const sum = (counts: number[]) => counts.reduce((one, other) => one + other, 0);

/**
 * Counts the unread messages of all conversations: those of known conversations here, and those of all others on the server.
 * @param known all conversations that the client knows
 * @param requestCount reads a page of the list, and so the server's count
 */
export function createUnreadTotal(known: () => LiveConversation[], requestCount: () => void) {
  /** The conversations whose unread messages are counted here. All others have `elsewhere` in total. */
  let counted = new Set<LiveConversation>();
  let elsewhere = 0;
  let mentionsElsewhere = 0;
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
      return sum([...counted].map(unreadHere)) + elsewhere;
    },
    get mentions() {
      return sum([...counted].map(mentionsHere)) + mentionsElsewhere;
    },
    /** Call it before a page is requested, and pass the result to `applyPage`. */
    snapshot: () => new Map([...counted].map((one) => [one, unreadHere(one)])),
    /** @param server what it counts in all conversations. Servers of earlier releases don't send it */
    applyPage(
      before: Map<LiveConversation, number>,
      page: LiveConversation[],
      items: Summary[],
      server: Meta["unread"],
    ) {
      counted = new Set(known().filter(({ readState }) => readState.isKnown));
      const others = [...counted].filter((one) => !page.includes(one));
      const here = sum([...items.map(unreadThere), ...others.map(unreadHere)]);
      elsewhere = server ? Math.max(0, server.messages + (server.marked ?? 0) - here) : 0;
      mentionsElsewhere = Math.max(0, (server?.mentions ?? 0) - sum([...counted].map(mentionsHere)));
      // Something came, was read or was set meanwhile, and the server's counts may or may not include it.
      if (others.some((one) => before.get(one) !== unreadHere(one))) recountSoon();
    },
    recount() {
      if (elsewhere > 0) recountSoon();
    },
    /**
     * Counts conversations that became known otherwise than by a page. If `elsewhere` has any, it may include them, so the server is asked again.
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
      elsewhere = mentionsElsewhere = 0;
    },
  };
}
