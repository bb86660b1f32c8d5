import { randomId } from "../base/random-id.ts";
import type { LiveConversation } from "../parts/conversation.ts";
import type { Core, SettingsSender } from "../parts/core.ts";
import type { StoredState, Summary } from "../parts/frames.ts";
import type { Store } from "../parts/store.ts";
import type { StoredChange } from "../parts/stored.ts";
import { ConfabError } from "../public/errors.ts";
import { ConnectionLost } from "../transport/retry.ts";

/**
 * Sends changes of personal settings, one after the other. They wait while there is no connection, in the storage too: the
 * next client goes on with them. Two clients that send the same change do no harm.
 */
export function createSettingsSender(core: Core, store: Store): SettingsSender {
  let queue: Promise<unknown> = Promise.resolve();
  let order = 0;

  /** Sends a request until the server answers. */
  async function send(path: string, body: object, isWanted: () => boolean): Promise<NonNullable<Summary["me"]>> {
    await core.whenOnline();
    if (!isWanted()) throw new ConfabError("offline", "Signed out");
    try {
      const { data } = await core.connection.retryWhileConnected(() => core.http.call("PATCH", path, body));
      return data as NonNullable<Summary["me"]>;
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
      return send(path, body, isWanted);
    }
  }

  function enqueue(conversation: LiveConversation, key: string, { change, body }: StoredChange): Promise<void> {
    const { id, settings } = conversation;
    settings.pending.push(change);
    conversation.notifyChanged();
    const sent = queue.then(async () => {
      try {
        const me = await send(`chat/conversations/${id}/me/`, body, () => !conversation.isDetached);
        settings.apply(me, me.me_version);
      } finally {
        // A client that closes leaves the change to the next one.
        if (!core.isClosed) void store.delete(key);
        settings.pending.splice(settings.pending.indexOf(change), 1);
        conversation.notifyChanged();
        // A page that came meanwhile was counted with the change.
        core.conversations.recountUnread();
      }
    });
    queue = sent.catch(() => {});
    return sent;
  }

  const folderOf = (userId: number) => `settings/${userId}/`;

  return {
    async start(userId) {
      const stored: [string, StoredChange][] = [];
      for (const key of await store.keys(folderOf(userId))) {
        const one = await store.get<StoredChange>(key);
        if (one?.conversation_id && one.change && one.body) stored.push([key, one]);
      }
      stored.sort(([, a], [, b]) => a.order - b.order);
      for (const [key, one] of stored)
        enqueue(core.conversations.get(one.conversation_id), key, one).catch(core.reportError);
    },
    send(conversation, { archived, mutedUntil: muted_until, level, markedUnread: unread }) {
      const { preferences, readState } = conversation;
      // The places say which messages the user knew. A message that has come since brings the conversation back, and
      // reading on ends the mark, however late the change arrives. As on the server, an archived conversation stays where
      // it is when its mute changes.
      const change: Partial<StoredState> = {
        archived_seq: (archived ?? preferences.archived) ? readState.head : null,
        ...(unread !== undefined && { unread_seq: unread ? readState.seq : null }),
        ...(level !== undefined && { level }),
        ...(muted_until !== undefined && { muted_until }),
      };
      order = Math.max(order + 1, Date.now());
      const stored = { conversation_id: conversation.id, change, body: { ...change, archived, unread }, order };
      const key = `${folderOf(core.me?.id ?? 0)}${randomId()}`;
      void store.set(key, stored);
      return enqueue(conversation, key, stored);
    },
  };
}
