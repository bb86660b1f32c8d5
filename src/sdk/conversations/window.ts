import { createEmitter } from "../base/emitter.ts";
import type { LiveConversation, Timeline } from "../parts/conversation.ts";
import type { Core } from "../parts/core.ts";
import type { MessageWindow, WindowEvents } from "../public/conversation.ts";
import type { Message } from "../public/types.ts";

// A module of its own, loaded with the first window. It must import no class of the first module: its own copy would be
// another class.

/** A window holds at most this many messages. When more come on one side, it drops those on the other. */
const MESSAGES_MAX = 1_000;
const PAGE = 50;
const PAGE_MAX = 100;

type Side = "older" | "newer";

/**
 * Opens a window around the message `target`. It keeps the conversation open, follows the changes of its messages, and
 * joins the conversation's own messages when it reaches them.
 * @param timeline an empty one, without local echoes
 */
export async function openWindow(
  self: LiveConversation,
  core: Pick<Core, "reportError">,
  timeline: Timeline,
  target: number,
): Promise<MessageWindow> {
  const { sync, readState } = self;
  const { on, emit } = createEmitter<WindowEvents>(core.reportError);
  /** The window shows the conversation's own messages. */
  let isJoined = false;
  let isClosed = false;
  /** The messages must be loaded anew before anything else. */
  let isStale = true;
  let loads = 0;
  let loading: Promise<void> | undefined;
  /** All messages were replaced since the last event. */
  let isReset = false;
  /** The first message as of the last event. */
  let firstSeq: number | undefined;
  const pages: { [side in Side]?: Promise<number> } = {};

  const shown = () => (isJoined ? self.timeline : timeline);

  /** Reads pages until one is of use: `apply` returns undefined for any other. */
  async function read<T>(
    query: () => Record<string, number>,
    apply: (messages: Message[]) => T | undefined,
  ): Promise<T> {
    for (;;) {
      // From then on the server sends every change that the page may lack.
      await sync.whenLive();
      const result = await sync.tryPage(query(), apply);
      if (result !== undefined) return result;
    }
  }

  /** Loads the messages around `seq`, which replace those that are here. */
  function load(seq: number): Promise<void> {
    const own = ++loads;
    let limit = PAGE_MAX;
    const nearest = () => Math.max(seq, readState.pruned + 1);
    // Servers of earlier releases know only `before_seq`. By that they give the same page, unless they cut it.
    const query = () => ({
      around_seq: nearest(),
      before_seq: nearest() + limit - Math.floor(limit / 2),
      limit,
    });
    const apply = (page: Message[]) => {
      if (own !== loads) return true;
      const isCut = limit > 1 && seq <= readState.head && page.every((message) => message.seq !== nearest());
      if (isCut) {
        limit = Math.ceil(limit / 2);
        return undefined;
      }
      isStale = false;
      isReset = true;
      timeline.replaceAll(page);
      // Without any message there is nothing that the conversation itself does not show.
      if (page.length === 0) join();
      self.notifyChanged({ messages: true });
      return true;
    };
    isStale = true;
    const work = read(query, apply).then(() => {});
    loading = work.finally(() => {
      if (own === loads) loading = undefined;
    });
    return loading;
  }

  /** Loads the messages around the place where the window is. */
  function reload() {
    const middle = timeline.indexOf(target) < 0 ? timeline.serverMessages(MESSAGES_MAX / 2)[0]?.seq : target;
    return load(middle ?? target);
  }

  function join() {
    isJoined = true;
    self.windows.delete(part);
    const prepended = self.timeline.prepend(timeline.serverMessages(MESSAGES_MAX));
    self.notifyChanged({ messages: true, prepended });
  }

  /** Joins when no message is between those of the window and the conversation's own. */
  function joinWhenReached() {
    const [first, last] = [self.timeline.first, timeline.last];
    if (!isJoined && !isStale && sync.isLoaded && first && last && last.seq >= first.seq - 1) join();
  }

  function follow(messages: boolean, reset: boolean) {
    // Retention has removed all of them.
    if (!isJoined && !isStale && !timeline.first) part.reload();
    joinWhenReached();
    const first = shown().first?.seq;
    const moved = (firstSeq ?? 0) - (first ?? firstSeq ?? 0);
    const change = {
      messages,
      prepended: Math.max(0, moved),
      pruned: Math.max(0, -moved),
      reset: isReset || (isJoined && reset),
    };
    firstSeq = first;
    isReset = false;
    if (messages) emit("change", change);
  }

  /** Loads one page. Resolves with how many messages came: 0, there are none now; -1, ask again. */
  function loadPage(side: Side, from: number, limit: number): Promise<number> {
    const isOlder = side === "older";
    const query = { [isOlder ? "before_seq" : "after_seq"]: from, limit };
    // For servers of earlier releases. `after_seq` wins over it.
    if (!isOlder) query["before_seq"] = from + limit + 1;
    return read(
      () => query,
      (page) => {
        if (isJoined || isStale || edge(side) !== from) return -1;
        let count = 0;
        if (isOlder) {
          count = timeline.prepend(page);
          // Nothing older is left: retention has removed it meanwhile.
          if (count === 0) readState.update({ pruned: from - 1 });
          timeline.trim(MESSAGES_MAX, true);
        } else {
          for (const message of page) if (message.seq > from && timeline.put(message)) count++;
          timeline.trim(MESSAGES_MAX);
        }
        self.notifyChanged({ messages: true });
        // A server of an earlier release has cut the page where it must not be cut.
        const isCut = !isOlder && count === 0 && page.some(({ seq }) => seq > from);
        return isCut ? -1 : count;
      },
    );
  }

  const edge = (side: Side) => (side === "older" ? timeline.first : timeline.last)?.seq;

  async function loadMore(side: Side, limit: number): Promise<number> {
    for (let size = Math.min(limit, PAGE_MAX); !isClosed; ) {
      if (isJoined) return side === "older" ? self.loadOlder(limit) : 0;
      if (side === "older" && !isStale && !window.hasOlder) return 0;
      const from = edge(side);
      if (isStale || from === undefined) {
        await (loading ?? reload());
        continue;
      }
      const count = await loadPage(side, from, size);
      if (count > 0 || (count === 0 && side === "older")) return count;
      if (count < 0) size = Math.ceil(size / 2);
      // There is nothing newer, so the conversation's own messages are on their way.
      else if (!isJoined) await sync.whenChanged();
    }
    return 0;
  }

  function loadOnce(side: Side, limit = PAGE): Promise<number> {
    pages[side] ??= loadMore(side, limit).finally(() => {
      delete pages[side];
    });
    return pages[side];
  }

  const part = {
    timeline,
    reload: () => void reload().catch((error: unknown) => self.goneReason ?? core.reportError(error)),
  };
  const window: MessageWindow = {
    on,
    get messages() {
      return shown().items;
    },
    get hasOlder() {
      return (shown().first?.seq ?? 0) > readState.pruned + 1;
    },
    get hasNewer() {
      return !isJoined;
    },
    indexOf: (seq) => shown().indexOf(seq),
    loadOlder: (limit) => loadOnce("older", limit),
    loadNewer: (limit) => loadOnce("newer", limit),
    close() {
      if (isClosed) return;
      isClosed = true;
      off();
      self.windows.delete(part);
      self.close();
    },
  };

  self.open();
  self.windows.add(part);
  const off = self.on("change", ({ messages, reset }) => follow(messages, reset));
  try {
    // A message that is loaded is there at once, also without a connection.
    if (self.timeline.indexOf(target) >= 0) join();
    else await load(target);
    joinWhenReached();
    if (!isJoined) self.limitMessages();
    firstSeq = shown().first?.seq;
    isReset = false;
    return window;
  } catch (error) {
    window.close();
    throw error;
  }
}
