import { liveOf } from "../actions/queue.ts";
import type { ConfabClient } from "../public/client.ts";
import type { Conversation } from "../public/conversation.ts";
import type {
  LiveNotificationSettings,
  Mention,
  NotificationChanges,
  NotificationSettings,
  Why,
} from "../public/notifications.ts";

const SETTINGS = "users/notifications/";

/** Reads one page of the messages that mention the user, newest first. Rejects while there is no connection. */
export async function mentions(
  client: ConfabClient,
  {
    before,
    limit,
    conversationId,
    unread,
  }: { before?: string; limit?: number; conversationId?: string; unread?: boolean } = {},
): Promise<{ items: Mention[]; next: string | null }> {
  const query = new URLSearchParams();
  if (before !== undefined) query.set("before", before);
  if (limit !== undefined) query.set("limit", `${limit}`);
  if (conversationId !== undefined) query.set("conversation_id", conversationId);
  if (unread) query.set("unread", "true");
  const { data, meta } = await client.call("GET", `chat/mentions/?${query}`);
  const { next_before: next } = meta as { next_before: string | null };
  return { items: data as Mention[], next };
}

/** Asks why a message does or does not notify the user, by the settings of now. */
export async function why(conversation: Conversation, messageId: string): Promise<Why> {
  const { host, id } = liveOf(conversation);
  return (await host.http.call("GET", `chat/conversations/${id}/messages/${messageId}/why/`)).data as Why;
}

/** Reads the user's notification settings and follows them, whatever device changes them. */
export function notificationSettings(client: ConfabClient): LiveNotificationSettings {
  const listeners = new Set<() => void>();
  let known: NotificationSettings | undefined;
  /** The changes that wait for the server, in their order. */
  const waiting: NotificationChanges[] = [];
  let turn: Promise<unknown> = Promise.resolve();
  /** Goes up with each value of the server. An answer to an earlier request does not replace a newer one. */
  let revision = 0;
  let isClosed = false;

  const changed = () => {
    for (const listener of [...listeners]) listener();
  };
  const apply = (value: NotificationSettings) => {
    if (isClosed) return;
    known = value;
    revision++;
    changed();
  };
  async function read() {
    const before = revision;
    try {
      const { data } = await client.call("GET", SETTINGS);
      if (before === revision) apply(data as NotificationSettings);
    } catch {
      // The next connection reads them again.
    }
  }
  const forget = () => {
    known = undefined;
    waiting.length = 0;
    revision++;
    changed();
  };
  const ends = [
    client.on("state", (state) => {
      if (state === "online") void read();
      if (state === "signed-out") forget();
    }),
    client.on("me_reset", () => void read()),
    client.on("notifications", ({ value }) => value && apply(value)),
  ];
  if (client.state === "online") void read();

  return {
    get value() {
      return known && waiting.reduce<NotificationSettings>(withChanges, known);
    },
    update(changes) {
      waiting.push(changes);
      changed();
      // One after the other, so that the last one wins on the server too.
      const sent = turn.then(() => client.call("PATCH", SETTINGS, changes));
      turn = sent.catch(() => {});
      return sent.then(
        ({ data }) => {
          drop(changes);
          apply(data as NotificationSettings);
        },
        (error: unknown) => {
          drop(changes);
          changed();
          throw error;
        },
      );
    },
    on(_event, listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close() {
      isClosed = true;
      for (const end of ends) end();
      listeners.clear();
    },
  };

  function drop(changes: NotificationChanges) {
    const at = waiting.indexOf(changes);
    if (at >= 0) waiting.splice(at, 1);
  }
}

function withChanges(
  settings: NotificationSettings,
  { do_not_disturb: days, keywords, ...changes }: NotificationChanges,
): NotificationSettings {
  return {
    ...settings,
    ...changes,
    do_not_disturb: { ...settings.do_not_disturb, ...days },
    keywords: keywords ? [...keywords] : settings.keywords,
  };
}
