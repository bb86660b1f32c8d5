import { liveOf } from "../actions/queue.ts";
import { threadIdOf } from "../base/thread-id.ts";
import type { LiveConversation } from "../parts/conversation.ts";
import type { Core } from "../parts/core.ts";
import type { Summary } from "../parts/frames.ts";
import type { ConfabClient } from "../public/client.ts";
import type { Conversation, Outgoing, SentMessage } from "../public/conversation.ts";
import { ConfabError } from "../public/errors.ts";
import type { SendOptions } from "../public/message-fields.ts";
import type { ThreadList } from "../public/thread-list.ts";
import type { ConversationInfo } from "../public/types.ts";

const PATH = "chat/conversations/";
const PAGE = 50;

type ThreadClient = ConfabClient & Core;
const isCore = (client: object): client is ThreadClient => "applyFrame" in client;

function coreOf(client: object): ThreadClient {
  if (isCore(client)) return client;
  throw new TypeError("This is no client of Confab");
}

type Root = Pick<SentMessage, "id" | "thread">;

/**
 * Opens the thread that answers a message, and starts it if there is none. Call `close` as for any conversation. Without a
 * connection it opens all the same, and the first `reply` starts it.
 */
export async function openThread(conversation: Conversation, message: Root): Promise<Conversation> {
  const core = coreOf(liveOf(conversation).host);
  const id = message.thread?.id ?? threadIdOf(conversation.id, message.id);
  if (!message.thread && core.isOnline())
    try {
      const { data } = await core.http.call("POST", `${PATH}${conversation.id}/messages/${message.id}/thread/`);
      core.conversations.get(id).applySummary(data as ConversationInfo & Partial<Summary>);
    } catch (error) {
      if (!(error instanceof ConfabError) || error.code !== "offline") throw error;
    }
  return core.open(id);
}

/**
 * Sends a reply to the thread that answers a message. It starts the thread if there is none, so it also works offline. With
 * `also_in_parent` a copy goes to the conversation too.
 */
export function reply(
  conversation: Conversation,
  message: Root,
  text: string,
  options: Omit<SendOptions, "thread_of"> = {},
): Outgoing {
  const thread = coreOf(liveOf(conversation).host).conversations.get(
    message.thread?.id ?? threadIdOf(conversation.id, message.id),
  );
  const outgoing = thread.outbox.send(text, {
    ...options,
    ...(message.thread ? {} : { thread_of: { conversation_id: conversation.id, message_id: message.id } }),
  });
  // A thread that was opened offline did not exist until now.
  outgoing.done.then(
    () => {
      if (thread.goneReason === "not_found") thread.markJoined();
    },
    () => {},
  );
  return outgoing;
}

/** Follows a thread, or no longer. Resolves when the server has stored it. Neither replies nor mentions undo it. */
export async function follow(thread: Conversation, on = true): Promise<void> {
  const live = liveOf(thread);
  await live.host.http.call(on ? "PUT" : "DELETE", `${PATH}${live.id}/follow/`);
  if (live.info) live.info = { ...live.info, is_following: on };
  live.notifyChanged();
}

/** Whether the user follows a thread. `undefined`: it is not known yet. */
export const isFollowing = (thread: Conversation): boolean | undefined => thread.info?.is_following;

const lists = new WeakMap<ConfabClient, ThreadList>();

/** The threads that the user follows. Follows them from the first call on. Pass `threads: true` to `connect`. */
export function threadsOf(client: ConfabClient): ThreadList {
  const there = lists.get(client) ?? createList(coreOf(client));
  lists.set(client, there);
  return there;
}

function createList(core: ThreadClient): ThreadList {
  const listeners = new Set<() => void>();
  let items: LiveConversation[] = [];
  let loaded = 0;
  let hasMore = true;
  let isLoaded = false;
  let loading: Promise<void> | undefined;

  const isShown = (one: LiveConversation) =>
    one.info?.parent_id !== undefined &&
    one.info.is_following === true &&
    !one.goneReason &&
    one.readState.head > 0 &&
    !core.conversations.find(one.info.parent_id)?.goneReason;

  function update() {
    items = core.conversations.known.filter(isShown).sort((a, b) => b.activeAt - a.activeAt || (a.id < b.id ? 1 : -1));
    for (const listener of [...listeners]) listener();
  }

  async function load(offset: number) {
    const read = () => core.http.page<Summary & ConversationInfo>(PATH, "", { limit: PAGE, offset, kind: "thread" });
    const page = await core.connection.retryWhileConnected(read);
    for (const info of page.items) {
      const thread = core.conversations.get(info.id);
      thread.applySummary(info);
      thread.markJoined();
    }
    if (offset === 0) dropMissing(new Set(page.items.map(({ id }) => id)), page.items);
    loaded = offset + page.items.length;
    hasMore = loaded < (page.total ?? 0);
    isLoaded = true;
    update();
  }

  /** Threads that the user has ended to follow on another device, while this one was away. */
  function dropMissing(there: ReadonlySet<string>, page: readonly ConversationInfo[]) {
    const oldest = page.length < PAGE ? -Infinity : Math.min(...page.map((info) => Date.parse(info.updated_at)));
    for (const one of core.conversations.known.filter(isShown))
      if (!there.has(one.id) && one.activeAt > oldest) core.conversations.refresh(one);
  }

  const tryLoad = (offset: number) => {
    loading ??= load(offset)
      .catch(core.reportError)
      .finally(() => {
        loading = undefined;
      });
    return loading;
  };

  core.on("conversations", update);
  core.on("state", (state) => {
    if (state === "online") void tryLoad(0);
  });
  if (!core.accepts.includes("threads")) {
    core.accepts += ",threads";
    if (core.isOnline()) core.connection.restart();
  } else if (core.isOnline()) void tryLoad(0);

  return {
    get items() {
      return items;
    },
    get unread() {
      return items.reduce((sum, one) => sum + (one.preferences.isMuted ? 0 : one.unread), 0);
    },
    get isLoaded() {
      return isLoaded;
    },
    get hasMore() {
      return hasMore;
    },
    loadMore: () => tryLoad(loaded),
    on(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
