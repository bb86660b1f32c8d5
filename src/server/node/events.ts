import type { Logger } from "../base/logger.ts";
import type { BusEvent } from "../bus/bus.ts";
import type { FirstUser } from "../features/accounts/first-user.ts";
import type { Sessions } from "../features/accounts/sessions.ts";
import type { MeStreams } from "../features/me/streams.ts";
import type { Metrics } from "../features/metrics/service.ts";
import type { PresenceWatching } from "../features/presence/watching.ts";
import type { ServerSettings } from "../features/server/settings.ts";
import type { Typing } from "../features/typing/service.ts";
import type { Followers } from "../followers/followers.ts";
import type { Access } from "../log/access.ts";
import type { Filling } from "../log/filling.ts";
import type { History } from "../log/history.ts";
import type { MessageWindow } from "../log/window.ts";
import type { Hub } from "../ws/hub.ts";
import type { Sockets } from "../ws/sockets.ts";
import type { UserChanges } from "../ws/user-changes.ts";

interface EventHandlers {
  hub: Hub;
  sockets: Pick<Sockets, "touch">;
  access: Pick<Access, "forgetAll">;
  filling: Pick<Filling, "names">;
  sessions: Pick<Sessions, "forget" | "forgetAll">;
  userChanges: Pick<UserChanges, "add">;
  followers: Pick<Followers, "note">;
  meStreams: Pick<MeStreams, "moved">;
  presence: Pick<PresenceWatching, "changed">;
  typing: Pick<Typing, "correct">;
  settings: Pick<ServerSettings, "refresh">;
  firstUser: Pick<FirstUser, "forget">;
  metrics: Pick<Metrics, "addSample" | "end">;
  history: Pick<History, "observe">;
  window: Pick<MessageWindow, "prune" | "drop"> | undefined;
  logger: Logger;
}

type Kind = BusEvent["kind"];
type Events = { [K in Kind]: Extract<BusEvent, { kind: K }> };
type Routes = { [K in Kind]: (event: Events[K]) => void };

/**
 * The one way by which the events of the bus, from this node and others, reach the parts of this node. Every kind of
 * event has its entry: a new kind without one does not compile. An entry first corrects what this node remembers, then
 * tells the sockets.
 */
export function routeEvents(parts: EventHandlers): (event: BusEvent) => void {
  const { hub, sockets, access, filling, sessions, userChanges, presence, typing, settings, firstUser, metrics } =
    parts;
  const { followers, history, meStreams, window, logger } = parts;
  const routes: Routes = {
    change(event) {
      followers.note(event.conversationId, event.inThread);
      hub.applyChange(event);
    },
    head({ conversationId, version, lastSeq }) {
      followers.note(conversationId);
      hub.applyHead(conversationId, version, lastSeq);
    },
    ephemeral(event) {
      hub.sendEphemeral(event);
      // The sockets get the stop first, and then the frame that the user is still typing.
      typing.correct(event);
    },
    read_position: ({ conversationId, userId, frame }) => hub.sendReadPosition(conversationId, userId, frame),
    to_user: (event) => hub.sendToUser(event),
    follow: (event) => hub.applyFollow(event),
    me: ({ userId }) => meStreams.moved(userId),
    presence: ({ changes }) => presence.changed(changes),
    sessions_ended({ userId, sessions: ended }) {
      sessions.forget(ended.map(({ key }) => key));
      hub.sockets.endSessions(
        userId,
        ended.map(({ id }) => id),
      );
    },
    sessions_doubted() {
      sessions.forgetAll();
      void sockets.touch();
    },
    session_renewed: ({ key }) => sessions.forget([key]),
    user_changed({ userId, fullName }) {
      filling.names.forget(userId);
      userChanges.add(userId);
      sessions.forgetAll();
      hub.sockets.renameUser(userId, fullName);
    },
    conversation_removed({ conversationId }) {
      // The whole cache: this node does not know who the members were, and removals are rare.
      access.forgetAll();
      void window?.drop(conversationId);
      hub.removeConversation(conversationId);
    },
    pruned({ conversationId, prunedSeq }) {
      void window?.prune(conversationId, prunedSeq);
      hub.prune(conversationId, prunedSeq);
    },
    settings_changed() {
      settings.refresh();
      firstUser.forget();
    },
    history_changed: ({ epoch }) => history.observe(epoch),
    sample: ({ node, at, sample }) => metrics.addSample(node, at, sample),
    node_ended: ({ nodeId }) => metrics.end(nodeId),
  };
  return (event) => {
    try {
      route(routes, event.kind, event);
    } catch (error) {
      // A published event is committed: its sender must not get an error.
      logger.error({ err: error }, "an event could not be delivered");
    }
  };
}

/** Ignores a kind that only a newer release knows. */
function route<K extends Kind>(routes: Routes, kind: K, event: Events[K]): void {
  const handle: Routes[K] | undefined = routes[kind];
  handle?.(event);
}
